import { describe, expect, test } from 'vitest';
import { words } from '../../lab/story.ts';
import { advance } from '../../src/operation/advance.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { lookAgain } from '../../src/runbooks/remedies.ts';
import { alertCard, stoppingCard } from '../../src/slack/cards/alerts.ts';
import { cancelledCard } from '../../src/slack/cards/answers.ts';
import { approvalCard } from '../../src/slack/cards/approval-card.ts';
import { BACK_OUTS_SHOWN } from '../../src/slack/cards/buttons.ts';
import { endLines } from '../../src/slack/cards/ends.ts';
import { milestoneOf } from '../../src/slack/cards/milestones.ts';
import { approveModal } from '../../src/slack/cards/modals.ts';
import { planFile } from '../../src/slack/cards/plan-file.ts';
import { drops, undone } from '../../src/slack/cards/reports.ts';
import { rootCard } from '../../src/slack/cards/root.ts';
import { warnings } from '../../src/slack/cards/stakes.ts';
import { faults, type Message, viewFaults } from '../../src/slack/limits.ts';
import { approval, CARD_AT, DRIVER, tell, waitingRestore } from '../support/restore-journal.ts';
import { WAIT_MS } from '../support/restore-plans.ts';
import {
  awaitingSample,
  NEW_UUID,
  NODES,
  OLD_UUID,
  restoreSample,
  staged,
  type Told,
} from '../support/restore-sample.ts';

const [, BOBCAT] = NODES;
const read = ({ text, blocks }: Message) => words(text, blocks);
const card = (operation: Operation) => read(approvalCard(operation, []));
const root = (operation: Operation) => rootCard(operation, { progress: null, now: operation.headAt + 30_000 });
const firstLine = ({ blocks: [first] }: Message) => (first?.type === 'header' ? first.text.text : '');
/** The thread's reply to the last event of this type, in words. */
const replyTo = (told: readonly Told[], type: OperationEvent['type']) => {
  const last = told.findLast(({ event }) => event.type === type) ?? expect.fail(`no ${type}`);
  return read(milestoneOf(last.event, last.operation)?.message ?? expect.fail('not told'));
};
/** A restore whose step `id` failed, waiting for people. */
function failedAt(id: string) {
  const story = awaitingSample();
  story.approve();
  story.begin();
  story.drive(id);
  story.start(story.step(id));
  story.end(story.step(id), 90_000, 'failed');
  story.needPeople();
  return story;
}

test('that Kolla is newer than what is known stands beside each plan', () => {
  const { told } = awaitingSample();
  const plans = told.filter(({ event }) => event.type === 'planned');
  expect(plans).toHaveLength(2);
  for (const { event, operation } of plans) {
    const { facts } = operation;
    if (facts === null) throw new Error('no facts');
    const said = (newer: boolean) =>
      read(milestoneOf(event, { ...operation, facts: { ...facts, newer } })?.message ?? expect.fail('not told'));
    expect(said(true)).toContain(`Kolla Ansible ${facts.release} is newer than the releases`);
    expect(said(false)).not.toContain('is newer than');
  }
});

