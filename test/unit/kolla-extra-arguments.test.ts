import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkExtraArguments, passwordFiles, vaultArguments } from '../../src/kolla/extra-arguments.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';

const VALUE = 'Zq9hunter2';

/** What the refusal says; null where the list is allowed. */
function refusal(extra: readonly string[]): string | null {
  try {
    checkExtraArguments(extra);
    return null;
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    return error.message;
  }
}

const options = fc.constantFrom('-e', '--extra', '--extra-vars');
const given = (option: string, value: string, joined: boolean) =>
  joined && option.startsWith('--') ? [`${option}=${value}`] : [option, value];

describe('variables', () => {
  test('that look like secrets are refused, and the refusal does not tell them', () => {
    const part = fc.constantFrom('database', 'keystone', 'admin', 'nova', 'x');
    const secret = fc.constantFrom(
      'password',
      'passwd',
      'pass',
      'secret',
      'secrets',
      'token',
      'key',
      'ssh_key',
      'apikey',
      'keys',
      'credential',
      'pwd',
      'PASSWORD',
      'vault_id',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 3 }),
        secret,
        fc.constantFrom('', '_1', '_file'),
        options,
        fc.boolean(),
        (parts, word, end, option, joined) => {
          const said = refusal(given(option, `${[...parts, word].join('_')}${end}=${VALUE}`, joined));
          expect(said).toContain('KOLLA_EXTRA_ARGUMENT');
          expect(said).not.toContain(VALUE);
        },
      ),
    );
  });

  test.each([
    `{"database_password": "${VALUE}"}`,
    `{x: ${VALUE}}`,
    `[${VALUE}]`,
    `- ${VALUE}`,
    `x: ${VALUE}`,
    `x={{ lookup('file','${VALUE}') }}`,
    `x=1 database_password=${VALUE}`,
    `x=1\ny=${VALUE}`,
    `x="${VALUE}"`,
    `x=$(${VALUE})`,
    `x=a=${VALUE}`,
    `=${VALUE}`,
    VALUE,
    `@${VALUE}`,
    `@/../${VALUE}`,
    `@/a b/${VALUE}`,
  ])('%j is refused, and not told', (value) => {
    for (const extra of [['-e', value], [`--extra-vars=${value}`]]) {
      const said = refusal(extra);
      expect(said).toContain('KOLLA_EXTRA_ARGUMENT');
      expect(said).not.toContain(VALUE);
    }
  });

  test('of whatever text, only one plain name and value or one absolute file passes', () => {
    const character = fc.constantFrom(...'ab_Z09=.:/,+@-{}[]"\' \n\t\\$;*é%&|');
    const value = fc.oneof(
      fc.string({ unit: character, maxLength: 30 }),
      fc.string().map((text) => `x=${text}`),
    );
    let passed = 0;
    fc.assert(
      fc.property(value, options, fc.boolean(), (text, option, joined) => {
        if (refusal(given(option, text, joined)) !== null) return;
        passed += 1;
        expect(text).toMatch(/^(?:[A-Za-z_]\w*=[\w.:/,+@-]+|@\/[\w.@+/-]+)$/);
      }),
      { numRuns: 5000 },
    );
    expect(passed).toBeGreaterThan(50);
  });
});

test('a refusal never tells what stands where an option should', () => {
  for (const extra of [[VALUE], ['-e', 'a=b', VALUE], [`--password=${VALUE}`], [`--forks=${VALUE}`], ['-p', VALUE]]) {
    expect(refusal(extra)).toContain('KOLLA_EXTRA_ARGUMENT');
    expect(refusal(extra)).not.toContain(VALUE);
  }
});

test('a value that looks like an option of another kind is that value, not an option', () => {
  expect(vaultArguments(['-e', 'a=b', '--key=/root/.v'])).toEqual(['--vault-password-file', '/root/.v']);
  expect(vaultArguments(['--passwords', '/--key', '-k', '/v'])).toEqual(['--vault-password-file', '/v']);
});

test('every file of passwords is redacted, each once and by its absolute path', () => {
  const files = (...extraArguments: string[]) =>
    passwordFiles({ cwd: '/opt/kolla', configDirectory: '/etc/kolla', extraArguments });
  expect(files()).toEqual(['/etc/kolla/passwords.yml']);
  expect(files('--passwords', '/srv/p.yml', '-e', 'a=b', '--passwords=p.yml')).toEqual([
    '/etc/kolla/passwords.yml',
    '/srv/p.yml',
    '/opt/kolla/p.yml',
  ]);
  expect(files('--passwords=/etc/kolla/passwords.yml')).toEqual(['/etc/kolla/passwords.yml']);
});
