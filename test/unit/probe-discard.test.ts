import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeDiscard } from '../../src/engine/probe-discard.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import { fold } from '../../src/operation/fold.ts';
import type { Journal, JournalRead } from '../../src/operation/journal.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { verifyChain } from '../../src/operation/record.ts';
import { awaitingSample, NODES, RESTORE } from '../support/restore-sample.ts';

/** What may be discarded of a restore that succeeded, a full having been proven since. */

function restored(): Operation {
  const story = awaitingSample();
  story.approve();
  story.begin();
  story.drive();
  story.succeed();
  return story.now();
}
const restore = restored();
const FULL = 'f'.repeat(20);
const full: Operation = { ...recordedBackup(), id: FULL, requestedAt: (restore.end?.at ?? 0) + 1 };
const journal: Pick<Journal, 'read' | 'recent'> = {
  read: async (id): Promise<JournalRead> => ({ state: 'sound', records: [], operation: id === FULL ? full : restore }),
  recent: async () => [{ id: FULL, at: 0 }],
};
/** A full backup as it was journaled. */
function recordedBackup(): Operation {
  const text = readFileSync(join(import.meta.dirname, '../fixtures/journals/0.1.0/BKP-1.jsonl'), 'utf8');
  const lines = text.trimEnd().split('\n');
  const verdict = verifyChain(
    lines.map((line): unknown => JSON.parse(line)),
    null,
  );
  const folded = verdict.ok ? fold(verdict.records) : null;
  return folded?.ok ? folded.operation : expect.fail('the journal of a backup');
}
const wish = { kind: 'discard' as const, restore: RESTORE, label: 'RST-7', reason: 'x' };
const nodes = (...names: readonly string[]) => names.map((name) => ({ name, address: 'x', engine: 'docker' as const }));

test('is on every node of the cloud, and not on one that was taken out of it for good', async () => {
  const kept = async (...names: readonly string[]) =>
    (await probeDiscard('prod', wish, nodes(...names), journal, async () => true)).kept.map(({ node }) => node);
  expect(await kept(...NODES)).toEqual(NODES);
  expect(await kept(...NODES.slice(0, 2), 'new-node')).toEqual(NODES.slice(0, 2));
  const refused = await kept('new-node').catch((error: unknown) => error);
  expect(refused instanceof KollaBackupError && refused.problem.code).toBe('NOTHING_KEPT');
});

test('is refused where the newer full was removed since: it could be the only other copy', async () => {
  const asked: string[] = [];
  const lies = async ({ path }: { readonly path: string }) => asked.push(path) < 0;
  const refused = await probeDiscard('prod', wish, nodes(...NODES), journal, lies).catch((error: unknown) => error);
  expect(refused instanceof KollaBackupError && refused.problem.code).toBe('DISCARD_NEEDS_FULL');
  expect(asked).toEqual([expect.stringMatching(/\.gz$/)]);
});
