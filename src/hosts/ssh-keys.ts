/** Our own private keys for SSH. */
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { KollaBackupError } from '../operation/catalogue.ts';

const ENCRYPTED = /^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m;

/** The content of a private key file. Throws SSH_KEY_ENCRYPTED or SSH_KEY_UNUSABLE. */
async function readKey(file: string): Promise<Buffer> {
  const content = await readFile(file).catch((error: unknown) => {
    throw new KollaBackupError('SSH_KEY_UNUSABLE', { file, reason: String(error) }, { cause: error });
  });
  const parsed = ssh2.utils.parseKey(content);
  if (parsed instanceof Error) {
    const encrypted = /encrypted/i.test(parsed.message) || ENCRYPTED.test(content.toString('latin1'));
    const reason = parsed.message;
    throw new KollaBackupError(encrypted ? 'SSH_KEY_ENCRYPTED' : 'SSH_KEY_UNUSABLE', { file, reason });
  }
  const isPrivate = [parsed].flat().some((key) => key.isPrivateKey());
  if (!isPrivate) throw new KollaBackupError('SSH_KEY_UNUSABLE', { file, reason: 'it is not a private key' });
  return content;
}

/** Every key that is to be offered, in this order. Each must be usable: a listed key that isn't is a mistake. */
export function readKeys(files: readonly string[]): Promise<Buffer[]> {
  return Promise.all(files.map(readKey));
}