describe('the card that waits for approval', () => {
  test('says what would be undone, in the order in which one wants to know it', () => {
    const operation = awaitingSample().now();
    const text = card(operation);
    const order = [
      'Cloud: prod',
      'emptied instance mappings',
      'go back 2 d 23 h',
      '2026-11-22 03:01:14 UTC',
      'Undone: 12,345 transactions',
      'Last write: 2026-11-25 02:42:00 UTC',
      'nova_api.flavors',
      'Schemas:',
      'Accounts:',
      staged(),
      'Expected outage:',
      'Free space after:',
      '--yes-i-really-really-mean-it',
      'mariadb_recovery',
      operation.plan?.digest ?? '?',
      'Needs 1 approval',
      'Far fewer rows than live: neutron.ports',
    ];
    const at = order.map((part) => text.lastIndexOf(part));
    expect(at).not.toContain(-1);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
  });

  test('marks what has dropped, what is missing, and passwords that differ', () => {
    const findings = awaitingSample().now();
    expect(card(findings)).toMatch(/2,817\s+2,391 {2}neutron.ports {2}◄ DROP/);
    expect(card(findings)).not.toMatch(/keystone.local_user {2}◄/);
    const text = card(
      awaitingSample({ older: ['nova', 'nova_api'], trial: { accountsChanged: ['nova@%', 'glance@%'] } }).now(),
    );
    expect(text).toContain('another revision than the live ones: nova, nova_api');
    expect(text).toContain('2 accounts have another password in the copy: nova@%, glance@%');
  });

  test('of a cloud that is down says that nobody can know, and why', () => {
    const text = card(awaitingSample({ live: null, served: false }).now());
    expect(text).toContain('cannot be known: no node told the live position');
    expect(text).toContain('Last write: not known');
    expect(text).toContain('The cluster had no service when this was planned');
  });

  test('names the node whose old data nothing keeps', () => {
    const text = card(awaitingSample({ overwritten: [BOBCAT] }).now());
    expect(text).toMatch(new RegExp(`${BOBCAT} is left to be overwritten`));
    expect(text).toContain(`Old data that nothing keeps: ${BOBCAT}`);
  });

  test('warns of older schemas that are meant, and says who may approve', () => {
    const operation = awaitingSample({ olderSchemas: true, needed: 2 }).now();
    const text = read(approvalCard(operation, ['U0ALICE', 'U0BOB', 'U0CAROL']));
    expect(text).toContain('Older schemas are meant');
    expect(text).toMatch(/Needs 2 approvals.*@U0BOB, @U0CAROL/);
    expect(text.slice(text.indexOf('Needs 2'))).not.toContain('@U0ALICE');
  });

  test('says nothing that it does not know when the reports are odd', () => {
    const text = card(awaitingSample({ trial: { findings: 'x', galera: 7, bytes: -1, accountsChanged: null } }).now());
    expect(text).toContain('cannot be known: the copy tells no position');
    expect(text).toContain('not known whether a password differs');
    expect(text).toContain('state transfers of a size not known');
  });

  test('the modal in which one approves shows the same stakes and asks for the cloud’s name', () => {
    const view = approveModal(awaitingSample().now());
    const text = words('', view.blocks);
    expect(text).toContain('Undone: 12,345 transactions');
    expect(JSON.stringify(view.blocks)).toContain('Type the name of the cloud: prod');
  });
});

describe('the status card', () => {
  test('waits for approval, is approved, runs, and has succeeded', () => {
    const story = awaitingSample();
    expect(firstLine(root(story.now()))).toMatch(/waiting for approval \(0 of 1\) until 2026-11-25 06:\d\d:\d\d UTC/);
    story.approve();
    expect(firstLine(root(story.now()))).toContain('approved');
    expect(read(root(story.now()))).toContain('Approved (1 of 1): @U0BOB');
    story.begin();
    story.drive('recover');
    expect(firstLine(root(story.now()))).toContain('running');
    expect(read(root(story.now()))).toContain('MariaDB is down since');
    story.drive();
    expect(read(root(story.now()))).not.toContain('MariaDB is down');
    story.succeed();
    expect(firstLine(root(story.now()))).toContain('succeeded');
    expect(read(root(story.now()))).toContain(NEW_UUID);
  });

  test('says in its first line that MariaDB is down when it needs people, and what they may do', () => {
    const story = failedAt('recover');
    const shown = root(story.now());
    expect(firstLine(shown)).toMatch(/^⚠️ MariaDB on prod is down · RST-7/);
    expect(shown.text).toMatch(/^⚠️ MariaDB on prod is down/);
    expect(read(shown)).toContain('Back to the old data, from comfortable-lark');
    expect(read(alertCard(story.now(), '<@U0BOB>'))).toContain('MariaDB on prod is down since');
    story.tell({ type: 'acknowledged', by: 'U0CAROL' });
    expect(read(root(story.now()))).toContain('@U0CAROL looks after it');
    expect(read(alertCard(story.now(), '<@U0BOB>'))).toContain('@U0CAROL looks after it');
  });

  test('does not say that MariaDB is down once it was seen back', () => {
    const story = failedAt('confirm-cluster');
    expect(firstLine(root(story.now()))).not.toContain('down');
    story.backOut('way-back.2');
    story.drive('hold-1');
    expect(read(root(story.now()))).toContain('MariaDB is down since');
  });

  test('asks how an unclear step ended, then for a second word', () => {
    const story = awaitingSample();
    story.approve();
    story.begin();
    story.drive('swap-1');
    const step = story.step('swap-1');
    story.start(step);
    story.unclear(step);
    story.needPeople();
    expect(read(root(story.now()))).toMatch(/It ran …[\s\S]*It didn’t run …/);
    const about = { plan: 2, step: 'swap-1', attempt: 1 };
    story.tell({ type: 'resolution_asked', by: 'U0BOB', ...about, says: 'ran', reason: 'the inodes are exchanged' });
    expect(read(root(story.now()))).toContain('the inodes are exchanged');
    expect(read(root(story.now()))).toContain('I agree: it ran');
    story.tell({ type: 'resolved', by: 'U0CAROL', ...about });
    expect(replyTo(story.told, 'resolved')).toContain('It counts as done');
  });
});

