import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forgetOld, REMEMBERED_MS } from '../../src/engine/forget.ts';
import { fold } from '../../src/operation/fold.ts';
import type { JournalRead } from '../../src/operation/journal.ts';
import { verifyChain } from '../../src/operation/record.ts';
import { type Bench, freshStep, openBench, shell, until } from '../support/run-directories.ts';

/** What hosts forget, on real run directories; the journals are one that was recorded, whole or cut. */

const lines = readFileSync(new URL('../fixtures/journals/0.1.0/BKP-1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const verdict = verifyChain(
  lines.map((line): unknown => JSON.parse(line)),
  null,
);
const records = verdict.ok ? verdict.records : [];
function journalAs(length: number): JournalRead {
  const folded = fold(records.slice(0, length));
  if (!folded.ok) throw new Error(folded.why);
  return { state: 'sound', records: records.slice(0, length), operation: folded.operation };
}
const ENDED = journalAs(records.length);
const endedAt = records.at(-1)?.at ?? 0;

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.end());

/** One operation on the host, its plan over or still open. */
async function onHost(over: boolean): Promise<string> {
  const step = freshStep();
  await bench.runs.open(step);
  await bench.runs.start(shell(bench, step, 'echo done'));
  await until(bench.runs, step, 'finished');
  if (over) await bench.runs.close(step);
  return step.operation;
}

async function forget(read: JournalRead, { now = endedAt + REMEMBERED_MS, recent = [] as string[] } = {}) {
  const journal = {
    now: async () => now,
    owner: async () => null,
    read: async () => read,
    restores: async () => [],
    recent: async () => recent.map((id) => ({ id, at: now - 1 })),
  };
  const hosts = { deploy: bench.host, node: () => bench.host, runs: () => bench.runs };
  await forgetOld({ journal, hosts, log: pino({ level: 'silent' }) }, ['deploy']);
}
const remembered = () => readdir(bench.base);

test('an operation that ended long ago is forgotten, one that ended yesterday is not', async () => {
  const id = await onHost(true);
  await forget(ENDED, { now: endedAt + REMEMBERED_MS - 1 });
  expect(await remembered()).toContain(id);
  await forget(ENDED);
  expect(await remembered()).not.toContain(id);
});

test.each([
  ['it has not ended', () => journalAs(records.length - 1)],
  ['its journal is gone', (): JournalRead => ({ state: 'missing' })],
  ['its journal does not hold', (): JournalRead => ({ state: 'broken', flaw: { seq: 1, flaw: 'mac' }, lines: [] })],
])('nothing is forgotten while %s', async (_, read) => {
  const id = await onHost(true);
  await forget(read());
  expect(await remembered()).toContain(id);
});

test('a plan that is open is not forgotten, nor is what Redis lists as young', async () => {
  const open = await onHost(false);
  const young = await onHost(true);
  await forget(ENDED, { recent: [young] });
  expect(await remembered()).toEqual(expect.arrayContaining([open, young]));
});
