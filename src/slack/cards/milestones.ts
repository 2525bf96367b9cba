import type { KnownBlock, RichTextElement } from '@slack/types';
import type { EventType, OperationEvent } from '../../operation/events.ts';
import { runName } from '../../operation/next.ts';
import type { JournaledProblem, Operation } from '../../operation/operation.ts';
import type { Plan, Step } from '../../operation/plan.ts';
import type { Message } from '../limits.ts';
import { clean, duration, esc } from '../text.ts';
import { lockLines } from './lock.ts';
import {
  code,
  codeLine,
  faint,
  headLine,
  lines,
  mention,
  onHost,
  person,
  preformatted,
  problemLines,
  problemText,
  say,
  strong,
} from './parts.ts';
import { archiveLines, archiveOf } from './progress.ts';
import { remainsBlocks, wishWords } from './root.ts';

/** A thread reply for one event. `log` names the run whose redacted log goes with it. */
export type Milestone = { readonly message: Message; readonly log: string | null };

/**
 * How each kind of event is told in the thread; null: it isn't. `operation` is as it was just after the event.
 * The request itself is told by the root card.
 */
type Telling = {
  readonly [K in EventType]: (event: Extract<OperationEvent, { type: K }>, operation: Operation) => Milestone | null;
};

/** A word for what has no telling of its own yet. */
const plain = (event: OperationEvent, operation: Operation) =>
  reply(operation, `${operation.label}: ${event.type}`, [[say(`${operation.label}: ${event.type}`)]], { head: true });

const tellings: Telling = {
  announced: plain,
  approved: plain,
  declined: plain,
  revoked: plain,
  expired: plain,
  voided: plain,
  given_up: plain,
  clearing: plain,
  cleared: plain,
  backing_out: plain,
  acknowledged: plain,
  resolution_asked: plain,
  resolved: plain,
  requested: () => null,
  claimed: ({ worker }, operation) =>
    operation.claims < 2
      ? null
      : reply(operation, `Another worker goes on with ${operation.label}`, [
          [say('🔁 Another worker goes on from the journal: '), code(clean(worker, 100))],
        ]),
  probed: () => null,
  planned: ({ plan }, operation) => planned(plan, operation),
  step_started: (event, operation) => {
    const step = stepOf(operation, event.step);
    if (!step || step.touches === 'read') return null;
    return reply(operation, `Started: ${step.title}`, [
      [say('▶️ Started: '), strong(step.title), say(' on '), onHost(step.host), ...nth(event.attempt)],
      ...event.checks.flatMap(lockLines),
    ]);
  },
  step_finished: (event, operation) => finished(event, operation),
  step_unclear: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [say('❓ Nobody can tell how this ended: '), strong(titleOf(operation, event.step))],
      asks: operation.by,
      head: true,
    }),
  refused: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [say('✋ '), person(event.by), say(` asked to ${event.asked} ${operation.label}; that was refused.`)],
      asks: null,
      head: true,
    }),
  cancelled: ({ by }, operation) =>
    reply(
      operation,
      `${operation.label} was cancelled by ${by}`,
      [
        [say('🚫 '), person(by), say(` cancelled ${operation.label}. Nothing was changed on the cloud.`)],
        cc(operation, by),
      ],
      { head: true },
    ),
  attention: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [say('⚠️ '), person(operation.by), say(` ${operation.label} needs attention.`)],
      asks: operation.by,
      head: true,
    }),
  release_asked: ({ by, reason }, operation) =>
    reply(
      operation,
      `${mention(by)} asks to release ${operation.label}: another requester must agree`,
      [
        [say('🔓 '), person(by), say(` asks to give ${operation.cloud} back before ${operation.label} has ended:`)],
        [say(clean(reason, 300))],
        [
          say(`Another requester of ${operation.cloud} must agree, without a reason: `),
          code(`/kolla-backup release ${operation.label}`),
        ],
      ],
      { head: true, mrkdwn: true },
    ),
  released: ({ by }, operation) =>
    reply(
      operation,
      `${operation.label} was released`,
      [
        [say('🔓 '), person(by), say(` agreed: ${operation.label} is released and ${operation.cloud} given back.`)],
        [say('What may still run on the hosts was not touched, and how it stands is not known here.')],
        cc(operation, by),
      ],
      { head: true },
    ),
  eased: (_, operation) =>
    reply(operation, `${operation.label} goes on`, [[say('👍 It can be asked again; the operation goes on.')]]),
  succeeded: (_, operation) => succeeded(operation),
  failed: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [
        say('❌ '),
        person(operation.by),
        say(` ${operation.label}, the ${wishWords(operation.wish)} of ${operation.cloud}, failed.`),
      ],
      asks: operation.by,
      head: true,
      more: remainsBlocks(event.remains),
    }),
};

/** The thread reply for `event`, or null when it is none that people are told of. */
export function milestoneOf(event: OperationEvent, operation: Operation): Milestone | null {
  // Each event goes to its own function; the table can't tell the compiler so.
  return (tellings[event.type] as (event: OperationEvent, operation: Operation) => Milestone | null)(event, operation);
}

