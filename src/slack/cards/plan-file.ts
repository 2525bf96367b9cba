import { z } from 'zod';
import { canonicalJson } from '../../operation/canonical.ts';
import type { Check } from '../../operation/checks.ts';
import type { Operation, StoredPlan } from '../../operation/operation.ts';
import type { Plan, Step } from '../../operation/plan.ts';
import { clean, duration, moment } from '../text.ts';
import { checkWords } from './check-words.ts';
import { wishOn } from './phases.ts';

/** A plan as a file of its thread: everything that would run, for people, and at its end the text that was hashed. */
export type PlanFile = { readonly name: string; readonly title: string; readonly text: string };

/** The latest plan of an operation; one that has none yet has an empty file. */
export function planFile(operation: Operation): PlanFile {
  const { label, plan } = operation;
  const number = plan?.plan.number ?? 0;
  const text = plan === null ? '' : written(operation, plan);
  return { name: `${label}-plan-${number}.txt`, title: `Plan ${number} of ${label}`, text };
}

const RULE = '='.repeat(100);

function written(operation: Operation, { plan, digest, at }: StoredPlan): string {
  const { approval } = plan;
  return [
    `Plan ${plan.number} of ${operation.label}: ${wishOn(operation.wish, operation.cloud)}`,
    '',
    `Digest (SHA-256)  ${digest}`,
    `Operation         ${operation.id}`,
    `Made              ${moment(at)}, Kolla Ansible ${clean(plan.release, 60)}`,
    `Nodes             ${plan.nodes.map(({ name, address }) => `${name} (${clean(address, 255)})`).join(', ')}`,
    `Backup host       ${plan.backupHost}`,
    ...(approval === null
      ? []
      : [
          `Approval          ${approval.needed} by others than who asked, within ${duration(approval.waitMs)} of the card; begins within ${duration(approval.beginMs)} of the last one`,
        ]),
    '',
    ...section('STEPS', plan.steps),
    ...plan.backOuts.flatMap((one) => [
      ...section(`BACK-OUT ${one.id}: ${clean(one.title, 200)}`, one.steps),
      `   ${clean(one.does, 400)}`,
      `   Offered from ${one.offered.from === null ? 'the beginning' : `the start of ${one.offered.from}`}${one.offered.until === null ? '' : ` until ${one.offered.until} has worked`}; then ${one.leads === 'end' ? 'the operation has ended' : 'the plan goes on'}.`,
      '',
    ]),
    ...(plan.clearing.length === 0 ? [] : section('CLEARING, when nothing comes of it', plan.clearing)),
    ...sources(plan),
    RULE,
    'CANONICAL JSON, of which the digest is the SHA-256 (one line, without the newline at its end)',
    RULE,
    canonicalJson(z.json().parse(plan)),
    '',
  ].join('\n');
}

function section(title: string, steps: readonly Step[]): readonly string[] {
  return [RULE, title, RULE, ...steps.flatMap(stepText)];
}

function stepText(step: Step, index: number): readonly string[] {
  const { id, title, host, touches, program, timeLimitMs, before, after } = step;
  return [
    `${index + 1}. ${clean(title, 200)}`,
    `   step       ${id} on ${host}, touches: ${touches}, reported after ${duration(timeLimitMs)}`,
    ...asked('before', before),
    ...(program === null
      ? []
      : [
          `   directory  ${program.cwd}`,
          ...Object.entries(program.env).map(([name, value]) => `   env        ${name}=${quoted(value)}`),
          ...program.argv.map(
            (part, at) =>
              `   ${at === 0 ? 'argv       ' : '           '}${typeof part === 'string' ? quoted(part) : `<program text ${part.source}, printed below>`}`,
          ),
        ]),
    ...asked('after', after),
    '',
  ];
}

function asked(when: string, checks: readonly Check[]): readonly string[] {
  return checks.map((one, index) => `   ${(index === 0 ? when : '').padEnd(11)}${clean(checkWords(one), 2000)}`);
}

/** What doesn't show, or turns what stands beside it, is written as its number. */
const HIDDEN = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu;
const visible = (text: string) =>
  text.replace(HIDDEN, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);

/** One argument a line, as JSON where a blank or a newline would make it unreadable. */
function quoted(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : visible(JSON.stringify(argument));
}

function sources({ sources: texts }: Plan): readonly string[] {
  return Object.entries(texts).flatMap(([name, text]) => [
    RULE,
    `PROGRAM TEXT ${name}`,
    RULE,
    // The margin tells it from the plan's own lines, whatever it holds.
    ...visible(text)
      .split('\n')
      .map((line) => `| ${line}`),
    '',
  ]);
}
