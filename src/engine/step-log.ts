import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drive } from './drive.ts';

/** Keeps a step's redacted output as a file on the worker, and its end in Redis for the thread. */
export async function saveLog(drive: Drive, run: string, output: string): Promise<void> {
  const { id, label } = drive.operation();
  try {
    await mkdir(drive.logDirectory, { recursive: true, mode: 0o700 });
    await writeFile(join(drive.logDirectory, `${label}-${run}.log`), output, { mode: 0o600 });
    await drive.notes.setLog(id, run, output);
  } catch (error) {
    drive.log.warn({ operation: id, run, error: String(error) }, 'the log of a step could not be kept');
  }
}
