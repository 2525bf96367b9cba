import { describe, expect, test, vi } from 'vitest';
import { type Drive, DriveStopped } from '../../src/engine/drive.ts';
import { untilSeen } from '../../src/engine/patience.ts';
import { askQuestions } from '../../src/engine/question.ts';
import { rememberedMore } from '../../src/engine/restore-questions.ts';
import { resumeProgram } from '../../src/engine/resume.ts';
import { startProgram } from '../../src/engine/start.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { nextMove } from '../../src/operation/next.ts';
import { latest, type Operation, stuckAt } from '../../src/operation/operation.ts';
import type { Step } from '../../src/operation/plan.ts';
import type { Look, RunDirectory } from '../../src/operation/run-directory.ts';
import { memberStatus } from '../support/galera-status.ts';
import { idleDrive, unasked } from '../support/idle-drive.ts';
import {
  agreedRestore,
  approval,
  DRIVER,
  finished,
  lookedUp,
  preparedRestore,
  started,
  tell,
  waitingRestore,
} from '../support/restore-journal.ts';

/** A drive over a journal in memory; hosts answer as the test says. */
type Runs = Partial<RunDirectory>;
function driveOf(first: Operation, runs: Runs, others: (now: Operation) => Operation = (now) => now) {
  let operation = first;
  const said: OperationEvent[] = [];
  const asked: string[] = [];
  const drive = idleDrive({
    operation: () => operation,
    claim: DRIVER,
    hosts: {
      deploy: {
        name: 'deploy',
        close: async () => {},
        run: async () => ({ code: 0, signal: null, stdout: '', stderr: '' }),
      },
      node: unasked,
      runs: (host) => {
        asked.push(host);
        return { ...absent, ...runs };
      },
    },
    write: async (event) => {
      operation = tell(operation, [operation.headAt, event]);
      said.push(event);
      return true;
    },
    writeStart: async (event) => {
      operation = tell(operation, [operation.headAt, event]);
      said.push(event);
      return 'written';
    },
    refresh: async () => {
      operation = others(operation);
      return operation;
    },
    journal: {
      now: async () => operation.headAt,
      owner: async () => operation.id,
      read: async () => ({ state: 'missing' }),
      recent: async () => [],
      restores: async () => [],
    },
  });
  return { drive, said, asked };
}

const output = { text: '', next: 0, size: 0 };
const looked = (state: 'absent' | 'sent' | 'taken' | 'unclear', plan: Look['plan'] = 'open'): Look => ({
  state,
  plan,
  now: 0,
  head: null,
  output,
});
const never = async () => {
  throw new Error('not asked for');
};
const absent: RunDirectory = {
  open: async () => 'opened',
  start: never,
  look: async () => looked('taken'),
  take: async () => 'taken',
  close: async () => ({ state: 'closed', running: [] }),
  heads: async () => [],
  remove: never,
};

const stepOf = ({ track }: Operation, id: string): Step => {
  const found = track?.steps.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
};
const programOf = ({ program }: Step) => {
  if (program === null) throw new Error('it has no program');
  return program;
};
const at = 2_000_000;
const stopped = () => tell(agreedRestore(), [at, started('stop', 2)], [at, finished('stop', 2)]);
const silent = new KollaBackupError('HOST_UNREACHABLE', { host: 'node-a', reason: 'no route' });

describe('a host that does not answer', () => {
  const question = async () => {
    throw silent;
  };
  const wait = (drive: Drive) => untilSeen(drive, 'node-a', question);

  test('keeps nobody from withdrawing the operation', async () => {
    const preparing = tell(preparedRestoreAt('trial'), [at, { type: 'cancelled', by: 'U0ALICE' }]);
    const { drive } = driveOf(preparedRestoreAt('trial'), {}, () => preparing);
    await expect(wait(drive)).rejects.toThrow(DriveStopped);
  });

  test('keeps nobody from releasing it', async () => {
    const running = tell(agreedRestore(), [at, started('stop', 2)]);
    const released = tell(
      running,
      [at, { type: 'release_asked', by: 'U0ALICE', reason: 'gone' }],
      [at, { type: 'released', by: 'U0BOB' }],
    );
    await expect(wait(driveOf(running, {}, () => released).drive)).rejects.toThrow(DriveStopped);
  });
});

