import { expect, test } from 'vitest';
import { probeDiscard } from '../../src/engine/probe-discard.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Journal, JournalRead } from '../../src/operation/journal.ts';
import type { Operation } from '../../src/operation/operation.ts';
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
const full: Operation = {
  ...restore,
  ...{ id: FULL, label: 'BKP-9', wish: { kind: 'backup', type: 'full' }, requestedAt: (restore.end?.at ?? 0) + 1 },
  end: { how: 'succeeded', at: (restore.end?.at ?? 0) + 2 },
};
const journal: Pick<Journal, 'read' | 'recent'> = {
  read: async (id): Promise<JournalRead> => ({ state: 'sound', records: [], operation: id === FULL ? full : restore }),
  recent: async () => [{ id: FULL, at: 0 }],
};
const wish = { kind: 'discard' as const, restore: RESTORE, label: 'RST-7', reason: 'x' };
const nodes = (...names: readonly string[]) => names.map((name) => ({ name, address: 'x', engine: 'docker' as const }));

test('is on every node of the cloud, and not on one that was taken out of it for good', async () => {
  const kept = async (...names: readonly string[]) =>
    (await probeDiscard('prod', wish, nodes(...names), journal)).kept.map(({ node }) => node);
  expect(await kept(...NODES)).toEqual(NODES);
  expect(await kept(...NODES.slice(0, 2), 'new-node')).toEqual(NODES.slice(0, 2));
  const refused = await kept('new-node').catch((error: unknown) => error);
  expect(refused instanceof KollaBackupError && refused.problem.code).toBe('NOTHING_KEPT');
});
