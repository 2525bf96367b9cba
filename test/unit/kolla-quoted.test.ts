import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteHost, SECRET_PATTERNS, shorten } from '../../src/kolla/quoted.ts';

const REDACT = join(import.meta.dirname, '../../src/hosts/run-directory/redact.py');

test('its patterns are those of the filter on the hosts, to the letter', () => {
  const print = 'import json,sys; exec(open(sys.argv[1]).read()); print(json.dumps(PATTERNS))';
  const theirs: string[] = JSON.parse(execFileSync('python3', ['-c', print, REDACT], { encoding: 'utf8' }));
  // What the two languages spell differently.
  const inOurWords = theirs.map((pattern) => {
    const insensitive = pattern.startsWith('(?i)');
    const source = pattern
      .replace('(?i)', '')
      .replaceAll('(?P<', '(?<')
      .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>')
      .replaceAll('\\Z', '$')
      .replaceAll('\\"', '"');
    return new RegExp(source, insensitive ? 'gi' : 'g').source;
  });
  expect(SECRET_PATTERNS.map(({ source }) => source)).toEqual(inOurWords);
  expect(SECRET_PATTERNS.map(({ flags }) => flags)).toEqual(theirs.map((p) => (p.startsWith('(?i)') ? 'gi' : 'g')));
});

/** A value that nothing else in a text looks like. */
const secret = fc.stringMatching(/^Zq[A-Za-z0-9]{6,20}$/);
const places: readonly ((value: string) => string)[] = [
  (value) => `-p${value}`,
  (value) => `["mysql", "-uroot", "-p${value}", "-e"]`,
  (value) => `--database-password ${value}`,
  (value) => `--password=${value}`,
  (value) => `database_password: ${value}`,
  (value) => `mariadb_backup_database_password = "${value}"`,
  (value) => JSON.stringify({ login_password: value, user: 'root' }),
  (value) => JSON.stringify(JSON.stringify({ keystone_admin_password: value })),
  (value) => `wsrep_sst_auth=root:${value}`,
  (value) => `IDENTIFIED BY '${value}'`,
  (value) => `IDENTIFIED BY PASSWORD '${value}'`,
  (value) => `mysql+pymysql://nova:${value}@10.0.0.1/nova`,
  (value) => `Authorization: Bearer ${value}`,
  (value) => `MYSQL_PWD=${value}`,
  (value) => `X-Auth-Token: ${value}`,
  (value) => `-----BEGIN OPENSSH PRIVATE KEY-----\n${value}\n${value}\n-----END OPENSSH PRIVATE KEY-----`,
  (value) => `-----BEGIN PRIVATE KEY-----\n${value}`,
  (value) => `pass\u200bword: ${value}`,
  (value) => `\u001b[31mpassword\u001b[0m: ${value}`,
];
const noise = fc.string({ unit: fc.constantFrom(...'abc XYZ019.,;()\n\t\u0007\u202e'), maxLength: 60 });

describe('no secret that a host says is quoted', () => {
  test('wherever it stands, and wherever the quotation is cut', () => {
    const text = fc.tuple(fc.array(fc.tuple(noise, fc.constantFrom(...places)), { minLength: 1, maxLength: 6 }), noise);
    fc.assert(
      fc.property(text, secret, fc.integer({ min: 20, max: 2000 }), ([parts, last], value, max) => {
        const said = `${parts.map(([before, place]) => `${before}\n${place(value)}\n`).join('')}${last}`;
        const quoted = quoteHost(said, max);
        expect(quoted).not.toContain(value.slice(0, 6));
        expect(quoted.length).toBeLessThanOrEqual(max);
        expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 2000 },
    );
  });

  test('of a long text neither, though its middle is left out', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        secret,
        fc.integer({ min: 60_000, max: 70_000 }),
        (place, value, fill) => {
          for (const said of [
            `${place(value)}\n${'x '.repeat(fill / 2)}`,
            `${'x'.repeat(fill)}${place(value)}`,
            `${'line\n'.repeat(fill / 5)}${place(value)}\n`,
          ])
            expect(quoteHost(said)).not.toContain(value.slice(0, 6));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('what is said besides stays', () => {
  expect(quoteHost('  Error response from daemon:\n\tNo such container: mariadb\n')).toBe(
    'Error response from daemon: No such container: mariadb',
  );
  expect(quoteHost("Access denied for user 'backup'@'10.0.0.1' (using password: YES)")).toMatch(
    /^Access denied for user/,
  );
});

test('a hostile line does not keep it busy', () => {
  for (const unit of ['password=', '\\"', 'a://', '-----BEGIN PRIVATE KEY-----', '--pass ', 'identified by '])
    expect(quoteHost(unit.repeat(16_000 / unit.length)).length).toBeLessThan(301);
});

test('shortened text keeps both ends, within its limit, and no half character', () => {
  expect(shorten('abc', 3)).toBe('abc');
  expect(shorten('0123456789', 7)).toBe('01 … 89');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 5, max: 200 }), (text, max) => {
      const short = shorten(text, max);
      expect(short.length).toBeLessThanOrEqual(max);
      expect(short.isWellFormed()).toBe(text.isWellFormed());
    }),
  );
});
