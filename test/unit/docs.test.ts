import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { COMMANDS, USAGE } from '../../src/commands.ts';
import { INIT_USAGE } from '../../src/setup/init-options.ts';
import { settingAt } from '../../src/setup/settings.ts';
import { SUBCOMMANDS } from '../../src/slack/parse.ts';

/** What the documentation names is there: a name that is gone sends somebody looking for it at night. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: root })];
const sources = globSync('src/**/*.ts', { cwd: root });
const others = ['src/**/*.{js,py,lua}', 'lab/**/*.ts', 'Dockerfile', 'docker-compose*.yml', '.ci/run'];
const code = [...sources, ...globSync(others, { cwd: root })].map(text).join('\n');
const scripts = Object.keys(
  z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(text('package.json'))).scripts,
);
const isCommand = (name: string) => name === 'help' || Object.hasOwn(COMMANDS, name);

/** Everything that is set as code, inline or in a block of its own. */
function codeOf(page: string): string[] {
  const blocks = [...text(page).matchAll(/(?:^|\n)((?: {4}.*\n)+)/g)].flatMap(([, block = '']) => block.split('\n'));
  return [
    ...blocks.map((line) => line.trim()),
    ...[...text(page).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
  ];
}

type Check = { readonly what: string; readonly named: RegExp; readonly there: (name: string, page: string) => boolean };
const CHECKS: readonly Check[] = [
  { what: 'slash command', named: /^\/kolla-backup ([a-z]+)/, there: (name) => Object.hasOwn(SUBCOMMANDS, name) },
  {
    what: 'command',
    named: /(?:^|exec (?:-T )?\w+ |\w=\S+ )kolla-backup ([a-z]+)/,
    there: isCommand,
  },
  { what: 'subcommand of a container', named: /run --rm (?:-T )?\w+ ([a-z]+)/, there: isCommand },
  { what: 'npm script', named: /^npm run ([a-z-]+)/, there: (name) => scripts.includes(name) },
  {
    what: 'variable or error code',
    named: /\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b/,
    there: (name) => code.includes(name),
  },
  {
    what: 'file',
    named: /^((?:src|lab|test|docs|deploy)\/[\w./*-]+|[\w.-]+\.(?:yml|md|json))$/,
    there: (name) => globSync(name, { cwd: root }).length > 0 || existsSync(join(root, 'docs', name)),
  },
  {
    what: 'setting',
    named: /^((?:ssh|slack|clouds|limits)(?:\.[a-z_<>]+)+)$/,
    there: (name) => settingAt(name.split('.')) !== undefined,
  },
];
/** What belongs to those who install it, or to the hosts. */
const THEIRS: ReadonlySet<string> = new Set(['config.yml', 'globals.yml', 'passwords.yml', 'kolla-backup.env']);

test.each(pages)('%s names nothing that is not there', (page) => {
  const missing = codeOf(page).flatMap((span) =>
    CHECKS.flatMap(({ what, named, there }) => {
      const name = named.exec(span)?.[1];
      return name === undefined || THEIRS.has(name) || there(name, page) ? [] : [`${what} ${name}`];
    }),
  );
  expect(missing).toEqual([]);
});

/** Any other way to call it fails for somebody: with an older Node, or outside of the checkout. */
const OTHER_WAYS = /node src\/\S+|npx kolla-backup|bin\/kolla-backup [a-z-]/;

test.each(pages)('%s calls the command by its one word, with options that there are', (page) => {
  const spans = codeOf(page);
  expect(spans.filter((span) => OTHER_WAYS.test(span))).toEqual([]);
  const options = spans
    .filter((span) => span.startsWith('kolla-backup '))
    .flatMap((span) => span.replace(/ #.*/, '').match(/--[a-z][a-z-]*/g) ?? []);
  const known = new Set(`${USAGE}${INIT_USAGE}`.match(/--[a-z][a-z-]*/g));
  expect(options.filter((option) => !known.has(option))).toEqual([]);
});

test('what the program tells to type, there is, too', () => {
  const told = sources.flatMap((source) =>
    text(source)
      .split('\n')
      .filter((line) => !/^\s*(?:\/?\*|\/\/)/.test(line))
      .flatMap((line) => [...line.matchAll(/(?<![\w/.@-])kolla-backup ([a-z]+)/g)].map(([, name = '']) => name)),
  );
  expect(told.length).toBeGreaterThan(5);
  // That one is no command but what the journal's key signs.
  expect(told.filter((name) => !isCommand(name) && name !== 'journal')).toEqual([]);
});

test.each(pages)('every link of %s leads somewhere', (page) => {
  const links = [...text(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => to);
  expect(links.filter((to) => !existsSync(join(root, dirname(page), to)))).toEqual([]);
});

test.each(Object.keys(SUBCOMMANDS))('the README says what the command %s does', (name) => {
  expect(text('README.md')).toMatch(new RegExp(`^\\| \`/kolla-backup ${name}\\b[^|]*\` \\| [^|]+ \\|$`, 'm'));
});

test('the check finds what is not there', () => {
  for (const [what, span] of [
    ['slash command', '/kolla-backup obliterate'],
    ['command', 'docker-compose exec worker kolla-backup obliterate'],
    ['command', 'kolla-backup obliterate'],
    ['subcommand of a container', 'docker-compose run --rm worker obliterate'],
    ['npm script', 'npm run obliterate'],
    ['variable or error code', 'KOLLA_BACKUP_OBLITERATE'],
    ['file', 'src/obliterate.ts'],
    ['setting', 'limits.obliterate'],
  ] as const) {
    const check = CHECKS.find((one) => one.what === what);
    const name = check?.named.exec(span)?.[1];
    expect([name !== undefined, check?.there(name ?? '', 'README.md')], span).toEqual([true, false]);
  }
});