describe('the thread', () => {
  function succeeded() {
    const story = awaitingSample();
    story.approve();
    story.begin();
    story.drive();
    story.succeed();
    return story;
  }
  const replies = (told: readonly Told[]) =>
    told.flatMap(({ event, operation }) => milestoneOf(event, operation)?.message ?? []).map(read);

  test('tells when the service is back, full redundancy with the lines of the runbook, and what is left to do', () => {
    const { told, now } = succeeded();
    const said = replies(told);
    const find = (part: string) => said.find((one) => one.includes(part)) ?? expect.fail(`nobody said ${part}`);
    expect(find('Service is back')).toMatch(/after the stop began/);
    expect(find('Full redundancy: 3 nodes')).toMatch(/Shifting JOINED -> SYNCED[\s\S]*ready for connections/);
    expect(find('Full redundancy')).toContain(`${BOBCAT} Primary, Synced`);
    expect(find('Position:')).toContain(`${OLD_UUID}:4821377`);
    expect(find('Old data, kept')).toContain(staged());
    const end = find('RST-7, the restore of prod, succeeded');
    expect(end).toContain('2026-11-22 03:01:14 UTC');
    expect(end).toContain(NEW_UUID);
    for (const node of NODES) expect(end).toContain(node);
    expect(end).toMatch(/heal_allocations/);
    expect(end).toContain('Take a full backup now');
    expect(faults(stoppingCard(now()))).toEqual([]);
  });

  test('after a way back says that the old data is live, with its UUID, and where the copy is', () => {
    const story = failedAt('recover');
    story.backOut('way-back.2');
    story.drive();
    story.succeed();
    const end = replyTo(story.told, 'succeeded');
    expect(end).toContain('was backed out');
    expect(end).toContain('The old data is live again');
    expect(end).toContain(OLD_UUID);
    expect(end).toContain(staged());
    expect(firstLine(root(story.now()))).toContain('backed out');
  });

  test('of a remedy within a way back names the remedy, which sends nothing, not the way back', () => {
    const story = failedAt('recover');
    story.backOut('way-back.2');
    story.drive('recover');
    story.start(story.step('recover'));
    story.end(story.step('recover'), 1_000, 'failed');
    const { plan, ...before } = story.now();
    if (plan === null) throw new Error('no plan');
    const stuck = {
      ...before,
      plan: { ...plan, plan: { ...plan.plan, backOuts: [...plan.plan.backOuts, lookAgain] } },
    };
    const event = { type: 'backing_out', by: 'U0BOB', plan: 2, backOut: lookAgain.id, number: 4 } as const;
    expect(illegal(stuck, event)).toBeNull();
    const after = advance(stuck, event, { operation: stuck.id, seq: 99, at: stuck.headAt, hash: 'f'.repeat(64) });
    const said = JSON.stringify(milestoneOf(event, after)?.message);
    expect(said).toContain(lookAgain.title);
    expect(said).not.toContain('Back to the old data');
  });

  test('after a way back says whether what was written last is there, or that nobody knows', () => {
    const story = failedAt('recover');
    story.backOut('way-back.2');
    story.drive();
    story.succeed();
    const now = story.now();
    const { track } = now;
    if (!track?.backOut) throw new Error('no way back');
    const holds = [{ node: BOBCAT, plan: 2, step: 'hold-2' }];
    const check = { check: 'most-advanced' as const, node: BOBCAT, holds };
    const steps = track.steps.map((step) => (step.id === 'recover' ? { ...step, before: [check] } : step));
    const end = (ahead: string | null, without: { without?: string[] } = {}) => {
      const before = [{ check: 'most-advanced' as const, answer: { positions: [], ahead } }];
      const attempts = new Map(now.attempts);
      attempts.set(
        'recover',
        (attempts.get('recover') ?? []).map((one) => ({ ...one, before })),
      );
      const backOut = { ...(track.backOut ?? expect.fail('no way back')), ...without };
      return JSON.stringify(endLines({ ...now, attempts, track: { ...track, steps, backOut } }));
    };
    expect(end(BOBCAT)).toContain('no transaction was undone');
    for (const unsure of [end(null), end(BOBCAT, { without: [NODES[2]] })]) {
      expect(unsure).not.toContain('no transaction was undone');
      expect(unsure).toContain('may be missing');
    }
  });

  test('of a cancelled restore says that MariaDB was not touched, before and after what it left is removed', () => {
    const story = awaitingSample();
    story.cancel();
    expect(replyTo(story.told, 'cancelled')).toMatch(/not touched.*is removed now/);
    expect(firstLine(root(story.now()))).toContain('cancelled, removing what was prepared');
    story.clear();
    expect(replyTo(story.told, 'cleared')).toContain('RST-7 has ended: cancelled');
  });

  test('names what was refused', () => {
    const story = awaitingSample();
    const problem = { code: 'APPROVER_IS_REQUESTER', params: { label: 'RST-7', person: 'U0ALICE' } };
    story.tell({ type: 'refused', by: 'U0ALICE', asked: 'approve', problem });
    expect(replyTo(story.told, 'refused')).toContain('asked to approve RST-7; that was refused');
  });
});

