import { type Code, catalogue, explain } from '../operation/catalogue.ts';
import type { JournaledProblem } from '../operation/operation.ts';
import { clean } from './text.ts';

/** The most of one parameter that a sentence shows: a long one must not push the rest out of sight. */
const PARAM_MAX = 240;
/** The most of one sentence, whatever its parameters. */
const SENTENCE_MAX = 600;
/** How many parameters of an unknown code are shown. */
const UNKNOWN_PARAMS_MAX = 6;

/** A problem in words: what is wrong, what was and wasn't done, what to do next; cleaned and capped, not escaped. */
type Sentences = { readonly wrong: string; readonly done: string; readonly next: string };

/** A journal may hold a code that only a newer version knows. */
export function isKnown(code: string): code is Code {
  return Object.hasOwn(catalogue, code);
}

/** The sentences of a problem; for a code that this version doesn't know, the code and its parameters. */
export function sentencesOf({ code, params }: JournaledProblem): Sentences {
  const shown = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, clean(value, PARAM_MAX)]));
  if (!isKnown(code)) return unknown(code, shown);
  const { wrong, done, next } = explain({ code, params: shown });
  return { wrong: clean(wrong, SENTENCE_MAX), done: clean(done, SENTENCE_MAX), next: clean(next, SENTENCE_MAX) };
}

function unknown(code: string, params: Readonly<Record<string, string>>): Sentences {
  const said = Object.entries(params)
    .slice(0, UNKNOWN_PARAMS_MAX)
    .map(([name, value]) => `${clean(name, 40)}: ${value}`);
  return {
    wrong: clean(`${clean(code, 60)} (${said.join(', ') || 'no details'}).`, SENTENCE_MAX),
    done: 'This version has no word for it, so it cannot say what was done.',
    next: 'Run the newest version of the bot; it can say what this means.',
  };
}
