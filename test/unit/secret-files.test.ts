import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { secretFiles } from '../../src/secret-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'kolla-backup-secrets-'));
afterAll(() => rmSync(dir, { recursive: true }));
function file(name: string, content: string): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

test('a secret is what its file holds, without the line’s end that editors leave', () => {
  expect(secretFiles({ SLACK_BOT_TOKEN_FILE: file('token', 'xoxb-1\n') })).toEqual({ SLACK_BOT_TOKEN: 'xoxb-1' });
});

test('systemd’s credentials are found by their name; a variable that is set counts more', () => {
  file('kolla_backup_key', 'k'.repeat(64));
  file('redis_url', 'redis://elsewhere');
  expect(secretFiles({ CREDENTIALS_DIRECTORY: dir, REDIS_URL: 'redis://here' })).toEqual({
    KOLLA_BACKUP_KEY: 'k'.repeat(64),
  });
});

test.each([
  [
    'twice',
    () => ({ REDIS_URL: 'redis://here', REDIS_URL_FILE: file('twice', 'redis://there') }),
    /REDIS_URL_FILE is set, and so is REDIS_URL/,
  ],
  [
    'empty',
    () => ({ KOLLA_BACKUP_KEY_FILE: file('empty', '\n') }),
    /KOLLA_BACKUP_KEY_FILE stands for the file .* which is empty/,
  ],
  [
    'not there',
    () => ({ KOLLA_BACKUP_KEY_FILE: join(dir, 'nowhere') }),
    /KOLLA_BACKUP_KEY_FILE names the file .* which is not there/,
  ],
] as const)('%s: an error that names the variable and no secret', (_, from, said) => {
  expect(() => secretFiles(from())).toThrow(said);
});
