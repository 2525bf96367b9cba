/** A node's power is cut before, in and after each step of a restore on the real Kolla Ansible, and comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cloud, CloudNode } from '../../lab/cloud-type.ts';
import { borrowLab, bringUp } from '../../lab/kolla/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, type Stack, startStackOn } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import { operationEvent } from '../../src/operation/events.ts';
import { type Operation, stuckAt } from '../../src/operation/operation.ts';
import { provenBy } from '../../src/runbooks/proven.ts';
import { type Actor, type Moment, type Troupe, troupeOf } from '../support/points.ts';
import {
  ALICE,
  approve,
  ask,
  askRestore,
  BOB,
  backOut,
  mostAdvanced,
  read,
  say,
  untilIs,
  waitsForPeople,
} from '../support/restores.ts';
import { type Scene, sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';

const LIVE = '/var/lib/docker/volumes/mariadb/_data';
const KEPT = '/var/lib/docker/kolla-backup';
/** How long a node stays without power (ms). */
const OFF_MS = 10_000;
const MEETING_MS = 900_000;
/** A recovery whose node is gone waits twelve minutes for the others before it fails (ms). */
const SETTLED_MS = 1_500_000;
const BACK_OUTS_MAX = 3;

type Cut = {
  readonly step: string;
  readonly moment: Moment;
  /** Which node, from 1; the first is the backup host. */
  readonly node: 1 | 2 | 3;
  /** How long after that moment (ms). */
  readonly later?: number;
};

/** The most dangerous first. A playbook is cut where it stops its nodes, and where the peers take their transfer. */
const CUTS: readonly Cut[] = [
  { step: 'swap-1', moment: 'in', node: 1 },
  { step: 'recover', moment: 'in', node: 1, later: 30_000 },
  { step: 'recover', moment: 'in', node: 2, later: 40_000 },
  { step: 'swap-1', moment: 'after', node: 1 },
  { step: 'recover', moment: 'after', node: 1 },
  { step: 'stop', moment: 'in', node: 2, later: 6_000 },
  { step: 'swap-2', moment: 'before', node: 2 },
  { step: 'recover', moment: 'in', node: 1, later: 8_000 },
  { step: 'stop', moment: 'after', node: 1 },
  { step: 'recover', moment: 'after', node: 2 },
  { step: 'swap-2', moment: 'in', node: 2 },
  { step: 'swap-2', moment: 'after', node: 2 },
  { step: 'swap-1', moment: 'before', node: 1 },
  { step: 'recover', moment: 'before', node: 1 },
  { step: 'stop', moment: 'in', node: 1, later: 6_000 },
  { step: 'stop', moment: 'before', node: 1 },
  { step: 'let-go-1', moment: 'before', node: 1 },
  { step: 'let-go-1', moment: 'in', node: 1 },
  { step: 'let-go-2', moment: 'after', node: 2 },
  { step: 'hold-1', moment: 'before', node: 1 },
  { step: 'hold-1', moment: 'in', node: 1 },
  { step: 'hold-2', moment: 'after', node: 2 },
  { step: 'trial', moment: 'in', node: 1 },
  { step: 'prepare', moment: 'in', node: 1 },
  { step: 'unpack', moment: 'in', node: 1 },
  { step: 'unpack', moment: 'after', node: 1 },
  { step: 'stage-2', moment: 'in', node: 2 },
];

let stack: Stack<Cloud>;
let scene: Scene;
let troupe: Troupe;
let wake: ReturnType<typeof redisWake>;
let actor: Actor;
let archive: { readonly path: string; readonly held: ReadonlyMap<string, string> };
const told: string[] = [];

