import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drive } from './drive.ts';

/** Keeps a step's redacted output as a file on the worker, and its end in Redis for the thread; each without the other. */
export async function saveLog(drive: Drive, run: string, output: string): Promise<void> {
  const { id, label } = drive.operation();
  const kept = await Promise.allSettled([
    keepFile(drive.logDirectory, `${label}-${id}-${run}.log`, output),
    drive.notes.setLog(id, run, output),
  ]);
  for (const one of kept) {
    if (one.status === 'rejected')
      drive.log.warn({ operation: id, run, error: String(one.reason) }, 'the log of a step could not be kept');
  }
}

async function keepFile(directory: string, name: string, output: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, name), output, { mode: 0o600 });
}