/** A restore that is being prepared. */
function preparedRestoreAt(step: 'trial'): Operation {
  const whole = preparedRestore();
  const attempts = new Map([...whole.attempts].filter(([id]) => id !== step));
  return tell({ ...whole, attempts }, [at, started(step, 1)]);
}

test('what can’t be given up any more isn’t left because its sending was refused: its host is asked', async () => {
  const operation = stopped();
  const hold = stepOf(operation, 'hold-a');
  const refused = new KollaBackupError('RUN_DIRECTORY_FAILED', {
    host: 'node-a',
    act: 'start',
    base: '/',
    reason: 'full',
  });
  const { drive, said } = driveOf(operation, { start: async () => Promise.reject(refused) });
  await startProgram(drive, hold, programOf(hold), 1, null);
  expect(said.map(({ type }) => type)).toEqual(['step_started', 'step_finished']);
  expect(latest(drive.operation(), hold)?.end).toMatchObject({ outcome: 'not_begun' });
});

test('a way back that did not begin, tried again, ends what it replaces on every host first', async () => {
  const stuck = tell(
    stopped(),
    [at, started('hold-a', 2)],
    [at, finished('hold-a', 2)],
    [at, started('swap-a', 2)],
    [at, finished('swap-a', 2, 'failed')],
    [at, { type: 'backing_out', by: 'U0BOB', plan: 2, backOut: 'way-back', number: 3 }],
    [at, started('swap-back', 3)],
    [at, finished('swap-back', 3, 'not_begun')],
  );
  const back = stepOf(stuck, 'swap-back');
  const closed: string[] = [];
  const { drive, asked } = driveOf(stuck, {
    close: async ({ plan }) => {
      closed.push(`${asked.at(-1)}/${plan}`);
      return { state: 'closed', running: [] };
    },
    start: async () => ({ state: 'sent', supervisedBy: 'setsid', note: null, redaction: [] }),
  });
  await startProgram(drive, back, programOf(back), 2, null);
  expect(closed).toEqual(expect.arrayContaining(['node-a/2', 'deploy/2']));
});

describe('a run directory that is gone', () => {
  const gone: Runs = { look: async () => looked('absent', 'missing') };
  test('is told first; still gone at the next look, people are asked and have their way back', async () => {
    const swapping = tell(
      stopped(),
      [at, started('hold-a', 2)],
      [at, finished('hold-a', 2)],
      [at, started('swap-a', 2)],
    );
    const { drive } = driveOf(swapping, gone);
    const swap = stepOf(swapping, 'swap-a');
    await expect(resumeProgram(drive, swap, 1, at)).rejects.toThrow(DriveStopped);
    expect(drive.operation().attention?.problem.code).toBe('RUN_DIRECTORY_GONE');
    expect(stuckAt(drive.operation())).toBe(null);
    await resumeProgram(drive, swap, 1, at);
    expect(stuckAt(drive.operation())?.attempt.end?.outcome).toBe('unclear');
  });
  test('ends nothing while nothing was destroyed', async () => {
    const staging = tell({ ...preparedRestore(), attempts: new Map() }, [at, started('stage-a', 1)]);
    const { drive } = driveOf(staging, gone);
    const stage = stepOf(staging, 'stage-a');
    for (const _ of [1, 2]) await expect(resumeProgram(drive, stage, 1, at)).rejects.toThrow(DriveStopped);
  });
});

