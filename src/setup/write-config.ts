import { stringify } from 'yaml';
import type { z } from 'zod';
import type { configSchema } from '../config.ts';
import { entryOf, type Setting, schemaOf, settings } from './settings.ts';

/** A config as it is written: what isn't in it is left to the defaults. */
export type ConfigInput = z.input<typeof configSchema>;

/**
 * The text of a config file: every setting with what it is for. What isn't given stands there as a comment, with its
 * default or an example. `schema` is where an editor finds the JSON schema; `about` are lines for the top.
 */
export function writeConfig(
  values: ConfigInput,
  {
    schema,
    about,
    suggest = {},
  }: {
    readonly schema: string;
    readonly about: readonly string[];
    /** What to show for settings that aren't given, by their path with dots. */
    readonly suggest?: Readonly<Record<string, string>>;
  },
): string {
  const head = [`# yaml-language-server: $schema=${schema}`, ...about.map(comment)];
  const blocks = members(settings, values, { path: [], suggest, first: true, told: new Set<string>() });
  return `${[head, ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

type Place = {
  readonly path: readonly string[];
  readonly suggest: Readonly<Record<string, string>>;
  /** Whether all settings are shown here, or only what is given. */
  readonly first: boolean;
  /** What was explained before. */
  readonly told: Set<string>;
};

const comment = (line: string) => (line === '' ? '#' : `# ${line}`);
const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

/** The settings of a block, each as its lines. Of a record's later entries only what is given. */
function members(setting: Setting, values: object, place: Place): string[][] {
  const entry = entryOf(setting);
  if (entry !== undefined)
    return Object.entries(values).map(([name, value], index) =>
      written(name, entry, value, { ...place, path: [...place.path, name], first: place.first && index === 0 }),
    );
  return Object.entries(setting.properties ?? {}).flatMap(([name, one]) => {
    const inside = { ...place, path: [...place.path, name] };
    const value: unknown = Reflect.get(values, name);
    const schema = schemaOf(one) ?? {};
    const about = place.first ? explain(schema, place.told) : [];
    if (value !== undefined) return [[...about, ...written(name, schema, value, inside)]];
    return place.first ? [[...about, ...unset(name, schema, inside).map(comment)]] : [];
  });
}

function explain({ description }: Setting, told: Set<string>): string[] {
  if (description === undefined || told.has(description)) return [];
  told.add(description);
  return [comment(description)];
}

function written(name: string, setting: Setting, value: unknown, place: Place): string[] {
  const key = scalar(name);
  if (typeof value !== 'object' || value === null) return [`${key}: ${scalar(value)}`];
  if (Array.isArray(value) || isSmall(setting, value)) return [`${key}: ${flow(value)}`];
  return [`${key}:`, ...indent(members(setting, value, place).flat())];
}

/** A setting that isn't given, as it could be written: of a block what it must have, or else all of it. */
function unset(name: string, setting: Setting, place: Place): string[] {
  const { properties, required } = setting;
  const suggested = place.suggest[place.path.join('.')];
  if (properties === undefined || suggested !== undefined) {
    const value = suggested ?? exampleOf(setting);
    return value === undefined ? [] : [`${name}: ${flow(value)}`];
  }
  if (required !== undefined)
    return [
      `${name}: ${flow(Object.fromEntries(required.map((one) => [one, exampleOf(schemaOf(properties[one]) ?? {})])))}`,
    ];
  const below = members(setting, {}, { ...place, first: true }).flat();
  return [`${name}:`, ...indent(below.map((line) => line.replace(/^# (?=\w+:)/, '')))];
}

const exampleOf = (setting: Setting): unknown => setting.examples?.[0] ?? setting.default ?? setting.const;

/** A block that fits on one line: it has something that it must have, and nothing but single values. */
function isSmall({ required }: Setting, value: object): boolean {
  return required !== undefined && Object.values(value).every((one) => typeof one !== 'object');
}

const scalar = (value: unknown) => stringify(value, { lineWidth: 0 }).trimEnd();
const flow = (value: unknown) =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: !Array.isArray(value) }).trimEnd();
