import { z } from 'zod';
import { configSchema } from '../config.ts';

/** The config's settings as a JSON schema: what editors, the reference, the example and the words for mistakes know of them. */
export type Setting = z.core.JSONSchema.BaseSchema;

/** Draft 7 is what every editor's YAML plugin reads. */
export const settings: Setting = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });

/** The setting at a path of keys and indexes: of a record, what each of its entries is. Undefined where there is none. */
export function settingAt(path: readonly PropertyKey[]): Setting | undefined {
  return path.reduce<Setting | undefined>((setting, part) => {
    if (setting === undefined) return undefined;
    if (typeof part === 'number') return schemaOf(setting.items);
    return schemaOf(setting.properties?.[String(part)]) ?? entryOf(setting);
  }, settings);
}

/** What each entry of a record is. */
export function entryOf(setting: Setting): Setting | undefined {
  return schemaOf(setting.additionalProperties);
}

export function schemaOf(part: unknown): Setting | undefined {
  // The schema is ours, so what stands at such a place is a schema, a boolean or, for tuples, a list.
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? (part as Setting) : undefined;
}

/** Every place in the file that has a setting of this name, such as `clouds.<name>.channel`. */
export function placesOf(name: string, setting: Setting = settings, place: readonly string[] = []): string[] {
  const below = Object.entries(setting.properties ?? {}).flatMap(([key, value]) => {
    const here = [...place, key];
    return [...(key === name ? [here.join('.')] : []), ...placesOf(name, schemaOf(value) ?? {}, here)];
  });
  const entry = entryOf(setting);
  return entry === undefined ? below : [...below, ...placesOf(name, entry, [...place, '<name>'])];
}
