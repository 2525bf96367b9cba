import { KollaBackupError } from './operation/catalogue.ts';

/** What an operator reads when a process can't begin: the catalogue's three sentences, or the whole error. */
export function words(error: unknown): string {
  if (error instanceof KollaBackupError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
