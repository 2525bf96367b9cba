import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/kolla/ansible-run.ts';
import { wholeCluster } from '../../src/kolla/galera.ts';
import { judgeRecovery } from '../../src/kolla/recovery-result.ts';
import { judgeStop } from '../../src/kolla/stop-result.ts';
import { advance } from '../../src/operation/advance.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { type Attempts, mayBeGone, type Operation } from '../../src/operation/operation.ts';
import type { Plan, Step } from '../../src/operation/plan.ts';
import { waysOut } from '../../src/runbooks/ways-out.ts';
import { alertCard } from '../../src/slack/cards/alerts.ts';
import { approvalCard } from '../../src/slack/cards/approval-card.ts';
import { BACK_OUTS_SHOWN } from '../../src/slack/cards/buttons.ts';
import { endLines } from '../../src/slack/cards/ends.ts';
import { milestoneOf } from '../../src/slack/cards/milestones.ts';
import { goneModal, restoreModal } from '../../src/slack/cards/modals.ts';
import { rootCard } from '../../src/slack/cards/root.ts';
import { attention } from '../../src/slack/cards/trouble-milestones.ts';
import { faults } from '../../src/slack/limits.ts';
import { recorded } from '../support/fixtures.ts';
import { largeExecution, largeFacts, nameOf } from '../support/large-cloud.ts';
import { awaitingSample, NODES } from '../support/restore-sample.ts';

/** A node that is gone: what Kolla did then, who may say so, and what is offered and told. */

const [FIRST, SECOND, THIRD] = NODES;
const UUID = '5ffef8dc-e907-11f1-848a-6ee6f332f22d';
const LAB = [`${FIRST}.local`, `${SECOND}.local`] as const;
const exit = (code: number) => ({ code, signal: null });

describe('what the real Kolla did while a node was off', () => {
  test.each([
    ['bash/95a-stop-with-a-node-off.log', 4],
    ['bash/95b-stop-limited-without-a-node-off.log', 4],
  ])('nothing was stopped: %s', (name, code) => {
    expect(judgeStop(readRun(recorded(name)), exit(code), LAB)).toMatchObject({ kind: 'failed' });
  });
  test('nothing was recovered with --limit', () => {
    const run = readRun(recorded('bash/95c-recovery-limited-without-a-node-off.log'));
    expect(judgeRecovery(run, exit(2), { nodes: LAB, host: LAB[0] })).toMatchObject({
      kind: 'failed',
      bootstrapped: false,
    });
  });
  test.each(['bash/96a-stop-without-a-node-off.log', 'cliff/96a-stop-without-a-node-off.txt'])(
    'with an inventory that lacks it the others were stopped: %s',
    (name) => {
      expect(judgeStop(readRun(recorded(name)), exit(0), LAB)).toEqual({ kind: 'stopped', changed: LAB, others: [] });
    },
  );
  test.each(['bash/96b-recovery-without-a-node-off.log', 'cliff/96b-recovery-without-a-node-off.txt'])(
    'and recovered: %s',
    (name) => {
      const result = judgeRecovery(readRun(recorded(name)), exit(0), { nodes: LAB, host: LAB[0] });
      expect(result).toEqual({ kind: 'recovered', bootstrapped: true });
    },
  );
  test('where nobody took over the address of the service, recovery failed at its last task', () => {
    const run = readRun(recorded('bash/96c-recovery-without-the-node-that-has-the-vip.log'));
    const nodes = [`${SECOND}.local`, `${THIRD}.local`];
    expect(judgeRecovery(run, exit(2), { nodes, host: nodes[0] ?? '' })).toMatchObject({
      problem: { code: 'RECOVERY_FAILED' },
      bootstrapped: true,
    });
  });
});

test('a cluster may have the node that was gone again, and nobody else', () => {
  const of = (size: string) =>
    [FIRST, SECOND].map((node) => ({
      node,
      status: {
        wsrep_cluster_status: 'Primary',
        wsrep_local_state_comment: 'Synced',
        wsrep_ready: 'ON',
        wsrep_connected: 'ON',
        wsrep_cluster_size: size,
        wsrep_cluster_state_uuid: UUID,
        wsrep_local_state_uuid: UUID,
      },
    }));
  expect([2, 3, 4].map((size) => wholeCluster(of(String(size)), { gone: 1 }) === null)).toEqual([true, true, false]);
  expect([1, 2, 3].map((size) => wholeCluster(of(String(size))) === null)).toEqual([false, true, false]);
});

