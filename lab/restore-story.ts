/** The second half of the story: the data is destroyed, and two people bring it back. */
import type { Cloud, CloudNode } from './cloud-type.ts';
import { liveChecksums } from './mini/open-archive.ts';
import { restorePeople } from './restore-people.ts';
import type { MessageJson } from './slack/control-type.ts';
import { CHANNEL, CLOUD, type Stack } from './stack.ts';
import { expect, type Tell } from './story.ts';

const ANSWER_MS = 20_000;
/** Stop, swap, recovery and the wait for every node: the real ones take their time. */
const EXECUTION_MS = 900_000;
/** How often a node that was left out is restarted. */
const RESTARTS_MAX = 2;

/** `before` is what every table was when the archive was taken. */
export async function restoreStory(
  { slack, cloud }: Stack<Cloud>,
  tell: Tell,
  before: ReadonlyMap<string, string>,
): Promise<{ root: MessageJson | null; exported: string }> {
  const [node] = cloud.nodes;
  const { kept } = cloud.engine;
  const { ask, heard, thread } = restorePeople(slack);
  const { root, seen, offers, click, approve } = thread('RST-1');

  let oldUuid = '';
  await tell('somebody drops the database of Nova and empties Keystone’s projects', async () => {
    oldUuid = (await node.wsrep())?.['wsrep_cluster_state_uuid'] ?? '';
    await node.sql("DROP DATABASE nova; CREATE DATABASE nova; DELETE FROM keystone.project WHERE name LIKE 'tenant-%'");
  });
  await tell('Alice asks for a restore, and chooses the archive that was proven', async () => {
    expect(await ask('alice', 'Nova’s database was dropped'), /RST-1/);
    await seen(/RST-1/);
  });
  await tell('the copy is unpacked, prepared, tried, and the plan stands in the thread with its card', async () => {
    await offers('approve');
    await node.must([cloud.engine.name, 'inspect', '-f', '{{.State.Running}}', 'mariadb']);
  });
  for (const [who, why] of [
    ['alice', /asked for|requester|cannot approve/i],
    ['carol', /may not|not.*(?:approver|allowed|among)/i],
    ['gus', /guest/i],
  ] as const)
    await tell(`the approval of ${who} is refused`, async () => {
      expect(await heard(who, () => approve(who, CLOUD)), why);
    });
  await tell('Bob reads the plan, types the cloud’s name and approves', async () => {
    const submitted = await approve('bob', CLOUD);
    if (submitted?.outcome !== 'closed') throw new Error(`not taken: ${JSON.stringify(submitted)}`);
  });
  await tell('that MariaDB is being stopped stands in the thread', () => seen(/being stopped now/i));
  await tell('stop, swap, recovery: the restore succeeds', async () => {
    // The real recovery leaves a node out now and then: then people press the button that restarts it.
    for (let restarts = 0; restarts <= RESTARTS_MAX; restarts += 1) {
      await slack.until(() => /succeeded|needs attention|failed/i.test(root()?.text ?? ''), EXECUTION_MS);
      if (!/needs attention/i.test(root()?.text ?? '') || restarts === RESTARTS_MAX) break;
      await click('bob', await restartOf(cloud.nodes));
      await slack.until(() => !/needs attention/i.test(root()?.text ?? ''), ANSWER_MS);
    }
    expect(root()?.text ?? '', /succeeded/i);
  });
  await tell('each of the three nodes is Synced, in a cluster with a new UUID', async () => {
    await cloud.synced();
    for (const one of cloud.nodes)
      if ((await one.wsrep())?.['wsrep_cluster_state_uuid'] === oldUuid)
        throw new Error(`${one.name} has the old UUID`);
  });
  await tell('every table on each node is what it was when the backup was taken', async () => {
    for (const one of cloud.nodes) {
      const now = await liveChecksums(one);
      const differing = [...before].filter(([table, sum]) => now.get(table) !== sum).map(([table]) => table);
      if (differing.length > 0 || now.size !== before.size) throw new Error(`${one.name}: ${differing.join(', ')}`);
    }
  });
  await tell('the old datadirs are whole, beside the new ones, on all three', async () => {
    for (const one of cloud.nodes) {
      const told = await one.must(['sh', '-c', `cat ${kept}/*/*/data/grastate.dat; ls ${kept}/*/*/data/ibdata1`]);
      if (!told.includes(oldUuid)) throw new Error(`${one.name}: ${told}`);
    }
  });
  let exported = '';
  await tell('the thread of the restore is audited, and verifies', async () => {
    await slack.slash('alice', CHANNEL, '/kolla-backup', 'audit RST-1', { waitMs: ANSWER_MS });
    await seen(/verifies/i);
    exported =
      slack
        .files()
        .find(({ name }) => name === 'RST-1.jsonl')
        ?.content?.toString() ?? '';
    if (exported === '') throw new Error('no journal was attached');
  });
  return { root: root(), exported };
}

/** The button that restarts the first node that is no member. */
async function restartOf(nodes: readonly CloudNode[]): Promise<string> {
  for (const [index, node] of nodes.entries())
    if ((await node.wsrep())?.['wsrep_local_state_comment'] !== 'Synced') return `back_out:restart.${index + 1}`;
  throw new Error('it needs attention though every node is Synced');
}
