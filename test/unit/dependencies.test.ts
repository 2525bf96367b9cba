import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

/**
 * Licences that ask for no more than their text being kept. Of the copyleft kind only what is never shipped: a tool of
 * those who change something.
 */
const FREE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'Unlicense'];
const TOOLS_ONLY = ['MPL-2.0', 'Python-2.0', 'CC0-1.0'];

const at = (name: string) => new URL(`../../${name}`, import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(at(name), 'utf8'));
const versions = z.record(z.string(), z.string());
const { dependencies, devDependencies, license } = z
  .object({ dependencies: versions, devDependencies: versions, license: z.string() })
  .parse(read('package.json'));
const { packages } = z
  .object({
    packages: z.record(z.string(), z.object({ dev: z.boolean().default(false), resolved: z.string().optional() })),
  })
  .parse(read('package-lock.json'));
const locked = Object.entries(packages).filter(([path]) => path !== '');
/** What each package says of itself, in the new way or the old one. */
const stated = z
  .object({ license: z.string().optional(), licenses: z.array(z.object({ type: z.string() })).default([]) })
  .transform(({ license: one, licenses }) => one ?? (licenses.map(({ type }) => type).join(' OR ') || 'none'));

/** Whether one of the licences that may be chosen is among those allowed. */
const allows = (said: string, allowed: readonly string[]) =>
  said
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((one) => one.split(' AND ').every((part) => allowed.includes(part)));

test('everything that is shipped has a licence that an Apache-2.0 project may ship', () => {
  expect(license).toBe('Apache-2.0');
  // Builds for other machines aren't installed here; they are checked there.
  const here = locked.filter(([path]) => existsSync(at(`${path}/package.json`)));
  expect(here.length).toBeGreaterThan(100);
  const strange = here.flatMap(([path, { dev }]) => {
    const said = stated.parse(read(`${path}/package.json`));
    return allows(said, dev ? [...FREE, ...TOOLS_ONLY] : FREE) ? [] : [`${path}: ${said}`];
  });
  expect(strange).toEqual([]);
});

test('every dependency is one exact version, and the lock names no registry', () => {
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});
