import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDirectory } from '../../src/hosts/run-directory.ts';
import type { RunDirectory } from '../../src/operation/run-directory.ts';
import { freshStep, shell, until } from '../support/run-directories.ts';
import { canRunSystemd, type Systemd, startSystemd } from '../support/systemd.ts';

describe.skipIf(!canRunSystemd)('run directories where systemd runs', () => {
  let systemd: Systemd;
  let dir: string;
  let runs: RunDirectory;
  const ask = async (...argv: [string, ...string[]]) =>
    (await systemd.host.run({ argv, timeoutMs: 20_000 })).stdout.trim();
  const property = (unit: string, name: string) => ask('systemctl', 'show', unit, '--value', '-p', name);

  beforeAll(async () => {
    systemd = await startSystemd();
    dir = await mkdtemp(join(tmpdir(), 'kolla-backup-runs-'));
    runs = runDirectory(systemd.host, join(dir, 'runs'));
  });
  afterAll(async () => {
    await systemd?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  async function started(script: string) {
    const step = freshStep();
    const marks = join(dir, step.operation);
    await runs.open(step);
    const wait = 'while [ ! -e $MARKS ]; do sleep 0.05; done';
    const sent = await runs.start(shell({ marks }, step, script.replace('WAIT', wait)));
    expect(sent).toMatchObject({ state: 'sent', supervisedBy: 'systemd', note: null });
    await until(runs, step, 'running');
    const unit = `kolla-backup-${step.operation}-${step.plan}-${step.step}.service`;
    return { step, unit, go: () => writeFile(marks, '') };
  }

  test('a step is a unit of its own, and stopping that unit does not end the program', async () => {
    const { step, unit, go } = await started('cat /proc/self/cgroup; WAIT; exit 7');
    expect(await property(unit, 'ActiveState')).toBe('active');
    await ask('systemctl', 'stop', '--no-block', unit);
    // systemd gives the unit up, some seconds later; the supervisor stays all the same.
    await expect.poll(() => property(unit, 'ActiveState'), { timeout: 30_000 }).toBe('failed');
    expect((await runs.look(step)).state).toBe('running');
    await go();
    const look = await until(runs, step, 'finished');
    expect(look).toMatchObject({ code: 7 });
    expect(look.output.text).toContain(`/system.slice/${unit}`);
  });

  test('when its supervisor is killed the program goes on, and is found by its unit', async () => {
    // Neither environment nor session tell of this one.
    const { step, unit, go } = await started('env -i setsid sh -c "while [ ! -e $MARKS ]; do sleep 0.05; done" & echo');
    await ask('kill', '-KILL', await property(unit, 'MainPID'));
    expect((await until(runs, step, 'orphaned', 'finished', 'unclear')).state).toBe('orphaned');
    await go();
    await until(runs, step, 'unclear');
  });
});