test('a recovery that failed is looked at again where people ask for it, and works by what the nodes say now', async () => {
  const failed = { ...finished('recover', 2, 'failed'), exit: { code: null, signal: 'SIGKILL' } };
  const again = tell(
    stopped(),
    ...['hold-a', 'swap-a'].flatMap((id) => [[at, started(id, 2)] as const, [at, finished(id, 2)] as const]),
    [at, started('recover', 2)],
    [at, failed],
    [at, { type: 'backing_out', by: 'U0BOB', plan: 2, backOut: 'look-anew', number: 3 }],
  );
  const next = nextMove(again, at);
  if (next.move !== 'resume') throw new Error(`it is not looked for: ${next.move}`);
  const begun = 'PLAY [Recover mariadb nodes] ***********************************************\n';
  const look = async (): Promise<Look> => ({
    ...looked('taken'),
    ...{ state: 'finished', code: null, signal: 9, started: 0, ended: 1, left: [] },
    output: { text: begun, next: begun.length, size: begun.length },
  });
  const { drive, said } = driveOf(again, { look });
  const stdout = Object.entries(memberStatus('5ffef8dc-e907-11f1-848a-6ee6f332f22d', { wsrep_cluster_size: '1' }))
    .map((row) => row.join('\t'))
    .join('\n');
  const run = async () => ({ code: 0, signal: null, stdout, stderr: '' });
  const here: Drive = { ...drive, hosts: { ...drive.hosts, node: (name) => ({ name, close: async () => {}, run }) } };
  const unlessWhole = { nodes: [{ node: 'node-a', engine: 'docker' as const }], container: 'mariadb' };
  const after: Step['after'] = [
    { check: 'playbook-ended', action: 'recovery', nodes: ['node-a'], host: 'node-a', unlessWhole },
  ];
  await resumeProgram(here, { ...next.step, after }, next.attempt, next.startedAt);
  expect(said).toMatchObject([{ type: 'step_finished', step: 'recover', attempt: 1, outcome: 'worked' }]);
  expect(nextMove(drive.operation(), at)).toMatchObject({ move: 'start', step: { id: 'confirm' } });
});

test.each([
  ['has not ended before its ansible-playbook has', 0, []],
  ['and whose ansible-playbook outlasts its time limit is told, once', 61_000, ['attention']],
])('a recovery whose kolla-ansible was killed %s', async (_, agoMs, told) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const startedAt = Date.now() - agoMs;
  const stopping = tell(agreedRestore(), [startedAt, started('stop', 2)]);
  let alive = 2;
  const run = async () => {
    alive -= 1;
    const stdout = alive >= 0 ? '77 /usr/bin/python3 /opt/bin/ansible-playbook -e kolla_action=stop /x/site.yml\n' : '';
    return { code: 0, signal: null, stdout, stderr: '' };
  };
  const killed: Look = {
    ...looked('taken'),
    state: 'finished',
    code: null,
    signal: 9,
    started: 0,
    ended: 1,
    left: [77],
  };
  const { drive, said } = driveOf(stopping, { look: async () => killed });
  const here: Drive = { ...drive, hosts: { ...drive.hosts, deploy: { ...drive.hosts.deploy, run } } };
  const followed = resumeProgram(here, stepOf(stopping, 'stop'), 1, startedAt);
  await vi.runAllTimersAsync();
  await followed;
  expect(alive).toBe(-1);
  expect(said.map(({ type }) => type)).toEqual([...told, 'step_finished']);
  vi.useRealTimers();
});