describe('the plan’s file', () => {
  test('has every step with its host, argv, checks and back-outs, and each program text once', () => {
    const { text, name } = planFile(awaitingSample().now());
    expect(name).toBe('RST-7-plan-2.txt');
    expect(text).toMatch(/BACK-OUT way-back\.1/);
    expect(text).toContain('CLEARING');
    expect(text).toContain('touches: destroy');
    expect(text).toContain('   after      Ansible reached and did the stop on');
    const above = text.slice(0, text.indexOf('CANONICAL JSON'));
    expect(above.split('os.rename("a", "b")').length).toBe(2);
  });
});

test('a table has dropped below nine tenths of the live rows, and by five rows at least', () => {
  expect(drops({ live: 100, copy: 90 })).toBe(false);
  expect(drops({ live: 100, copy: 89 })).toBe(true);
  expect(drops({ live: 6, copy: 2 })).toBe(false);
  expect(drops({ live: 7, copy: 2 })).toBe(true);
  expect(drops({ live: null, copy: 0 })).toBe(false);
});

test('transactions are counted only between positions of one cluster', () => {
  const at = (seqno: string, uuid = OLD_UUID) => ({ uuid, seqno });
  expect(undone(at('5'), at('9223372036854775807'))).toEqual({ count: 9_223_372_036_854_775_802n });
  for (const [copy, live] of [
    [at('5'), at('9', NEW_UUID)],
    [at('5'), at('-1')],
    [at('9'), at('5')],
    [at('9'), null],
  ] as const)
    expect(undone(copy, live)).toHaveProperty('why');
});

test('a restore with every value as long as it may be still fits, at every moment', () => {
  for (const filler of ['W', '"', '\\', '&']) {
    const story = restoreSample({
      word: (_, max) => filler.repeat(max),
      waysOut: 36,
      older: Array.from({ length: 300 }, () => filler.repeat(64)),
      trial: { accountsChanged: Array.from({ length: 500 }, () => filler.repeat(400)) },
      olderSchemas: true,
      overwritten: [NODES[2]],
      served: false,
    });
    story.request();
    story.prepare();
    story.drive();
    story.plan();
    story.announce(Array.from({ length: 50 }, (_, n) => `U${String(n).padStart(30, '0')}`));
    story.approve();
    story.begin();
    story.drive('confirm-cluster');
    story.start(story.step('confirm-cluster'));
    story.unclear(story.step('confirm-cluster'));
    story.needPeople();
    story.tell({
      type: 'resolution_asked',
      by: 'U0BOB',
      plan: 2,
      step: 'confirm-cluster',
      attempt: 1,
      says: 'ran',
      reason: filler.repeat(300),
    });
    const stuck = story.told.length;
    story.backOut('way-back.1');
    story.drive();
    story.succeed();
    for (const { event, operation } of story.told) {
      expect(faults(root(operation)), `root at ${operation.head.seq}`).toEqual([]);
      expect(faults(milestoneOf(event, operation)?.message ?? root(operation)), event.type).toEqual([]);
      expect(faults(stoppingCard(operation))).toEqual([]);
      expect(faults(alertCard(operation, '<@U0BOB>'))).toEqual([]);
      expect(viewFaults(approveModal(operation))).toEqual([]);
    }
    const needing = story.told[stuck - 1]?.operation ?? expect.fail('no such event');
    expect(JSON.stringify(root(needing).blocks).match(/back_out:/g)).toHaveLength(BACK_OUTS_SHOWN);
  }
});

