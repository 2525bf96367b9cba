import type { z } from 'zod';
import { quoteHost } from '../kolla/quoted.ts';
import { closest } from './closest.ts';
import type { ConfigText, Mistake } from './config-text.ts';
import { looksSecret, secretsIn } from './secrets.ts';
import { entryOf, placesOf, settingAt, settings } from './settings.ts';

/** What the schema finds in a config file, in the words of people: where it is, what is wrong, what to do. */

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
/** One mistake before its line is known. */
type Found = {
  readonly path: Path;
  /** Where it is shown; of what is missing, the block that it is missing from. */
  readonly at?: Path;
  readonly part: 'key' | 'value';
  readonly said: string;
};

/** The longest value of the file that is shown, in characters. */
const SHOWN_CHARS = 60;

/** `variables` are the environment's names, for what belongs there. */
export function schemaMistakes(
  issues: readonly Issue[],
  text: ConfigText,
  variables: readonly string[],
): readonly Mistake[] {
  const secrets = secretsIn(text);
  const hidden = new Set(secrets.map(({ line }) => line));
  const found = issues
    .filter((issue) => !misspelt(issue, issues))
    .flatMap((issue) => wordsFor(issue, text.value, variables))
    .map(({ path, at = path, part, said }) => ({
      ...text.position(at, part),
      where: path.map(String).join('.'),
      said,
    }));
  return [...secrets, ...found.filter(({ line }) => !hidden.has(line))];
}

/** Whether a setting is missing only because its name is written otherwise, which is told there. */
function misspelt({ path }: Issue, issues: readonly Issue[]): boolean {
  const block = path.slice(0, -1).join('\n');
  const known = Object.keys(settingAt(path.slice(0, -1))?.properties ?? {});
  return issues.some(
    (other) =>
      other.code === 'unrecognized_keys' &&
      other.path.join('\n') === block &&
      other.keys.some((key) => closest(key, known) === path.at(-1)),
  );
}

function wordsFor(issue: Issue, root: unknown, variables: readonly string[]): Found[] {
  const { path } = issue;
  const value = valueAt(root, path);
  const at = (said: string, part: 'key' | 'value' = 'value'): Found[] => [{ path, part, said }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        part: 'key',
        said: unknownSetting(key, path, variables),
      }));
    case 'invalid_type':
      return value === undefined || value === null
        ? missing(path, value)
        : at(`${wrongType(issue.expected, value)}${about(path)}${elsewhere(path)}`);
    case 'invalid_value': {
      const [only, ...more] = issue.values.map(String);
      const meant = closest(String(value), issue.values.map(String));
      return at(
        more.length === 0
          ? `${shown(value)} is not possible here. Write ${only}, or leave it out.`
          : `${shown(value)} is none of ${issue.values.join(', ')}. ${meant === null ? 'Write one of them.' : `Did you mean ${meant}?`}`,
      );
    }
    case 'invalid_union': {
      // Of several shapes the one that this was meant to have.
      const meant = issue.errors.find((branch) =>
        branch.every(({ code, path: below }) => code !== 'invalid_type' || below.length > 0),
      );
      if (value === undefined || value === null) return missing(path, value);
      if (meant === undefined) return at(`${shown(value)} is not possible here.${about(path)}`);
      return meant.flatMap((one) => wordsFor({ ...one, path: [...path, ...one.path] }, root, variables));
    }
    case 'invalid_key':
      return at(
        `${shown(path.at(-1))} is not ${issue.issues[0]?.message ?? 'a name that is possible here. Write another'}.`,
        'key',
      );
    case 'invalid_format':
      return at(value === '' ? `It is empty. Write ${issue.message}.` : `${shown(value)} is not ${issue.message}.`);
    case 'too_small':
    case 'too_big':
      return at(`${outOfRange(issue, value)}${about(path)}`);
    default:
      return at(`It ${issue.message}.`);
  }
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    root,
  );
}

/** What the setting is for: it says what to write. */
function about(path: Path): string {
  const { description, default: usual } = settingAt(path) ?? {};
  const instead = usual === undefined || typeof usual === 'object' ? '' : ` By default it is ${String(usual)}.`;
  return description === undefined ? '' : ` ${description}${instead}`;
}