function finished(event: Extract<OperationEvent, { type: 'step_finished' }>, operation: Operation): Milestone | null {
  const step = stepOf(operation, event.step);
  const attempt = operation.attempts.get(event.step)?.at(-1);
  const took = attempt?.end ? duration(attempt.end.at - attempt.startedAt) : null;
  const title = titleOf(operation, event.step);
  if (event.outcome === 'worked') {
    if (!step || step.touches === 'read') return null;
    return reply(operation, `Done: ${title}`, [
      [say('✅ Done: '), strong(title), ...(took ? [say(` · ${took}`)] : [])],
    ]);
  }
  if (event.outcome === 'not_begun')
    return reply(operation, `Never began, is sent again: ${title}`, [
      [say('↩️ The program never began on the host and never will; it is sent again: '), strong(title)],
    ]);
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
  });
  return { ...told, log: step?.program ? runName(event.step, event.attempt) : null };
}

function ending(exit: { readonly code: number | null; readonly signal: string | null } | null): RichTextElement[] {
  if (exit === null) return [];
  if (exit.signal !== null) return [say(' · ended by '), code(clean(exit.signal, 20))];
  return exit.code === null ? [] : [say(` · exit code ${exit.code}`)];
}

/** How many programs of a plan are shown in full; their argv beyond `ARGV_MAX` characters is cut. */
const PROGRAMS_MAX = 3;
const ARGV_MAX = 700;
const PLAN_STEPS_MAX = 14;
const TITLE_MAX = 80;

function planned(plan: Plan, operation: Operation): Milestone {
  const steps = plan.steps
    .slice(0, PLAN_STEPS_MAX)
    .map((step, index) => [
      say(`${index + 1}. ${clean(step.title, TITLE_MAX)} · `),
      onHost(step.host),
      ...(step.touches === 'read' ? [] : [strong(` · ${step.touches}s`)]),
    ]);
  const programs = plan.steps.filter((step) => step.program !== null);
  return reply(
    operation,
    `Planned: ${plan.steps.length} steps`,
    [
      [
        strong(`Plan ${plan.number} · Kolla Ansible ${clean(plan.release, 40)} · backup host `),
        onHost(plan.backupHost),
      ],
      ...steps,
      ...(plan.steps.length > PLAN_STEPS_MAX ? [[faint(`… and ${plan.steps.length - PLAN_STEPS_MAX} more`)]] : []),
    ],
    {
      more: programs
        .slice(0, PROGRAMS_MAX)
        .map((step) =>
          preformatted(
            (step.program?.argv ?? []).map((one) => displayed(typeof one === 'string' ? one : one.source)).join(' '),
            ARGV_MAX,
          ),
        ),
      head: true,
    },
  );
}

/** One argument as one would type it; for eyes, nothing runs it. */
function displayed(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function succeeded(operation: Operation): Milestone {
  const archive = archiveOf(operation);
  return reply(
    operation,
    `${mention(operation.by)} ${operation.label}, the ${wishWords(operation.wish)} of ${operation.cloud}, succeeded`,
    [
      [
        say('✅ '),
        person(operation.by),
        strong(` ${operation.label}, the ${wishWords(operation.wish)} of ${operation.cloud}, succeeded.`),
      ],
      ...(archive ? archiveLines(archive) : []),
    ],
    { head: true, mrkdwn: true },
  );
}

/** The requester, when somebody else ended it. */
function cc(operation: Operation, by: string): readonly RichTextElement[] {
  return by === operation.by
    ? [faint('Asked for by the same person.')]
    : [faint('Asked for by '), person(operation.by)];
}

function nth(attempt: number): RichTextElement[] {
  return attempt === 1 ? [] : [say(` · sending ${attempt}`)];
}

function stepOf(operation: Operation, id: string): Step | undefined {
  return operation.plan?.plan.steps.find((step) => step.id === id);
}

function titleOf(operation: Operation, id: string): string {
  return clean(stepOf(operation, id)?.title ?? id, 120);
}

function problemReply(
  operation: Operation,
  problem: JournaledProblem,
  told: {
    readonly lead: readonly RichTextElement[];
    /** Whom the notification mentions. */
    readonly asks: string | null;
    readonly head: boolean;
    readonly more?: readonly KnownBlock[];
    /** Only what is wrong: what to do about it follows with the operation's end. */
    readonly brief?: boolean;
  },
): Milestone {
  const said = problemLines(problem);
  const blocks = [
    lines(told.lead, ...(told.brief ? said.slice(0, 1) : said)),
    ...(told.more ?? []),
    codeLine(problem),
    ...(told.head ? [headLine(operation.id, operation.head)] : []),
  ];
  const text = `${told.asks === null ? '' : `${mention(told.asks)} `}${esc(operation.label)}: ${problemText(problem)}`;
  return { message: { text, blocks }, log: null };
}

function reply(
  operation: Operation,
  text: string,
  said: readonly (readonly RichTextElement[])[],
  { head = false, more = [], mrkdwn = false }: { head?: boolean; more?: readonly KnownBlock[]; mrkdwn?: boolean } = {},
): Milestone {
  const blocks = [lines(...said), ...more, ...(head ? [headLine(operation.id, operation.head)] : [])];
  return { message: { text: mrkdwn ? text : esc(clean(text, 600)), blocks }, log: null };
}