beforeAll(async () => {
  stack = await startStackOn(() =>
    borrowLab({ release: process.env['KOLLA_BACKUP_CUTS'] || undefined, engine: 'docker', tell: console.log }),
  );
  scene = sceneOf(stack);
  wake = redisWake(scene.redis);
  troupe = troupeOf(stack);
  actor = await troupe.enter();
  const [node] = stack.cloud.nodes;
  const id = await ask(scene.journal, { kind: 'backup', type: 'full' }, CLOUD);
  await wake.drive(id);
  const taken = provenBy(await untilIs(scene.journal, id, ({ end }) => end !== null, 'the end of a backup'));
  if (taken === null) throw new Error('no backup');
  archive = { path: taken.path, held: await liveChecksums(node) };
}, 3_600_000);
afterAll(async () => {
  console.log(told.join('\n'));
  await troupe?.close();
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

const identity = async (node: CloudNode, path: string) => (await node.must(['stat', '-c', '%d:%i', path])).trim();

/** Where on its node a directory is now: live, or aside in the operation's own. */
async function placeOf(node: CloudNode, wanted: string): Promise<string | null> {
  const script = `for d in ${LIVE} ${KEPT}/*/*/data; do [ "$(stat -c %d:%i "$d")" = "$0" ] && [ -s "$d/ibdata1" ] && echo "$d"; done; true`;
  return (await node.must(['sh', '-c', script, wanted])).trim() || null;
}

/** Rings until it ended, or waits for people. */
async function settled(id: string): Promise<Operation> {
  const bell = setInterval(() => void wake.drive(id).catch(() => {}), 2_000);
  return until(
    async () => {
      const operation = await read(scene.journal, id);
      return operation.end !== null || stuckAt(operation) !== null ? operation : null;
    },
    'its end, or people to be asked',
    SETTLED_MS,
  ).finally(() => clearInterval(bell));
}

/** What people would press: the restart of a node that was left out, or else the way back. */
async function pressed(operation: Operation): Promise<string> {
  const names = offeredBackOuts(operation).map(({ id }) => id);
  const restarts = names.filter((name) => name.startsWith('restart.'));
  for (const [index, node] of stack.cloud.nodes.entries())
    if (restarts.includes(`restart.${index + 1}`)) {
      const status = await node.wsrep().catch(() => undefined);
      if (status?.['wsrep_local_state_comment'] !== 'Synced') return `restart.${index + 1}`;
    }
  const back = mostAdvanced(operation);
  return names.includes(back) ? back : (names.find((name) => !name.startsWith('restart.')) ?? '');
}

/** No program follows a recovery: a worker meets nothing after it, and is not frozen then. */
const isSeen = ({ moment, step }: Cut) => moment === 'after' && step === 'recover';

async function cut(id: string, one: Cut): Promise<void> {
  const { moment, step, node: number, later = 0 } = one;
  const machine = stack.cloud.nodes[number - 1];
  if (machine === undefined) throw new Error('no such node');
  if (isSeen(one)) {
    const ended = ({ attempts }: Operation) => attempts.get(step)?.at(-1)?.end != null;
    await untilIs(scene.journal, id, ended, `the end of ${step}`, MEETING_MS);
  } else await troupe.met(MEETING_MS);
  if (later > 0) {
    actor.process.kill('SIGCONT');
    await sleep(later);
  }
  console.log(`${moment} ${step}: ${machine.name} is cut off`);
  await machine.kill();
  actor.process.kill('SIGCONT');
  await sleep(OFF_MS);
  await machine.start();
}

/** What people were called for, in its order. */
async function toldOf(id: string): Promise<readonly string[]> {
  const found = await scene.journal.read(id);
  const records = found.state === 'sound' ? found.records : [];
  return records.flatMap(({ event }) => {
    const known = operationEvent.parse(event);
    return known.type === 'attention' ? [known.problem.code] : known.type === 'eased' ? ['eased'] : [];
  });
}

const nameOf = ({ moment, step, later, node }: Cut) =>
  `${moment} ${step}${later === undefined ? '' : ` +${later / 1000} s`}, node ${node}`;

test.each(CUTS.map((one, index) => ({ ...one, index, name: nameOf(one) })))('$name', async (one) => {
  const { journal } = scene;
  const { nodes } = stack.cloud;
  const [first] = nodes;
  const row = [one.name];
  const began = Date.now();
  let id = '';
  try {
    await bringUp();
    await first.sql(
      `CREATE OR REPLACE DATABASE later_${one.index}; CREATE TABLE later_${one.index}.t (a INT PRIMARY KEY)`,
    );
    const before = await liveChecksums(first);
    const old = await Promise.all(nodes.map((node) => identity(node, LIVE)));
    id = await askRestore(journal, archive.path);
    const prepares = /^(?:stage|unpack|prepare|trial)/.test(one.step);
    if (prepares) await troupe.place(one.moment, one.step, 'SIGSTOP');
    await wake.drive(id);
    if (prepares) await cut(id, one);
    const bell = setInterval(() => void wake.drive(id).catch(() => {}), 2_000);
    await untilIs(journal, id, waitsForPeople, 'a plan to approve', MEETING_MS).finally(() => clearInterval(bell));
    await approve(journal, id);
    if (!prepares && !isSeen(one)) await troupe.place(one.moment, one.step, 'SIGSTOP');
    await wake.drive(id);
    if (!prepares) await cut(id, one);
    let operation = await settled(id);
    for (let times = 0; operation.end === null && times < BACK_OUTS_MAX; times += 1) {
      const stuck = stuckAt(operation);
      const end = stuck?.attempt.end;
      const offered = offeredBackOuts(operation).map((back) => back.id);
      const name = await pressed(operation);
      row.push(
        `${stuck?.step.id} ${end?.outcome} ${end?.problem?.code ?? ''}; offers ${offered.join(' ')}; ${name} is pressed`,
      );
      if (name === '') break;
      await backOut(journal, id, name);
      await wake.drive(id);
      operation = await settled(id);
    }
    row.push(operation.end?.how ?? 'stuck', `told ${(await toldOf(id)).join(' ') || 'nothing'}`);
    await stack.cloud.synced();
    const places = await Promise.all(nodes.map((node, index) => placeOf(node, old[index] ?? '')));
    row.push(
      `old data ${places.map((place) => (place === LIVE ? 'live' : place === null ? 'LOST' : 'aside')).join(' ')}`,
    );
    expect(places).not.toContain(null);
    const wanted = operation.end?.how === 'succeeded' ? archive.held : before;
    for (const node of nodes) expect(await liveChecksums(node)).toEqual(wanted);
    expect(['succeeded', 'backed_out']).toContain(operation.end?.how);
  } catch (error) {
    row.push(`FAILED ${error instanceof Error ? error.message.slice(0, 600) : error}`);
    console.log(actor.log().slice(-3000));
    await abandoned(id);
    throw error;
  } finally {
    row.push(`${Math.round((Date.now() - began) / 1000)} s`);
    told.push(row.join(' | '));
    console.log(row.join(' | '));
  }
});

/** Makes room for the next one: the operation is given back, the holds go, and every machine is on. */
async function abandoned(id: string): Promise<void> {
  if (id !== '' && (await read(scene.journal, id)).end === null) {
    await say(scene.journal, id, () => ({ type: 'release_asked', by: ALICE, reason: 'a test' })).catch(console.log);
    await say(scene.journal, id, () => ({ type: 'released', by: BOB })).catch(console.log);
  }
  await troupe.close();
  await bringUp().catch(() => {});
  for (const node of stack.cloud.nodes) await node.exec(['rm', '-f', '/var/lib/kolla-backup/hold']);
  await bringUp();
  actor = await troupe.enter();
}