describe('an answer that took its time, where others wrote meanwhile', () => {
  const refused: OperationEvent = {
    ...{ type: 'refused', by: 'U0ERIN', asked: 'approve' },
    problem: { code: 'PLAN_NOT_WAITING', params: { label: 'RST-1' } },
  };
  /** A drive whose first answer comes too late: these were written before it. */
  function overtaken(first: Operation, runs: Runs, ...events: readonly OperationEvent[]) {
    const made = driveOf(first, runs);
    let late = true;
    const write: Drive['write'] = async (event) => {
      if (!late || event.type !== 'step_finished') return made.drive.write(event);
      late = false;
      for (const one of events) await made.drive.write(one);
      return false;
    };
    return { ...made, drive: { ...made.drive, write } };
  }
  const confirming = () =>
    tell(
      stopped(),
      ...['hold-a', 'swap-a', 'recover'].flatMap((id) => [
        [at, started(id, 2)] as const,
        [at, finished(id, 2)] as const,
      ]),
      [at, started('confirm', 2)],
    );
  const confirm = (operation: Operation): Step => ({
    ...stepOf(operation, 'confirm'),
    after: [{ check: 'synced-lines', nodes: [{ node: 'node-a', engine: 'docker' }], since: null }],
  });

  test('is said again, not asked for again', async () => {
    const { drive, said } = overtaken(confirming(), {}, refused);
    let looked = 0;
    const run = async () => {
      looked += 1;
      return { code: 0, signal: null, stdout: '', stderr: '' };
    };
    const here: Drive = { ...drive, hosts: { ...drive.hosts, node: (name) => ({ name, close: async () => {}, run }) } };
    await askQuestions(here, confirm(drive.operation()), 1, null);
    expect(said.map(({ type }) => type)).toEqual(['refused', 'step_finished']);
    expect(looked).toBe(1);
  });
  test('of a program, too', async () => {
    const ended: Look = {
      ...looked('taken'),
      state: 'finished',
      code: 0,
      signal: null,
      started: 0,
      ended: 1,
      left: [],
    };
    const stopping = tell(agreedRestore(), [at, started('stop', 2)]);
    const { drive, said } = overtaken(stopping, { look: async () => ended }, refused);
    await resumeProgram(drive, stepOf(stopping, 'stop'), 1, at);
    expect(said.map(({ type }) => type)).toEqual(['refused', 'step_finished']);
  });
  test('is dropped where nothing waits for it any more', async () => {
    const released = [
      { type: 'release_asked', by: 'U0ALICE', reason: 'gone' },
      { type: 'released', by: 'U0BOB' },
    ] as const;
    const { drive, said } = overtaken(confirming(), {}, ...released);
    await askQuestions(drive, stepOf(drive.operation(), 'confirm'), 1, null);
    expect(said.map(({ type }) => type)).toEqual(['release_asked', 'released']);
  });
});

test('that an execution begins puts aside what was in its way before', () => {
  const waiting = tell(
    waitingRestore(),
    [at, { type: 'attention', claim: DRIVER, problem: { code: 'ATTENTION_UNEXPECTED', params: {} } }],
    [at, approval(waitingRestore(), 'U0BOB')],
  );
  expect(waiting.attention).not.toBe(null);
  expect(tell(waiting, [at, lookedUp(waiting, 'U0BOB')]).attention).toBe(null);
});

describe('what a host remembers beyond the journals', () => {
  const other = 'b'.repeat(20);
  const remembering = (end: Operation['end']) => {
    const { drive } = driveOf(waitingRestore(), {
      heads: async () => [{ operation: other, plans: [], highest: { seq: 9, hash: 'f'.repeat(64) } }],
    });
    const operation = { ...waitingRestore(), id: other, label: 'RST-6', end };
    const journal = { ...drive.journal, read: async () => ({ state: 'sound' as const, records: [], operation }) };
    return rememberedMore({ ...drive, journal }, 'deploy');
  };
  test('stops everything', async () => {
    expect(await remembering(null)).toMatchObject({ code: 'HOST_REMEMBERS_MORE', params: { operation: 'RST-6' } });
    expect(await remembering({ how: 'succeeded', at: 1 })).toMatchObject({ code: 'HOST_REMEMBERS_MORE' });
  });
  test('counts as known once two persons have released that operation', async () => {
    expect(await remembering({ how: 'released', at: 1, by: ['U0ALICE', 'U0BOB'], reason: 'looked' })).toBeNull();
  });
});
