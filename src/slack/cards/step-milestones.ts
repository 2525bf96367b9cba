import type { KnownBlock, RichTextElement } from '@slack/types';
import type { NodeStatus } from '../../operation/checks.ts';
import type { OperationEvent } from '../../operation/events.ts';
import { runName } from '../../operation/next.ts';
import { ATTEMPTS_MAX, type Attempt, type Operation } from '../../operation/operation.ts';
import type { Step } from '../../operation/plan.ts';
import type { Reporter } from '../../operation/restore-checks.ts';
import { clean, duration, grouped, size } from '../text.ts';
import { sentencesOf } from '../words.ts';
import { bootstrappedLines } from './bootstrapped.ts';
import { lockLines } from './lock.ts';
import { code, lines, onHost, preformatted, say, strong } from './parts.ts';
import { downSince } from './phases.ts';
import { type Milestone, problemReply, reply, stepIn, titleIn } from './replies.ts';
import { heldOn, placesOf } from './reports.ts';
import { answersIn, trackOf } from './sendings.ts';

type Of<T extends OperationEvent['type']> = Extract<OperationEvent, { type: T }>;
type Line = readonly RichTextElement[];
/** One sending that has ended, with its step. */
type Ended = { readonly step: Step; readonly attempt: Attempt; readonly operation: Operation };

/** Programs that take a moment: their end is told, not their beginning. */
const QUICK: ReadonlySet<Reporter> = new Set(['stage', 'hold', 'swap', 'clear', 'discard', 'reduce']);

function programOf(step: Step): Reporter | null {
  const reported = step.after.find((one) => one.check === 'reported');
  return reported?.program ?? null;
}

export function started(event: Of<'step_started'>, operation: Operation): Milestone | null {
  const step = stepIn(operation, event.plan, event.step);
  const program = step ? programOf(step) : null;
  if (!step || step.touches === 'read' || (program !== null && QUICK.has(program))) return null;
  const nth = event.attempt === 1 ? [] : [say(` · sending ${event.attempt}`)];
  return reply(operation, `Started: ${step.title}`, [
    [say('▶️ Started: '), strong(step.title), say(' on '), onHost(step.host), ...nth],
    ...event.checks.flatMap(lockLines),
  ]);
}

export function finished(event: Of<'step_finished'>, operation: Operation): Milestone | null {
  const driven = trackOf(operation, event.plan);
  const step = driven?.track.steps.find(({ id }) => id === event.step);
  const attempt = driven?.attempts.get(event.step)?.find((one) => one.attempt === event.attempt);
  const took = attempt?.end ? duration(attempt.end.at - attempt.startedAt) : null;
  const title = titleIn(operation, event.plan, event.step);
  const ended = step && attempt ? { step, attempt, operation } : null;
  if (event.outcome === 'worked') return ended === null ? null : worked(ended, took);
  if (event.outcome === 'not_begun') {
    const [short, long] = event.attempt < ATTEMPTS_MAX ? [', is sent again', '; it is sent again'] : ['', ''];
    return reply(operation, `Never began${short}: ${title}`, [
      [say(`↩️ The program never began on the host and never will${long}: `), strong(title)],
    ]);
  }
  const problem = event.problem ?? { code: 'STEP_FAILED', params: { step: title } };
  const told = problemReply(operation, problem, {
    lead: [
      say('❌ This step did not work: '),
      strong(title),
      ...(took ? [say(` · ${took}`)] : []),
      ...ending(event.exit),
    ],
    asks: null,
    head: true,
    brief: true,
    more: ended === null ? [] : seen(ended),
  });
  return { ...told, log: step?.program ? runName(event.step, event.attempt) : null };
}

function ending(exit: { readonly code: number | null; readonly signal: string | null } | null): RichTextElement[] {
  if (exit === null) return [];
  if (exit.signal !== null) return [say(' · ended by '), code(clean(exit.signal, 20))];
  return exit.code === null ? [] : [say(` · exit code ${exit.code}`)];
}

/** The word of a step that worked; null for those that nobody waits for. */
function worked(ended: Ended, took: string | null): Milestone | null {
  const { step, operation } = ended;
  const told = confirmed(ended);
  if (told !== null) return told;
  if (step.touches === 'read' || programOf(step) === 'stage' || step.id.startsWith('reload-')) return null;
  const more = [...holding(ended), ...swapping(ended), ...overruled(ended)];
  return reply(operation, `Done: ${step.title}`, [
    [say('✅ Done: '), strong(step.title), ...(took ? [say(` · ${took}`)] : [])],
    ...more,
  ]);
}

/** What Ansible said of a recovery that the nodes say worked. */
function overruled({ step, attempt }: Ended): readonly Line[] {
  return answersIn(step, attempt, 'playbook-ended').flatMap(({ answered }) => {
    const problem = answered.answer.overruled;
    if (problem === undefined) return [];
    return [
      [
        strong('⚠️ kolla-ansible calls it failed, but every node is Primary and Synced. '),
        say(sentencesOf(problem).wrong),
      ],
      ...bootstrappedLines(answered.answer.bootstrapped),
    ];
  });
}

