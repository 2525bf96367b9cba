import type { KnownBlock, RichTextElement } from '@slack/types';
import type { JournaledProblem, Operation } from '../../operation/operation.ts';
import type { Step } from '../../operation/plan.ts';
import type { Message } from '../limits.ts';
import { capEscaped, clean, esc } from '../text.ts';
import { codeLine, faint, headLine, lines, mention, person, problemLines, problemText } from './parts.ts';
import { trackOf } from './sendings.ts';

/** The common form of thread replies. */

/** A thread reply for one event. `log` names the run whose redacted log goes with it, `plan` that the plan's file does. */
export type Milestone = { readonly message: Message; readonly log: string | null; readonly plan?: true };

/** The most of a reason that is told, in characters. */
export const REASON_MAX = 300;
/** The most of a notification's text, in characters. */
const TEXT_MAX = 600;

type Lines = readonly (readonly RichTextElement[])[];
type Reply = {
  /** Whether the journal's head goes with it. */
  readonly head?: boolean;
  readonly more?: readonly KnownBlock[];
  /** Whether the text is escaped already and holds mentions. */
  readonly mrkdwn?: boolean;
};

/** A reply with these lines; `text` is its notification. */
export function reply(
  operation: Operation,
  text: string,
  said: Lines,
  { head = false, more = [], mrkdwn = false }: Reply = {},
): Milestone {
  const blocks = [lines(...said), ...more, ...(head ? [headLine(operation.id, operation.head)] : [])];
  return { message: { text: mrkdwn ? capEscaped(text, TEXT_MAX) : esc(clean(text, TEXT_MAX)), blocks }, log: null };
}

/** A reply that tells a problem, its code below it. */
export function problemReply(
  operation: Operation,
  problem: JournaledProblem,
  told: {
    readonly lead: readonly RichTextElement[];
    /** Whom the notification mentions. */
    readonly asks: string | null;
    readonly head: boolean;
    readonly more?: readonly KnownBlock[];
    /** What may be pressed; it stands last. */
    readonly buttons?: readonly KnownBlock[];
    /** Only what is wrong: what to do about it follows with the operation's end. */
    readonly brief?: boolean;
  },
): Milestone {
  const said = problemLines(problem);
  const blocks = [
    lines(told.lead, ...(told.brief ? said.slice(0, 1) : said)),
    ...(told.more ?? []),
    codeLine(problem),
    ...(told.buttons ?? []),
    ...(told.head ? [headLine(operation.id, operation.head)] : []),
  ];
  const text = `${told.asks === null ? '' : `${mention(told.asks)} `}${esc(operation.label)}: ${problemText(problem)}`;
  return { message: { text, blocks }, log: null };
}

/** The requester, when somebody else ended it. */
export function cc(operation: Operation, by: string): readonly RichTextElement[] {
  return by === operation.by
    ? [faint('Asked for by the same person.')]
    : [faint('Asked for by '), person(operation.by)];
}

/** A step by the number of its track, which may be driven no more. */
export function stepIn(operation: Operation, number: number, id: string): Step | undefined {
  return trackOf(operation, number)?.track.steps.find((step) => step.id === id);
}

/** Its title, for words; its id where the plan has no such step. */
export function titleIn(operation: Operation, number: number, id: string): string {
  return clean(stepIn(operation, number, id)?.title ?? id, 120);
}