/** A restore that was begun; `hold-3` was sent, and its node doesn't answer. */
function silent() {
  const story = awaitingSample();
  story.approve();
  story.begin();
  story.drive('hold-3');
  story.start(story.step('hold-3'));
  story.tell({
    type: 'attention',
    claim: story.now().claim?.claim ?? '',
    problem: { code: 'HOST_OUT_OF_SIGHT', params: { host: THIRD, reason: 'no route to host' } },
  });
  return story;
}
const asked = { type: 'gone_asked', by: 'U0ALICE', host: THIRD, reason: 'its power supply burnt' } as const;
const agreed = (by: string, host: string = THIRD): OperationEvent => ({ type: 'gone', by, host });

describe('two persons declare a node gone', () => {
  test('the one that is waited for, and no other', () => {
    const story = silent();
    expect(mayBeGone(story.now())).toEqual([THIRD]);
    expect(illegal(story.now(), { ...asked, host: SECOND })).not.toBeNull();
    expect(illegal(story.now(), agreed('U0BOB'))).toBe('nobody asked');
    story.tell(asked);
    expect(illegal(story.now(), agreed('U0ALICE'))).toMatch(/two persons/);
    expect(illegal(story.now(), agreed('U0BOB', SECOND))).not.toBeNull();
    story.tell(agreed('U0BOB'));
    expect(story.now().gone).toMatchObject([{ host: THIRD, by: ['U0ALICE', 'U0BOB'] }]);
    expect(mayBeGone(story.now())).toEqual([]);
    expect(illegal(story.now(), asked)).not.toBeNull();
  });
  test('not by a word from before it answered again', () => {
    const story = silent();
    const claim = story.now().claim?.claim ?? '';
    const again = story.told.findLast(({ event }) => event.type === 'attention')?.event ?? expect.fail('no attention');
    story.tell(asked);
    story.tell({ type: 'eased', claim });
    expect(illegal(story.now(), agreed('U0BOB'))).toBe('nobody asked');
    story.tell(again);
    expect(illegal(story.now(), agreed('U0BOB'))).toBe('nobody asked');
    story.tell(asked);
    expect(illegal(story.now(), agreed('U0BOB'))).toBeNull();
  });
  test('never before anything was stopped, or where nothing is missing', () => {
    expect(illegal(awaitingSample().now(), asked)).not.toBeNull();
    const story = awaitingSample();
    story.approve();
    story.begin();
    story.drive('hold-3');
    expect(illegal(story.now(), asked)).not.toBeNull();
  });
  test('then ways back without it come first, and those without another node are not offered', () => {
    const story = silent();
    story.tell(asked);
    story.tell(agreed('U0BOB'));
    story.unclear(story.step('hold-3'));
    const now = withWays(story.now());
    expect(offeredBackOuts(now)[0]?.id).toBe('way-back.1.without.3');
    expect(offeredBackOuts(now).map(({ id }) => id)).not.toContain('way-back.1.without.2');
    expect(offeredBackOuts({ ...now, gone: [] }).filter((one) => one.without)).toEqual([]);
  });
});