/** Where the node stood when it was stopped. */
function holding({ step, operation }: Ended): readonly Line[] {
  const held = programOf(step) === 'hold' ? heldOn(operation).get(step.host) : undefined;
  if (held === undefined || !step.id.startsWith('hold')) return [];
  const { position } = held;
  if (position === null || position.uuid === null) return [[say('Its position could not be read.')]];
  const at = code(`${position.uuid}:${position.seqno ?? '?'}`);
  return [[strong('Position: '), at, ...(position.seqno === '-1' ? [say(' (it was not stopped cleanly)')] : [])]];
}

/** What lies where after an exchange. */
function swapping({ step, operation, attempt }: Ended): readonly Line[] {
  if (programOf(step) !== 'swap') return [];
  const place = placesOf(operation).find(({ node }) => node === step.host);
  const going = operation.track?.kind === 'back_out' ? 'back' : 'aside';
  const [live, kept] = [place?.live ?? null, place?.aside?.path ?? null];
  if (live === null || kept === null || attempt.end === null) return [];
  const copied =
    step.host === operation.plan?.plan.backupHost
      ? 'the restored copy'
      : 'an empty directory, filled by the state transfer';
  return going === 'aside'
    ? [
        [say('Live now: '), code(clean(live, 160)), say(` (${copied})`)],
        [strong('Old data, kept: '), code(clean(kept, 160))],
      ]
    : [
        [strong('Old data, live again: '), code(clean(live, 160))],
        [say('What was restored: '), code(clean(kept, 160))],
      ];
}

/** The confirmations that people wait for, by the question that saw it; of other steps without a program nothing is told. */
function confirmed(ended: Ended): Milestone | null {
  const { step, attempt, operation } = ended;
  const whole = answersIn(step, attempt, 'archive-whole');
  const [back] = answersIn(step, attempt, 'service-back');
  const [cluster] = answersIn(step, attempt, 'cluster-whole');
  const [databases] = answersIn(step, attempt, 'databases-as-shown');
  if (whole.length > 0) {
    const sum = (part: 'bytes' | 'unpackedBytes') =>
      whole.reduce((all, { answered }) => all + answered.answer[part], 0);
    const sizes = `${size(sum('bytes'))}, unpacked ${size(sum('unpackedBytes'))}`;
    const what =
      whole.length === 1 ? 'The archive is complete' : `All ${whole.length} archives of the chain are complete`;
    return reply(operation, what, [[say(`✅ ${what}: `), say(sizes)]]);
  }
  if (cluster) {
    const { nodes } = cluster.answered.answer;
    const text = `Full redundancy: ${nodes.length} nodes Primary and Synced`;
    return reply(operation, text, [[strong(`✅ ${text}`), ...away(ended)]], { more: seen(ended), head: true });
  }
  if (back) {
    const by = back.answered.answer.answeredBy;
    return reply(
      operation,
      `Service is back on ${operation.cloud}`,
      [
        [strong('✅ Service is back'), ...away(ended)],
        ...(by === null ? [] : [[say('The service’s address was answered by '), code(clean(by, 100))]]),
      ],
      { more: seen(ended), head: true },
    );
  }
  if (databases)
    return reply(operation, 'The databases are those of the copy', [
      [strong('✅ The databases are those that the trial start had shown.')],
    ]);
  return null;
}

/** How long MariaDB was away until this was seen. */
function away({ attempt, operation }: Ended): RichTextElement[] {
  const since = downSince(operation, attempt);
  return since === null || attempt.end === null
    ? []
    : [say(`, ${duration(attempt.end.at - since)} after the stop began.`)];
}

/** How many nodes and lines of a log a reply shows. */
const NODES_MAX = 9;
const LOG_LINES_MAX = 4;
const LOG_LINE_MAX = 170;
const LOGS_MAX = 2600;

/** What was seen of Galera at a step's end: each node's state, and the lines by which the runbook confirms the sync. */
function seen({ step, attempt }: Ended): readonly KnownBlock[] {
  const nodes = [
    ...answersIn(step, attempt, 'cluster-whole').flatMap(({ answered }) => answered.answer.nodes),
    ...answersIn(step, attempt, 'service-back').map(({ answered }) => answered.answer.node),
  ];
  const logs = answersIn(step, attempt, 'synced-lines').flatMap(({ answered }) => answered.answer.nodes);
  const shown = logs
    .slice(0, NODES_MAX)
    .flatMap(({ node, lines: all }) => [
      `${clean(node, 64)}:`,
      ...(all.length === 0
        ? ['  (not found in its log)']
        : all.slice(0, LOG_LINES_MAX).map((line) => clean(line, LOG_LINE_MAX))),
    ]);
  return [
    ...(nodes.length === 0 ? [] : [lines(...nodes.slice(0, NODES_MAX).map(galeraLine))]),
    ...(shown.length === 0 ? [] : [preformatted(shown.join('\n'), LOGS_MAX)]),
  ];
}

function galeraLine(node: NodeStatus): Line {
  if (!node.answered) return [say('• '), onHost(node.node), strong(' did not answer')];
  const value = (name: string) => clean(node.status[`wsrep_${name}`] ?? '?', 60);
  const committed = value('last_committed');
  return [
    say('• '),
    onHost(node.node),
    strong(` ${value('cluster_status')}, ${value('local_state_comment')}`),
    say(` · ${value('cluster_size')} nodes · `),
    code(value('cluster_state_uuid')),
    ...(/^\d{1,19}$/.test(committed) ? [say(` · at ${grouped(BigInt(committed))}`)] : []),
  ];
}
