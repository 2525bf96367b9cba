import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { references } from '../../lab/reference.ts';
import { examineConfig, parseConfig } from '../../src/load-config.ts';
import { entryOf, type Setting, schemaOf, settings } from '../../src/setup/settings.ts';
import { writeConfig } from '../../src/setup/write-config.ts';

const made = Object.entries(references());
const example = references()['config.example.yml'] ?? '';

test.each(made)('%s is as the code has it; `npm run reference` writes it anew', (path, text) => {
  expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
});

/** Every setting by its path. */
function all(setting: Setting, path: string): [path: string, setting: Setting][] {
  const entry = entryOf(setting);
  const below = Object.entries(setting.properties ?? {}).flatMap(([name, part]): [string, Setting][] => {
    const one = schemaOf(part) ?? {};
    return [[`${path}${name}`, one], ...all(one, `${path}${name}.`)];
  });
  return entry === undefined ? below : [...below, ...all(entry, `${path}<name>.`)];
}

test.each(all(settings, ''))('%s says in a sentence what it is for', (_, { description }) => {
  expect(description).toMatch(/^[A-Z].{10,140}\.$/);
});

test('the example shows every setting but those of logins, and all that is a comment there is possible, too', () => {
  const logins = /\.ssh\.|^ssh$/;
  for (const [path] of all(settings, '').filter(([one]) => !logins.test(one)))
    expect(example).toMatch(new RegExp(`^[ #]*${path.split('.').at(-1)}:`, 'm'));
  // `local` excludes `ssh`, which the example has.
  const full = example
    .split('\n')
    .filter((line) => !line.includes('local: true'))
    .map((line) => line.replace(/^( *)# ( *)(?=(?:# |[a-z_]+: ?[^ ]*))/, '$1$2'))
    .map((line) => (/^ *[A-Z#]/.test(line) ? `# ${line}` : line))
    .join('\n');
  const read = examineConfig(full);
  expect('mistakes' in read ? read.mistakes : []).toEqual([]);
  expect(full).toMatch(/^ {2}backup_minutes: 240$/m);
  expect(full).toMatch(/^ {4}backup_host: /m);
});

test('an editor that follows the JSON schema takes the example and marks a misspelt setting', () => {
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(references()['config.schema.json'] ?? '{}'),
  );
  const config = parseConfig('config.example.yml', example);
  // As it was read the example has its defaults filled in, none of which may be out of range.
  expect(validate(config)).toBe(true);
  expect(validate({ ...config, limit: {} })).toBe(false);
});

test('what a config is written of is what is read from it', () => {
  const values = {
    clouds: {
      a1: {
        deploy_host: { local: true as const, executable: '/opt/kolla: ansible #1/bin/kolla-ansible' },
        inventories: ['/etc/kolla/multi node'],
        nodes: { '007': { ssh: { address: '10.1', user: 'null' } }, on: { ssh: { address: 'fe80::1', port: 22 } } },
        channel: 'C0123456789',
        requesters: { users: ['U0123456789'] },
        unit: null,
      },
    },
    limits: { backup_minutes: 7 },
  };
  const read = parseConfig('written.yml', writeConfig(values, { schema: 'x', about: ['a: b'] }));
  expect(read).toMatchObject(values);
});