test('what is only suspicious stands with the first plan and on the card, in plain words, and what the backup had noted otherwise', () => {
  const suspicions = [
    { code: 'DEPLOYMENT_OTHER_IMAGE', params: { running: 'quay.io/a:2023.2', configured: 'quay.io/a:2024.1' } },
    { code: 'ARCHIVE_LOCK_UNSEEN', params: { path: 'full.gz' } },
    { code: 'OF_A_NEWER_VERSION', params: { what: 'something' } },
  ];
  const schemas = [{ name: 'barbican', tables: 12, digest: 'a'.repeat(64) }];
  const story = awaitingSample({ suspicions, schemas });
  const first = story.told.find(({ event }) => event.type === 'planned') ?? expect.fail('no plan');
  const planned = read(milestoneOf(first.event, first.operation)?.message ?? expect.fail('not told'));
  for (const text of [planned, card(story.now())]) {
    expect(text).toContain(
      'The nodes run the image quay.io/a:2023.2; the deployment on the deploy host is set to quay.io/a:2024.1.',
    );
    expect(text).toContain('The plan keeps the image that runs');
    expect(text).toContain('nobody could see on which node it had its lock');
    expect(text).toContain('OF_A_NEWER_VERSION');
  }
  expect(card(story.now())).toMatch(
    /does not hold what the databases held when the backup was taken: .*barbican is missing/,
  );
  expect(card(awaitingSample().now())).not.toMatch(/only suspicious|does not hold what/);
});

test('of an archive that was named by hand it is said whether a backup had proven it, as the probe found', () => {
  const { wish, facts, ...rest } = awaitingSample().now();
  const restore = facts?.restore ?? null;
  if (wish.kind !== 'restore' || facts === null || restore === null) throw new Error('no restore that was probed');
  const by = { ...wish, archive: { ...wish.archive, sha256: null } };
  const found = (sha256: string | null) => {
    const archive = { ...restore.archive, sha256 };
    return warnings({ ...rest, wish: by, facts: { ...facts, restore: { ...restore, archive } } }, 9).join(' ');
  };
  expect(found(null)).toContain('no backup of ours had proven it');
  expect(found('e'.repeat(64))).not.toContain('no backup of ours had proven it');
});

test('a discard, which prepares nothing, is not told as if it had', () => {
  const wish = { kind: 'discard' as const, restore: 'd'.repeat(20), label: 'RST-7', reason: 'all is well' };
  const place = { channel: 'C0OPS' };
  const asked = tell(null, [1, { type: 'requested', label: 'DSC-1', cloud: 'prod', wish, by: 'U0ALICE', place }]);
  const problem = { code: 'HOST_UNREACHABLE', params: { host: 'deploy', reason: 'no route' } };
  const given: OperationEvent = { type: 'given_up', claim: DRIVER, problem };
  const ended = tell(asked, [2, { type: 'claimed', claim: DRIVER, worker: 'w' }], [3, given]);
  const cancelled = tell(asked, [2, { type: 'cancelled', by: 'U0ALICE' }]);
  const told = [
    JSON.stringify(root(asked)),
    read(milestoneOf(given, ended)?.message ?? expect.fail('not told')),
    read(cancelledCard(cancelled, { channel: null, link: null })),
  ];
  expect(told.map((one) => /prepar|MariaDB/.exec(one)?.[0] ?? null)).toEqual([null, null, null]);
  expect(told.at(-1)).toContain('Nothing was removed');
});

test('a plan whose time was over at the journal’s last word is not offered for approval', () => {
  const waiting = waitingRestore();
  const until = CARD_AT + WAIT_MS;
  const offers = (at: number) => {
    const operation = tell(waiting, [at, approval(waiting, 'U0BOB')]);
    return JSON.stringify(root(operation).blocks).includes('Approve …');
  };
  expect([offers(until), offers(until + 1)]).toEqual([true, false]);
});