describe('what is offered while a node is gone', () => {
  const offered = (operation: Operation) => offeredBackOuts(operation).map(({ id }) => id);
  /** Everything before a step has worked, and it hasn't. */
  function drivenTo(steps: readonly Step[], failed: string): Attempts {
    const ended = (outcome: 'worked' | 'failed') => ({
      ...{ attempt: 1, startedAt: 1, before: [] },
      end: { at: 2, outcome, exit: null, after: [], problem: null },
    });
    const until = steps.findIndex(({ id }) => id === failed);
    return new Map(steps.slice(0, until + 1).map(({ id }) => [id, [ended(id === failed ? 'failed' : 'worked')]]));
  }
  /** Five nodes of which the third is gone (and `others`), the plan being stuck where the cluster is to be whole. */
  function stuck(step: string, others: readonly string[] = []) {
    const plan = largeExecution(largeFacts(5, 1));
    const story = silent();
    const gone = [nameOf(3), ...others].map((host) => ({ host, by: ['U0ALICE', 'U0BOB'] as const, at: 1 }));
    const attempts = drivenTo(plan.steps, step);
    const track = { number: plan.number, kind: 'plan' as const, steps: plan.steps, backOut: null };
    const operation: Operation = {
      ...{ ...story.now(), gone, attention: null, past: [], track, attempts },
      plan: { plan, digest: 'd'.repeat(64), at: 1 },
    };
    return operation;
  }

  test('what needs nothing of it comes first, and the card has room for that', () => {
    const ids = offered(stuck('confirm-cluster'));
    expect(ids.slice(0, 4)).toEqual([1, 2, 4, 5].map((from) => `way-back.${from}.without.3`));
    const shown = ids.slice(0, BACK_OUTS_SHOWN);
    expect(shown).toEqual(expect.arrayContaining(['restart.1', 'restart.2', 'restart.4', 'restart.5', 'try-again']));
    expect(ids.indexOf('restart.3')).toBeGreaterThan(ids.indexOf('restart.5'));
    expect(ids).toHaveLength(15);
  });

  test('cards of so many nodes and ways out are ones that Slack takes, the ways without it on buttons', () => {
    for (const step of ['stop', 'hold-4', 'swap-2', 'recover', 'confirm-cluster', 'confirm-databases']) {
      const operation = { ...stuck(step), facts: largeFacts(5, 31) };
      const problem = { code: 'HOST_OUT_OF_SIGHT', params: { host: nameOf(3), reason: 'x'.repeat(500) } };
      const waiting = { ...operation, attention: { problem, at: 1 } };
      const root = rootCard(waiting, { progress: null, now: waiting.headAt + 1 });
      const told = attention(problem, waiting).message;
      for (const card of [root, told, alertCard(waiting, '<@U0BOB>'), approvalCard(waiting, [])])
        expect(faults(card), step).toEqual([]);
      for (const card of [root, told]) expect(JSON.stringify(card.blocks)).toContain('way-back.1.without.3');
    }
  });

  test('a way back from a node that is behind comes after the one that has most, of each kind', () => {
    const before = stuck('recover');
    const held = (seqno: string) => ({
      check: 'reported' as const,
      answer: { report: { state: 'held', position: { uuid: UUID, seqno, safe_to_bootstrap: '0' } }, problem: null },
    });
    const attempts = new Map(before.attempts);
    for (const [index, seqno] of ['7', '7', '6', '9', '8'].entries()) {
      const id = `hold-${index + 1}`;
      const [one] = attempts.get(id) ?? [];
      if (one?.end) attempts.set(id, [{ ...one, end: { ...one.end, after: [held(seqno)] } }]);
    }
    const ids = waysOut({ ...before, attempts }).map(({ id }) => id);
    expect(ids.slice(0, 4)).toEqual([4, 1, 2, 5].map((from) => `way-back.${from}.without.3`));
    // What isn't known of one hides nothing of what is known of others.
    const unknown = new Map(attempts);
    unknown.delete('hold-5');
    const rest = waysOut({ ...before, attempts: unknown }).map(({ id }) => id);
    expect(rest.slice(0, 2)).toEqual([4, 5].map((from) => `way-back.${from}.without.3`));
    expect(rest.indexOf('way-back.1.without.3')).toBeGreaterThan(1);
  });

  test('once a second one was declared, perhaps for the first by mistake, the ways back without either', () => {
    const ids = offered(stuck('recover', [nameOf(4)]));
    expect(ids).toEqual(expect.arrayContaining(['way-back.1.without.3', 'way-back.1.without.4']));
    expect(ids).not.toContain('way-back.1.without.5');
    // What would have to reach the other one comes after what reaches neither.
    expect(ids.indexOf('recover-again')).toBeGreaterThan(ids.indexOf('way-back.4.without.3'));
  });

  /** The plan’s recovery has failed, and then that step of a way back. */
  function inWayBack(id: string, failed: string): Operation {
    const before = stuck('recover');
    const way = before.plan?.plan.backOuts.find((one) => one.id === id) ?? expect.fail('no way');
    const track = { number: 3, kind: 'back_out' as const, steps: way.steps, backOut: way };
    const past = before.track === null ? [] : [{ track: before.track, attempts: before.attempts }];
    return { ...before, track, past, attempts: drivenTo(way.steps, failed) };
  }

  test('a way back whose recovery failed itself, for that holds its own node last', () => {
    const ids = offered(inWayBack('way-back.2', 'recover'));
    expect(ids).toContain('way-back.2');
    expect(ids).not.toContain('recover-again');
  });

  test('the step of a way back that did not work once more, whichever it is and where it begins', () => {
    for (const [id, failed] of [
      ['way-back.1', 'hold-2'],
      ['way-back.2', 'hold-1'],
      ['way-back.2.without.1', 'hold-4'],
      ['way-back.2.without.1', 'swap-5'],
      ['way-back.2.without.1', 'confirm-cluster'],
    ] as const)
      expect(offered(inWayBack(id, failed)), `${id} at ${failed}`).toContain('try-again');
    for (const failed of ['make-inventory', 'recover'])
      expect(offered(inWayBack('way-back.2.without.1', failed))).not.toContain('try-again');
    expect(offered(stuck('stop'))).not.toContain('try-again');
    expect(offered(stuck('hold-2'))).toContain('try-again');
  });

  test('nothing that would reach for it while a way back leaves it out', () => {
    const ids = (failed: string) => offered(inWayBack('way-back.1.without.3', failed));
    expect(ids('confirm-cluster')).toEqual(expect.arrayContaining(['way-back.2.without.3', 'restart.2']));
    expect(ids('confirm-cluster')).not.toContain('restart.3');
  });
});

