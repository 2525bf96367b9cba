import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { keyringFrom } from '../load-config.ts';
import { auditFile } from '../operation/audit.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { hex64 } from '../operation/ids.ts';
import type { Head } from '../operation/record.ts';
import { withSecrets } from '../secret-files.ts';
import type { Command } from './command.ts';

const FORM = 'audit FILE [--head N:HASH …]';

/** Looks at an exported journal; with KOLLA_BACKUP_KEY set, at its signatures too. */
export const audit = {
  forms: [[FORM, 'verifies an exported journal, without Slack or Redis']],
  run: async (rest) => {
    const { file, heads } = readArguments(rest);
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KollaBackupError('FILE_UNREADABLE', { file, reason });
    });
    const found = auditFile(text, { keyring: keyringFrom(withSecrets(process.env)), heads: heads.map(readHead) });
    process.stdout.write(found.text);
    return found.exit;
  },
} as const satisfies Command;

function readArguments(rest: readonly string[]): { readonly file: string; readonly heads: readonly string[] } {
  const options = { head: { type: 'string', multiple: true } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('one file');
    return { file, heads: values.head ?? [] };
  } catch (cause) {
    throw new KollaBackupError('USAGE', { usage: FORM }, { cause });
  }
}

function readHead(text: string): Head {
  const [seq = '', hash = ''] = text.split(':');
  if (!/^\d{1,9}$/.test(seq) || !hex64.safeParse(hash).success) {
    throw new KollaBackupError('USAGE', { usage: '--head N:HASH, as it stands in the thread, with all 64 digits' });
  }
  return { seq: Number(seq), hash };
}
