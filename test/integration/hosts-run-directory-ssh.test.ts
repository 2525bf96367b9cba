import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDirectory } from '../../src/hosts/run-directory.ts';
import { sshHost } from '../../src/hosts/ssh.ts';
import type { Host } from '../../src/operation/host.ts';
import type { RunDirectory } from '../../src/operation/run-directory.ts';
import { brokenAt, freshStep, shell, until } from '../support/run-directories.ts';
import { canRunSshd, type Sshd, startSshd } from '../support/sshd.ts';

describe.skipIf(!canRunSshd).each([
  ['root', false, 'straight'],
  ['operator', true, 'through a jump host'],
])('run directories over a real sshd, as %s, sudo %s, %s', (user, sudo, way) => {
  let sshd: Sshd;
  let jump: Sshd | undefined;
  let dir: string;
  let host: Host;
  let runs: RunDirectory;
  let marks: string;
  const marked = () => readFile(marks, 'utf8').catch(() => '');
  const connect = () => {
    const { address, port, keyFile, knownHosts } = sshd;
    const login = { address, port, user, keyFiles: [keyFile], knownHosts: [knownHosts] };
    const between = jump && { ...jump, user: 'guest', keyFiles: [jump.keyFile], knownHosts: [jump.knownHosts] };
    return sshHost({ name: 'node1', ...login, jump: between ? [between] : [], sudo });
  };

  beforeAll(async () => {
    sshd = await startSshd();
    if (way !== 'straight') jump = await startSshd();
    dir = await mkdtemp(join(tmpdir(), 'kolla-backup-runs-'));
    host = connect();
    runs = runDirectory(host, join(dir, 'runs'));
    marks = join(dir, 'marks');
  });
  afterAll(async () => {
    await host?.close();
    await sshd?.stop();
    await jump?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  test('a step goes on when its connection is killed, and is found by another', async () => {
    const step = freshStep();
    expect(await runs.open(step)).toBe('opened');
    const go = `${marks}.go`;
    const script = `echo "ä one"; while [ ! -e ${go} ]; do sleep 0.05; done; echo ran >> $MARKS; id -u; exit 3`;
    expect((await runs.start(shell({ marks }, step, script))).state).toBe('sent');
    await until(runs, step, 'running');
    await sshd.signalConnections('SIGKILL');
    const other = connect();
    expect((await runDirectory(other, join(dir, 'runs')).look(step)).state).toBe('running');
    await writeFile(go, '');
    // The first question may be the one that finds the connection broken.
    await runs.look(step).catch(() => undefined);
    const look = await until(runs, step, 'finished');
    expect(look).toMatchObject({ code: 3, output: { text: 'ä one\n0\n' } });
    expect(await marked()).toBe('ran\n');
    await other.close();
  });

  test('of starts over several connections, some of them killed, one runs', async () => {
    const step = freshStep();
    await rm(marks, { force: true });
    await runs.open(step);
    const hosts = Array.from({ length: 5 }, connect);
    await Promise.all(hosts.map((one) => one.run({ argv: ['true'], timeoutMs: 20_000 })));
    const starts = hosts.map((one) =>
      runDirectory(one, join(dir, 'runs'))
        .start(shell({ marks }, step, 'echo ran >> $MARKS'))
        .catch(() => undefined),
    );
    await sleep(150);
    await sshd.signalConnections('SIGKILL');
    const answers = await Promise.all(starts);
    await host.close();
    host = connect();
    runs = runDirectory(host, join(dir, 'runs'));
    expect(answers.filter((answer) => answer?.state === 'sent').length).toBeLessThanOrEqual(1);
    // Whatever reached the host: either nobody made the step, or it ran once, or its starter was killed before it had a supervisor.
    const before = await runs.look(step);
    if (before.state === 'absent') await runs.start(shell({ marks }, step, 'echo ran >> $MARKS'));
    const taken = before.state === 'sent' ? await runs.take(step) : 'begun_already';
    await until(runs, step, taken === 'taken' ? 'taken' : 'finished');
    expect(await marked()).toBe(taken === 'taken' ? '' : 'ran\n');
    await Promise.all(hosts.map((one) => one.close()));
  });

  test('a frozen step that was taken never runs', async () => {
    const step = freshStep();
    await rm(marks, { force: true });
    await runs.open(step);
    const broken = runDirectory(host, join(dir, 'runs'), brokenAt('before begun', 'SIGSTOP'));
    await broken.start(shell({ marks }, step, 'echo ran >> $MARKS'));
    const ask = async (...argv: [string, ...string[]]) => (await host.run({ argv, timeoutMs: 20_000 })).stdout;
    // The brackets keep `pgrep` and what leads to it from finding themselves.
    const supervisors = () => ask('pgrep', '-f', `${step.operation}/plan1/[s]tep1/run.py`);
    await expect.poll(() => ask('ls', join(dir, 'runs', step.operation, 'plan1/step1'))).toMatch(/^exit\.\d+$/m);
    expect(await runs.take(step)).toBe('taken');
    const pids = (await supervisors()).split('\n').filter(Boolean);
    expect(pids).toHaveLength(1);
    await ask('kill', '-CONT', ...pids);
    await expect.poll(supervisors).toBe('');
    expect((await until(runs, step, 'taken')).state).toBe('taken');
    expect(await marked()).toBe('');
  });
});
