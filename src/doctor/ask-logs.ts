import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether this user could keep files in a directory, which a worker makes where it isn't there yet. */
export type LogsFacts = {
  readonly directory: string;
  readonly uid: number;
  /** The directory, or of those above it the first that is there. */
  readonly at: string;
  /** As the system names it, e.g. `EACCES`; null where nothing stands in the way. */
  readonly trouble: string | null;
};

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

/** Looks, and makes nothing. */
export async function askLogs(directory: string): Promise<LogsFacts> {
  const uid = process.getuid?.() ?? 0;
  for (let at = directory; ; at = dirname(at)) {
    const trouble = await access(at, constants.W_OK | constants.X_OK).then(() => null, codeOf);
    if (trouble !== 'ENOENT' || at === dirname(at)) return { directory, uid, at, trouble };
  }
}