/** The same with the ways back that a plan has for a node that dies. */
function withWays(operation: Operation): Operation {
  const [first] = operation.plan?.plan.backOuts ?? [];
  if (operation.plan === null || first === undefined) throw new Error('no back-outs');
  const without = (node: string, number: number) => ({
    ...first,
    id: `way-back.1.without.${number}`,
    steps: first.steps.filter(({ host }) => host !== node),
    without: [node],
  });
  const plan: Plan = {
    ...operation.plan.plan,
    backOuts: [...operation.plan.plan.backOuts, without(SECOND, 2), without(THIRD, 3)],
  };
  return { ...operation, plan: { ...operation.plan, plan } };
}

describe('people read what it means', () => {
  const without = (operation: Operation): Operation => {
    const { wish, facts } = operation;
    if (wish.kind !== 'restore' || facts === null) throw new Error('no restore');
    const gone = [{ name: THIRD, address: '10.0.0.13' }];
    const nodes = facts.nodes.filter(({ name }) => name !== THIRD);
    return { ...operation, wish: { ...wish, without: [THIRD] }, facts: { ...facts, gone, nodes } };
  };
  test('on the card that is approved: excluded, no redundancy, its data overwritten', () => {
    const card = approvalCard(without(awaitingSample().now()), []);
    const said = JSON.stringify(card);
    expect(faults(card)).toEqual([]);
    for (const one of [
      /hardcore-rodent is excluded/,
      /Redundancy is missing/,
      /old data is overwritten/,
      /all its nodes but hardcore-rodent/,
    ])
      expect(said).toMatch(one);
    expect(JSON.stringify(approvalCard(awaitingSample().now(), []))).not.toMatch(/excluded|Redundancy/);
  });
  test('at the end, until it has rejoined', () => {
    const story = awaitingSample();
    const ended = { how: 'succeeded', at: 1 } as const;
    expect(JSON.stringify(endLines({ ...without(story.now()), end: ended }))).toMatch(
      /Redundancy missing: hardcore-rodent/,
    );
    expect(JSON.stringify(endLines({ ...story.now(), end: ended }))).not.toMatch(/Redundancy/);
    const last = (operation: Operation) =>
      JSON.stringify(milestoneOf({ type: 'succeeded', claim: 'c'.repeat(20) }, { ...operation, end: ended }));
    expect(last(without(story.now()))).toMatch(/Take a full backup once hardcore-rodent is back/);
    expect(last(story.now())).toMatch(/Take a full backup now/);
  });
  test('also where it died on the way, and a way back left it out: with what may still hold it', () => {
    const { facts, ...story } = awaitingSample().now();
    const [way] = story.plan?.plan.backOuts ?? [];
    if (way === undefined) throw new Error('no way back');
    const backOut = { ...way, without: [THIRD] };
    const said = JSON.stringify(endLines({ ...story, facts, end: { how: 'backed_out', at: 1, backOut } }));
    expect(said).toMatch(/Redundancy missing: hardcore-rodent.*2 nodes are left/);
    expect(said).toContain('90-kolla-backup-hold.conf');
    expect(JSON.stringify(endLines({ ...story, facts, end: { how: 'backed_out', at: 1, backOut: way } }))).not.toMatch(
      /Redundancy|hold.conf/,
    );
  });
  test('not to start its container where a recovery had begun from it and is not known to have ended', () => {
    const story = awaitingSample();
    story.approve();
    story.begin();
    story.drive('recover');
    const [way] = story.now().plan?.plan.backOuts ?? [];
    const ended = (without: string) => {
      const backOut = { ...(way ?? expect.fail('no way back')), without: [without] };
      return JSON.stringify(endLines({ ...story.now(), end: { how: 'backed_out', at: 1, backOut } }));
    };
    const anew = /Do not start its container.*remove its container.*kolla-ansible deploy --tags mariadb/;
    expect(ended(FIRST)).toMatch(/Start it when it may lose/);
    story.start(story.step('recover'));
    expect(ended(FIRST)).toMatch(anew);
    expect(ended(FIRST)).not.toMatch(/Start it when|start it again/);
    expect(ended(THIRD)).not.toMatch(anew);
    story.end(story.step('recover'), 1, 'failed');
    story.backOut('way-back.2');
    story.drive('recover');
    expect(ended(FIRST)).toMatch(anew);
    expect(ended(SECOND)).not.toMatch(anew);
    story.drive();
    expect(ended(SECOND)).not.toMatch(anew);
  });
  test('when somebody says that it is gone: ways back only where some were approved, of exactly what is gone', () => {
    const story = silent();
    story.tell(asked);
    const before = story.now();
    const ways = withWays(before);
    const second = { ...ways, gone: [{ host: SECOND, by: ['U0ALICE', 'U0BOB'] as const, at: 1 }] };
    for (const [operation, promised, other] of [
      [ways, /ways back without it are offered/, /no way back/],
      [before, /no way back without it was approved.*Bring it back; or release/, /are offered/],
      [second, new RegExp(`no way back without ${SECOND} and ${THIRD} was.*Bring one of them`), /are offered/],
    ] as const) {
      const reply = milestoneOf(asked, operation)?.message ?? expect.fail('no reply');
      const button = rootCard(operation, { progress: null, now: 1 }).blocks.find(
        (one) => one.block_id === 'gone-actions',
      );
      for (const said of [reply.blocks?.slice(0, 1), button, goneModal(operation)].map((one) => JSON.stringify(one))) {
        expect(said).toMatch(promised);
        expect(said).not.toMatch(other);
      }
      expect(faults(reply)).toEqual([]);
    }
  });
  test('in forms that Slack takes', () => {
    const form = { cloud: 'prod', archives: [], chosen: null, now: 0 };
    expect(JSON.stringify(restoreModal({ ...form, nodes: NODES }))).toMatch(/A node that is gone/);
    expect(JSON.stringify(restoreModal({ ...form, nodes: NODES.slice(0, 2) }))).not.toMatch(/A node that is gone/);
    expect(JSON.stringify(goneModal(silent().now()))).toMatch(THIRD);
  });
});

test('a journal from before nodes could be gone is read as ever', () => {
  const { told } = awaitingSample();
  const folded = told.reduce<Operation | null>(
    (operation, { event, operation: after }) =>
      advance(operation, event, { operation: after.id, ...after.head, at: after.headAt }),
    null,
  );
  expect(folded).toMatchObject({ gone: [], goneAsked: null });
});
