/** The second half of the story: the data is destroyed, and two people bring it back. */
import type { Cloud, CloudNode } from './cloud-type.ts';
import { liveChecksums } from './mini/open-archive.ts';
import type { MessageJson } from './slack/control-type.ts';
import { CHANNEL, CLOUD, type Stack } from './stack.ts';
import { expect, type Tell, words } from './story.ts';

/** How long one part may take until people would worry (ms). */
const PATIENCE_MS = 600_000;
const ANSWER_MS = 20_000;
/** Stop, swap, recovery and the wait for every node: the real ones take their time. */
const EXECUTION_MS = 900_000;
/** How often a node that was left out is restarted. */
const RESTARTS_MAX = 2;
const KEPT = '/var/lib/docker/kolla-backup';

/** `before` is what every table was when the archive was taken. */
export async function restoreStory(
  { slack, cloud }: Stack<Cloud>,
  tell: Tell,
  before: ReadonlyMap<string, string>,
): Promise<{ root: MessageJson | null; exported: string }> {
  const [node] = cloud.nodes;
  const root = () => slack.messages(CHANNEL).find(({ text }) => text.includes('RST-1 ')) ?? null;
  const thread = () => {
    const found = root();
    return found === null ? [] : slack.thread(CHANNEL, found.ts);
  };
  const said = () =>
    thread()
      .map(({ text, blocks }) => words(text, blocks ?? []))
      .join('\n');
  const seen = async (pattern: RegExp) => {
    if (!(await slack.until(() => pattern.test(said()), PATIENCE_MS)))
      throw new Error(`never seen: ${pattern}\n${said()}`);
  };
  /** The message in the thread that carries a button. */
  const withButton = (action: string) => {
    const found = thread().findLast(({ blocks }) => JSON.stringify(blocks ?? []).includes(`"action_id":"${action}"`));
    if (found === undefined) throw new Error(`no button ${action} in the thread:\n${said()}`);
    return { channel: slack.channel(CHANNEL).id, ts: found.ts };
  };
  const heard = async (who: string, act: () => Promise<unknown>) => {
    const until = slack.ephemerals(who).length;
    await act();
    await slack.until(() => slack.ephemerals(who).length > until, ANSWER_MS);
    return slack
      .ephemerals(who)
      .slice(until)
      .map((one) => words(one.text, one.blocks ?? []))
      .join('\n');
  };

  /** Clicks Approve; whether a form was opened. What is told in threads meanwhile is no answer. */
  const opensForm = async (who: string) => {
    const until = slack.ephemerals(who).length;
    await slack.click(who, withButton('approve'), 'approve', undefined, { waitMs: ANSWER_MS });
    await slack.until(() => slack.view(who) !== null || slack.ephemerals(who).length > until, ANSWER_MS);
    return slack.view(who) !== null;
  };

  let oldUuid = '';
  await tell('somebody drops the database of Nova and empties Keystone’s projects', async () => {
    oldUuid = (await node.wsrep())?.['wsrep_cluster_state_uuid'] ?? '';
    await node.sql("DROP DATABASE nova; CREATE DATABASE nova; DELETE FROM keystone.project WHERE name LIKE 'tenant-%'");
  });
  await tell('Alice asks for a restore, and chooses the archive that was proven', async () => {
    const opened = await slack.slash('alice', CHANNEL, '/kolla-backup', 'restore', { waitMs: ANSWER_MS });
    if (opened.view === null) throw new Error(`no form was opened: ${JSON.stringify(opened.said)}`);
    const option = /"value":"([^"]+)"/.exec(JSON.stringify(opened.view.blocks))?.[1] ?? '';
    const fields = { archive: option, reason: 'Nova’s database was dropped', older: ['older'] };
    const answer = await heard('alice', async () => {
      const { outcome, errors } = await slack.submit('alice', fields);
      if (outcome !== 'closed') throw new Error(`${outcome} ${JSON.stringify(errors)}`);
    });
    expect(answer, /RST-1/);
    await seen(/RST-1/);
  });
  await tell('the copy is unpacked, prepared, tried, and the plan stands in the thread with its card', async () => {
    await slack.until(() => JSON.stringify(thread()).includes('"action_id":"approve"'), PATIENCE_MS);
    withButton('approve');
    await node.must(['docker', 'inspect', '-f', '{{.State.Running}}', 'mariadb']);
  });
  for (const [who, why] of [
    ['alice', /asked for|requester|cannot approve/i],
    ['carol', /may not|not.*(?:approver|allowed|among)/i],
    ['gus', /guest/i],
  ] as const)
    await tell(`the approval of ${who} is refused`, async () => {
      const answer = await heard(who, async () => {
        if (await opensForm(who)) await slack.submit(who, { name: CLOUD });
      });
      expect(answer, why);
    });
  await tell('Bob reads the plan, types the cloud’s name and approves', async () => {
    if (!(await opensForm('bob'))) throw new Error('no form was opened');
    const { outcome, errors } = await slack.submit('bob', { name: CLOUD });
    if (outcome !== 'closed') throw new Error(`${outcome} ${JSON.stringify(errors)}`);
  });
  await tell('that MariaDB is being stopped stands in the thread', () => seen(/being stopped now/i));
  await tell('stop, swap, recovery: the restore succeeds', async () => {
    // The real recovery leaves a node out now and then: then people press the button that restarts it.
    for (let restarts = 0; restarts <= RESTARTS_MAX; restarts += 1) {
      await slack.until(() => /succeeded|needs attention|failed/i.test(root()?.text ?? ''), EXECUTION_MS);
      if (!/needs attention/i.test(root()?.text ?? '') || restarts === RESTARTS_MAX) break;
      const action = await restartOf(cloud.nodes);
      await slack.click('bob', withButton(action), action, undefined, { waitMs: ANSWER_MS });
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
      const kept = await one.must(['sh', '-c', `cat ${KEPT}/*/*/data/grastate.dat; ls ${KEPT}/*/*/data/ibdata1`]);
      if (!kept.includes(oldUuid)) throw new Error(`${one.name}: ${kept}`);
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