/** Where a setting belongs that stands among the names of a record. */
function elsewhere(path: Path): string {
  const inRecord = entryOf(settingAt(path.slice(0, -1)) ?? {}) !== undefined;
  const [place] = inRecord ? placesOf(String(path.at(-1))) : [];
  return place === undefined ? '' : ` If the setting is meant: its place is ${place}: check the indentation.`;
}

function missing(path: Path, value: unknown): Found[] {
  const name = String(path.at(-1) ?? '');
  if (path.length === 0)
    return [{ path, part: 'value', said: 'The file is empty. Remove it, then write it with: kolla-backup init FILE' }];
  const said = value === null ? `“${name}” has no value. Write one` : `“${name}” is missing in this block. Add it`;
  return [
    {
      path,
      at: value === null ? path : path.slice(0, -1),
      part: 'key',
      said: `${said}${about(path).replace(/^ /, ': ') || '.'}`,
    },
  ];
}

function unknownSetting(key: string, path: Path, variables: readonly string[]): string {
  const here = settingAt(path);
  const known = Object.keys(here?.properties ?? {});
  const variable = variables.find((name) => name === key.toUpperCase().replaceAll('-', '_'));
  if (variable !== undefined) return `This does not stand in this file. Set ${variable} in the environment.`;
  const meant = closest(key, known);
  if (meant !== null) return `There is no setting ${shown(key)} here. Did you mean “${meant}”?`;
  const [place] = placesOf(key);
  if (place !== undefined) return `“${key}” does not belong here. Its place is ${place}: check the indentation.`;
  const anywhere = closest(key, known.length > 0 ? allNames() : []);
  if (anywhere !== null) return `There is no setting ${shown(key)}. Did you mean ${placesOf(anywhere)[0]}?`;
  return `There is no setting ${shown(key)}. Take it out; here there are: ${known.join(', ')}.`;
}

/** The name of every setting, wherever it stands. */
function allNames(setting = settings): string[] {
  const entry = entryOf(setting);
  const below = Object.entries(setting.properties ?? {}).flatMap(([name, value]) => [
    name,
    ...(typeof value === 'object' ? allNames(value) : []),
  ]);
  return [...new Set([...below, ...(entry === undefined ? [] : allNames(entry))])];
}

const HOW: Readonly<Record<string, string>> = {
  array: 'It must be a list: [one, other], or one entry a line after “- ”.',
  object: 'It must be a block: settings on lines of their own below it, indented.',
  record: 'It must be a block: names with their settings on lines of their own below it, indented.',
  string: 'It must be text.',
  number: 'It must be a number, without quotes and units.',
  int: 'It must be a whole number, without quotes and units.',
  boolean: 'It must be true or false.',
};

const HOLDS: Readonly<Record<string, string>> = {
  object: 'a block',
  array: 'a list',
  string: 'text',
  number: 'a number',
};

function wrongType(expected: string, value: unknown): string {
  const kind = Array.isArray(value) ? 'array' : typeof value;
  if (expected === 'string' && (kind === 'number' || kind === 'boolean'))
    return `${String(value)} is a ${kind} for YAML, and this must be text. Put it in quotes: "${String(value)}".`;
  const simple =
    kind === 'object' || kind === 'array' ? `This is ${HOLDS[kind]}` : `${shown(value)} is ${HOLDS[kind] ?? kind}`;
  return `${simple}. ${HOW[expected] ?? `It must be ${expected}.`}`;
}

function outOfRange(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): string {
  const small = issue.code === 'too_small';
  const limit = String(small ? issue.minimum : issue.maximum);
  if (issue.origin === 'array' || issue.origin === 'set')
    return small
      ? `The list is empty. It needs at least ${limit}.`
      : `The list is too long. It may hold at most ${limit}.`;
  if (issue.origin === 'string')
    return small
      ? 'It is empty. Write something, or take the setting out.'
      : `It is longer than ${limit} characters. Shorten it.`;
  return `${shown(value)} is too ${small ? 'small' : 'large'}. It must be at ${small ? 'least' : 'most'} ${limit}.`;
}

/** A value of the file, as far as it may be shown. */
function shown(value: unknown): string {
  const text = String(value);
  return looksSecret(text) ? 'What stands here' : `“${quoteHost(text, SHOWN_CHARS)}”`;
}
