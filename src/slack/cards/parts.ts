import type { KnownBlock, RichTextBlock, RichTextElement, RichTextSection } from '@slack/types';
import type { JournaledProblem } from '../../operation/operation.ts';
import type { Head } from '../../operation/record.ts';
import { LIMITS } from '../limits.ts';
import { cap, capEscaped, clean, cleanLines, esc } from '../text.ts';
import { sentencesOf } from '../words.ts';

/** The most of one value in a card. */
const VALUE_MAX = 300;
/** The most of one preformatted text in a card. */
const PREFORMATTED_MAX = 2500;

/** Plain words. In rich text nothing is parsed, so nothing in a value can become a mention, a link or formatting. */
export function say(text: string): RichTextElement {
  return { type: 'text', text: shown(text) };
}
export function strong(text: string): RichTextElement {
  return { type: 'text', text: shown(text), style: { bold: true } };
}
export function code(text: string): RichTextElement {
  return { type: 'text', text: shown(text), style: { code: true } };
}
export function faint(text: string): RichTextElement {
  return { type: 'text', text: shown(text), style: { italic: true } };
}

/** The most of a host's name in a card; a name may have 252 characters. */
const HOST_MAX = 64;

export function onHost(name: string): RichTextElement {
  return code(clean(name, HOST_MAX));
}

/** Slack refuses empty texts. */
function shown(text: string): string {
  return clean(text, VALUE_MAX * 3) || '–';
}

const SLACK_USER = /^[UW][A-Z0-9]{2,30}$/;

/** A person in rich text: a mention where it is a Slack user, else the plain word. */
export function person(by: string): RichTextElement {
  return SLACK_USER.test(by) ? { type: 'user', user_id: by } : say(by);
}

/** A person in mrkdwn. */
export function mention(by: string): string {
  return SLACK_USER.test(by) ? `<@${by}>` : esc(clean(by, VALUE_MAX));
}

/** One block of lines. */
export function lines(...all: readonly (readonly RichTextElement[])[]): RichTextBlock {
  const elements: RichTextSection[] = all.map((line, index) => ({
    type: 'rich_text_section',
    elements: index < all.length - 1 ? [...line, { type: 'text', text: '\n' }] : [...line],
  }));
  return { type: 'rich_text', elements };
}

/** Text as it was printed by a program, its lines kept. */
export function preformatted(text: string, max: number = PREFORMATTED_MAX): RichTextBlock {
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: cleanLines(text, max).trimEnd() || '–' }] },
    ],
  };
}

export function header(text: string): KnownBlock {
  return { type: 'header', text: { type: 'plain_text', text: cap(clean(text, 400), LIMITS.headerText), emoji: true } };
}

/** Small print. `mrkdwn` must hold nothing but our own words and values of safe characters. */
function smallPrint(mrkdwn: string): KnownBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: cap(mrkdwn, LIMITS.sectionText), verbatim: true }] };
}

/** How much of a head's hash the text shows; the message's metadata has all of it. */
const HASH_SHOWN = 16;

/** The journal's head at which a message stands. */
export function headLine(operation: string, { seq, hash }: Head): KnownBlock {
  return smallPrint(`Journal \`${operation}\` · record ${seq} · \`${hash.slice(0, HASH_SHOWN)}…\``);
}

/** The three sentences of a problem, the person it names as a mention. */
export function problemLines(problem: JournaledProblem): readonly (readonly RichTextElement[])[] {
  const { wrong, done, next } = sentencesOf(problem);
  const who = problem.params['person'];
  return [
    spoken(wrong, who, strong),
    spoken(done, who, say),
    [{ type: 'text', text: '→ ' }, ...spoken(next, who, say)],
  ];
}

/** A problem's code, for those who look it up; not for a person's eye first. */
export function codeLine(problem: JournaledProblem): KnownBlock {
  return smallPrint(`\`${problem.code.replace(/[^A-Z0-9_]/g, '?').slice(0, 60)}\``);
}

/** The most of a problem in a notification, escaped: with a title and a mention it is within Slack's limit. */
const PROBLEM_TEXT_MAX = 3000;

/** A problem as the text of a notification. */
export function problemText(problem: JournaledProblem): string {
  const { wrong, done, next } = sentencesOf(problem);
  const who = problem.params['person'];
  const escaped = esc(`${wrong} ${done} ${next}`);
  const said = who && SLACK_USER.test(who) ? escaped.replaceAll(who, `<@${who}>`) : escaped;
  return capEscaped(said, PROBLEM_TEXT_MAX);
}

function spoken(
  sentence: string,
  who: string | undefined,
  style: (text: string) => RichTextElement,
): readonly RichTextElement[] {
  if (!who || !SLACK_USER.test(who)) return [style(sentence)];
  return sentence
    .split(who)
    .flatMap((part, index) => [
      ...(index > 0 ? [person(who)] : []),
      ...(part === '' ? [] : [{ ...style(part), text: part } as RichTextElement]),
    ]);
}
