import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StepName } from '../../src/operation/run-directory.ts';
import { type Bench, brokenAt, freshStep, openBench, pidsNaming, shell, until } from '../support/run-directories.ts';

let bench: Bench;
let step: StepName;

beforeEach(async () => {
  bench = await openBench();
  step = freshStep();
  await bench.runs.open(step);
});
afterEach(() => bench.end());

const folder = (name: StepName = step) => join(bench.base, name.operation, name.plan, name.step);
const marker = () => `KOLLA_BACKUP_RUN=${step.operation}/${step.plan}/${step.step}`;
const supervisorPid = () => pidsNaming(folder(), 'cmdline');
const failed = expect.objectContaining({ problem: expect.objectContaining({ code: 'RUN_DIRECTORY_FAILED' }) });

describe('a step', () => {
  test('runs, and keeps its output, head and exit code', async () => {
    const sent = await bench.runs.start(shell(bench, step, 'echo out; echo err >&2; printf "ä€"; exit 7'));
    expect(sent).toMatchObject({ state: 'sent', redaction: [] });
    const look = await until(bench.runs, step, 'finished');
    expect(look).toMatchObject({ plan: 'open', code: 7, signal: null, head: { seq: 7, hash: 'abc' }, left: [] });
    expect(look.output).toMatchObject({ text: 'out\nerr\nä€\n' });
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
    expect(await bench.runs.take(step)).toBe('begun_already');
  });

  test('gets its argv, folder and environment as they are, default signals and no input', async () => {
    const words = ["a'b", '$HOME', 'ä\n', '', '*'];
    const script = 'printf "%s|" "$@"; pwd; echo "$ODD"; cat; umask; kill -HUP $$';
    const request = shell(bench, step, script);
    await bench.runs.start({ ...request, argv: [...request.argv, 'sh', ...words], cwd: '/usr', env: { ODD: 'ö "x"' } });
    const look = await until(bench.runs, step, 'finished');
    expect(look.output.text).toBe(`${words.join('|')}|/usr\nö "x"\n0022\n`);
    expect(look).toMatchObject({ code: null, signal: 1 });
  });

  test('whose program is not there ends with 127 and says so', async () => {
    await bench.runs.start({ ...shell(bench, step, ''), argv: ['/does/not/exist'] });
    const look = await until(bench.runs, step, 'finished');
    expect(look).toMatchObject({ code: 127 });
    expect(look.output.text).toContain('/does/not/exist could not be run: No such file');
  });

  test('of 20 racing starts runs once', async () => {
    const request = shell(bench, step, 'echo ran >> $MARKS');
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.runs.start(request)));
    expect(answers.map((answer) => answer.state).sort()).toEqual([...Array(19).fill('already_sent'), 'sent']);
    await until(bench.runs, step, 'finished');
    expect(await bench.marked()).toBe('ran\n');
  });

  test('does not hold up its end for what it left behind', async () => {
    await bench.runs.start(shell(bench, step, 'sleep 60 & printf done'));
    const look = await until(bench.runs, step, 'finished');
    expect(look).toMatchObject({ code: 0, output: { text: 'done\n' } });
    expect(look.state === 'finished' && look.left).toHaveLength(1);
  });

  test('is never begun by a bad request', async () => {
    const request = shell(bench, step, 'echo ran >> $MARKS');
    await expect(bench.runs.start({ ...request, redact: { files: [], patterns: ['('] } })).rejects.toEqual(failed);
    for (const name of ['../x', '', 'a/b', '.hidden', 'x.over'])
      await expect(bench.runs.start({ ...request, step: name })).rejects.toEqual(failed);
    expect(await bench.runs.look(step)).toMatchObject({ state: 'absent', plan: 'open' });
  });
});

describe('something dies', () => {
  const ran = 'echo ran >> $MARKS';
  const cases = [
    { point: 'before begun', state: 'sent', marks: '' },
    { point: 'after begun', state: 'taken', marks: '' },
    { point: 'before the program', state: 'unclear', marks: '' },
    { point: 'before its exit code is written', state: 'unclear', marks: 'ran\n' },
  ] as const;
  test.each(cases)('the supervisor $point: $state', async ({ point, state, marks }) => {
    await bench.with(brokenAt(point, 'SIGKILL')).start(shell(bench, step, ran));
    const deadline = Date.now() + 10_000;
    while (
      supervisorPid().length === 0 &&
      (await readdir(folder())).every((name) => !name.startsWith('supervisor.1')) &&
      Date.now() < deadline
    )
      await sleep(20);
    while (supervisorPid().length > 0) await sleep(20);
    await sleep(200);
    expect(await bench.runs.look(step)).toMatchObject({ state });
    expect(await bench.runs.start(shell(bench, step, ran))).toEqual({ state: 'already_sent' });
    expect(await bench.runs.take(step)).toBe(state === 'sent' ? 'taken' : 'begun_already');
    expect(await bench.marked()).toBe(marks);
  });

  test('the starter, before it has a supervisor: the step can be taken, and never runs', async () => {
    const broken = bench.with(brokenAt('after the step, before its supervisor', 'SIGKILL'));
    await expect(broken.start(shell(bench, step, ran))).rejects.toEqual(failed);
    expect(await bench.runs.look(step)).toMatchObject({ state: 'sent' });
    expect(await bench.runs.start(shell(bench, step, ran))).toEqual({ state: 'already_sent' });
    expect(await bench.runs.take(step)).toBe('taken');
    expect(await bench.runs.take(step)).toBe('taken');
    expect(await bench.runs.look(step)).toMatchObject({ state: 'taken' });
    expect(await bench.marked()).toBe('');
  });

  test('the starter, once it has a supervisor: the step runs all the same', async () => {
    const broken = bench.with(brokenAt('after the supervisor was started', 'SIGKILL'));
    await expect(broken.start(shell(bench, step, ran))).rejects.toEqual(failed);
    await until(bench.runs, step, 'finished');
    expect(await bench.marked()).toBe('ran\n');
  });

  test('the supervisor, while the program runs: it goes on, and its output is kept', async () => {
    await bench.runs.start(shell(bench, step, 'echo one; while [ ! -e $MARKS ]; do sleep 0.05; done; echo two'));
    const { state } = await until(bench.runs, step, 'running');
    expect(state).toBe('running');
    await expect.poll(async () => (await bench.runs.look(step)).output.text).toBe('one\n');
    const [supervisor] = supervisorPid();
    process.kill(supervisor ?? 0, 'SIGKILL');
    expect(await until(bench.runs, step, 'orphaned')).toMatchObject({
      pids: expect.arrayContaining([expect.any(Number)]),
    });
    expect(await bench.runs.close(step)).toEqual({ state: 'running', running: ['step1'] });
    await writeFile(bench.marks, '');
    const look = await until(bench.runs, step, 'unclear');
    expect(look.output.text).toBe('one\ntwo\n');
  });

  test('the supervisor just after it started the program: orphaned, then unclear', async () => {
    const script = 'echo ran >> $MARKS; while [ ! -e $MARKS.go ]; do sleep 0.05; done';
    await bench.with(brokenAt('after the program was started', 'SIGKILL')).start(shell(bench, step, script));
    await until(bench.runs, step, 'orphaned');
    await writeFile(`${bench.marks}.go`, '');
    await until(bench.runs, step, 'unclear');
    expect(await bench.marked()).toBe('ran\n');
  });

  test('the filter of the output, while the program runs: another takes over', async () => {
    await bench.runs.start(
      shell(bench, step, 'while [ ! -e $MARKS ]; do sleep 0.05; done; echo half; echo two; exit 3'),
    );
    await expect.poll(() => supervisorPid().length).toBe(2);
    const [, filter] = supervisorPid().toSorted((a, b) => a - b);
    process.kill(filter ?? 0, 'SIGKILL');
    await expect.poll(() => supervisorPid().filter((pid) => pid !== filter).length).toBe(2);
    await writeFile(bench.marks, '');
    const look = await until(bench.runs, step, 'finished');
    expect(look).toMatchObject({ code: 3 });
    // Where the first filter was in a line isn't known, so the rest of one line is left out.
    expect(look.output.text).toBe('[a line that was too long was left out]\ntwo\n');
  });

  test('the program', async () => {
    await bench.runs.start(shell(bench, step, 'exec sleep 60'));
    const look = await until(bench.runs, step, 'running');
    await expect.poll(async () => pidsNaming(marker(), 'environ').length).toBe(1);
    process.kill(pidsNaming(marker(), 'environ')[0] ?? 0, 'SIGKILL');
    expect(look.state).toBe('running');
    expect(await until(bench.runs, step, 'finished')).toMatchObject({ code: null, signal: 9 });
  });

  test('a supervisor that is told to end does not, nor does the program', async () => {
    await bench.runs.start(shell(bench, step, 'while [ ! -e $MARKS ]; do sleep 0.05; done; exit 4'));
    await until(bench.runs, step, 'running');
    await expect.poll(() => supervisorPid().length).toBe(2);
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const)
      for (const pid of supervisorPid()) process.kill(pid, signal);
    await sleep(300);
    expect((await bench.runs.look(step)).state).toBe('running');
    await writeFile(bench.marks, '');
    expect(await until(bench.runs, step, 'finished')).toMatchObject({ code: 4 });
  });
});

describe('taking', () => {
  test('a supervisor that was frozen before it began never runs its program', async () => {
    await bench.with(brokenAt('before begun', 'SIGSTOP')).start(shell(bench, step, 'echo ran >> $MARKS'));
    await expect.poll(async () => (await readdir(folder())).some((name) => /^exit\.\d+$/.test(name))).toBe(true);
    expect(await bench.runs.look(step)).toMatchObject({ state: 'sent' });
    expect(await bench.runs.take(step)).toBe('taken');
    const frozen = supervisorPid();
    expect(frozen).toHaveLength(1);
    process.kill(frozen[0] ?? 0, 'SIGCONT');
    await expect.poll(() => supervisorPid().length).toBe(0);
    expect(await bench.runs.look(step)).toMatchObject({ state: 'taken' });
    expect(await bench.marked()).toBe('');
  });

  test('a step that was never sent can be taken, and then not be sent', async () => {
    expect(await bench.runs.take(step)).toBe('taken');
    expect(await bench.runs.start(shell(bench, step, 'echo ran >> $MARKS'))).toEqual({ state: 'already_sent' });
    expect(await bench.runs.look(step)).toMatchObject({ state: 'taken', head: null });
  });

  test('never both taken and run, whenever it is taken', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 250 }), async (delay) => {
        const own = { ...step, step: `s${seen.size}-${Math.random().toString(36).slice(2)}` };
        const file = `${bench.marks}.${own.step}`;
        const [, taken] = await Promise.all([
          bench.runs.start({ ...shell(bench, own, 'echo ran >> $MARKS'), env: { MARKS: file } }),
          sleep(delay).then(() => bench.runs.take(own)),
        ]);
        const { state } = await until(bench.runs, own, 'finished', 'taken');
        const marks = await readFile(file, 'utf8').catch(() => '');
        seen.add(taken);
        expect([taken, state, marks]).toEqual(
          taken === 'taken' ? ['taken', 'taken', ''] : ['begun_already', 'finished', 'ran\n'],
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('plans', () => {
  test('are opened once, closed once, and never opened again', async () => {
    expect(await bench.runs.open(step)).toBe('exists');
    expect(await bench.runs.close(step)).toEqual({ state: 'closed', running: [] });
    expect(await bench.runs.close(step)).toEqual({ state: 'already', running: [] });
    expect(await bench.runs.open(step)).toBe('plan_over');
    expect(await bench.runs.start(shell(bench, step, 'echo ran >> $MARKS'))).toEqual({ state: 'plan_over' });
    expect(await bench.runs.take(step)).toBe('plan_over');
    expect(await bench.runs.look(step)).toMatchObject({ state: 'absent', plan: 'over' });
    expect(await bench.marked()).toBe('');
  });

  test('that are closed before they were opened here stay closed', async () => {
    const late = { ...step, plan: 'plan2' };
    expect(await bench.runs.start(shell(bench, late, 'true'))).toEqual({ state: 'plan_missing' });
    expect(await bench.runs.look(late)).toMatchObject({ state: 'absent', plan: 'missing' });
    expect(await bench.runs.close(late)).toEqual({ state: 'closed', running: [] });
    expect(await bench.runs.open(late)).toBe('plan_over');
  });

  test('whose opening froze are closed only after it went on', async () => {
    const plan = { ...step, plan: 'slow' };
    const opening = bench.with(brokenAt('before a plan is made', 'SIGSTOP')).open(plan);
    // Its program comes by standard input, so the process is found by what it does: it is stopped.
    const stopped = () =>
      pidsNaming('"kolla-backup","exec"', 'cmdline').filter((pid) =>
        readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T '),
      );
    await expect.poll(() => stopped().length).toBe(1);
    const closing = bench.runs.close(plan);
    await sleep(700);
    for (const pid of stopped()) process.kill(pid, 'SIGCONT');
    expect([await opening, await closing]).toEqual(['opened', { state: 'closed', running: [] }]);
    expect(await bench.runs.look(plan)).toMatchObject({ state: 'absent', plan: 'over' });
  });

  test('racing to be opened and closed end closed', async () => {
    const plans = Array.from({ length: 8 }, (_, at) => ({ ...step, plan: `race${at}` }));
    await Promise.all(plans.flatMap((plan) => [bench.runs.open(plan), bench.runs.close(plan), bench.runs.open(plan)]));
    for (const plan of plans) expect(await bench.runs.open(plan)).toBe('plan_over');
  });

  test('that are closed keep a frozen step from beginning, and what ran in them can be read', async () => {
    const other = { ...step, step: 'step2' };
    await bench.runs.start(shell(bench, other, 'echo hello; exit 5'));
    await until(bench.runs, other, 'finished');
    await bench.with(brokenAt('before begun', 'SIGSTOP')).start(shell(bench, step, 'echo ran >> $MARKS'));
    await expect.poll(async () => (await readdir(folder())).some((name) => /^exit\.\d+$/.test(name))).toBe(true);
    const frozen = supervisorPid();
    expect(await bench.runs.close(step)).toEqual({ state: 'closed', running: [] });
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
    await expect.poll(() => supervisorPid().length).toBe(0);
    expect(await bench.runs.look(step)).toMatchObject({ state: 'sent', plan: 'over' });
    expect(await bench.runs.take(step)).toBe('plan_over');
    expect(await bench.marked()).toBe('');
    expect(await bench.runs.look(other)).toMatchObject({ state: 'finished', code: 5, output: { text: 'hello\n' } });
  });

  test('with something running are closed only if that is wanted; it then goes on', async () => {
    await bench.runs.start(shell(bench, step, 'while [ ! -e $MARKS ]; do sleep 0.05; done; echo end; exit 6'));
    await until(bench.runs, step, 'running');
    expect(await bench.runs.close(step)).toEqual({ state: 'running', running: ['step1'] });
    expect(await bench.runs.remove(step.operation)).toMatchObject({ state: 'kept', open: ['plan1'] });
    expect(await bench.runs.close(step, { evenIfRunning: true })).toEqual({ state: 'closed', running: ['step1'] });
    expect(await bench.runs.remove(step.operation)).toMatchObject({ state: 'kept', running: ['step1'] });
    await writeFile(bench.marks, '');
    const look = await until(bench.runs, step, 'finished');
    expect(look).toMatchObject({ code: 6, plan: 'over', output: { text: 'end\n' } });
    expect(await bench.runs.remove(step.operation)).toEqual({ state: 'removed' });
    expect(await bench.runs.remove(step.operation)).toEqual({ state: 'absent' });
    expect(await bench.runs.look(step)).toMatchObject({ state: 'absent', plan: 'missing' });
  });

  test('and their heads are remembered', async () => {
    const heads = [3, 12, 7].map((seq) => ({ seq, hash: `h${seq}` }));
    for (const [at, head] of heads.entries())
      await bench.runs.start({ ...shell(bench, { ...step, step: `s${at}` }, 'true'), head });
    await bench.runs.take({ ...step, step: 's9' });
    for (const at of heads.keys()) await until(bench.runs, { ...step, step: `s${at}` }, 'finished');
    await bench.runs.close(step);
    const steps = [
      ...heads.map((head, at) => ({ step: `s${at}`, head, begun: true })),
      { step: 's9', head: null, begun: true },
    ];
    const plans = [{ plan: 'plan1', over: true, steps }];
    expect(await bench.runs.heads()).toEqual([{ operation: step.operation, plans, highest: heads[1] }]);
  });
});

describe('who lives', () => {
  async function unclear(): Promise<string> {
    await bench.with(brokenAt('before the program', 'SIGKILL')).start(shell(bench, step, 'true'));
    await until(bench.runs, step, 'unclear');
    const names = await readdir(folder());
    return join(folder(), names.find((name) => name.startsWith('supervisor.') && name !== 'supervisor.log') ?? '');
  }

  test('another process with the supervisor’s pid, one of another boot, and a zombie are not it', async () => {
    const file = await unclear();
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const startOf = async (pid: number) =>
      Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ')[19]);
    const claim = (pid: number, started: number, on = boot) =>
      writeFile(file, JSON.stringify({ pid, started, boot: on, unit: null }));
    const state = async () => (await bench.runs.look(step)).state;
    const own = await startOf(process.pid);
    await claim(process.pid, own);
    expect(await state()).toBe('running');
    await claim(process.pid, own - 1);
    expect(await state()).toBe('unclear');
    await claim(process.pid, own, 'another');
    expect(await state()).toBe('unclear');
    // The parent of the zombie never waits for it.
    const zombieFile = `${bench.marks}.zombie`;
    void bench.host.run({
      argv: ['sh', '-c', `sh -c 'echo $$ > "$0"' "$0" & exec sleep 3`, zombieFile],
      timeoutMs: 10_000,
    });
    await expect.poll(async () => Number(await readFile(zombieFile, 'utf8').catch(() => ''))).toBeGreaterThan(0);
    const zombie = Number(await readFile(zombieFile, 'utf8'));
    await expect.poll(async () => (await readFile(`/proc/${zombie}/stat`, 'utf8')).split(') ')[1]?.[0]).toBe('Z');
    await claim(zombie, await startOf(zombie));
    expect(await state()).toBe('unclear');
  });

  test.each([
    ['by its environment, in another session', 'setsid sleep 60 & echo'],
    ['by its session, with another environment', 'env -i sleep 60 & echo'],
  ])('a grandchild is found %s', async (_, script) => {
    await bench.with(brokenAt('before its exit code is written', 'SIGKILL')).start(shell(bench, step, script));
    const look = await until(bench.runs, step, 'orphaned');
    for (const pid of look.state === 'orphaned' ? look.pids : []) process.kill(pid, 'SIGKILL');
    await until(bench.runs, step, 'unclear');
  });

  test('a process that only names the step in its arguments, or whose step begins alike, is not one of it', async () => {
    await unclear();
    const env = `${marker()}0`;
    const asked = bench.host.run({ argv: ['env', env, 'sleep', '2'], timeoutMs: 10_000 });
    const named = bench.host.run({ argv: ['sh', '-c', 'sleep 2', marker()], timeoutMs: 10_000 });
    await sleep(300);
    expect((await bench.runs.look(step)).state).toBe('unclear');
    await Promise.all([asked, named]);
  });
});

describe('output', () => {
  test('is whole when a program closes it a while before it ends', async () => {
    await bench.runs.start(shell(bench, step, 'echo completed OK!; exec >&- 2>&-; sleep 0.5'));
    expect((await until(bench.runs, step, 'finished')).output.text).toBe('completed OK!\n');
  });

  test('is bounded: the first bytes, a mark, the last lines', async () => {
    const limits = { outputBytes: 1_000, tailBytes: 200 };
    await bench.runs.start({ ...shell(bench, step, 'seq 1 50; sleep 0.5; seq 1001 3000'), limits });
    await until(bench.runs, step, 'finished');
    const { output } = await bench.runs.look(step);
    const lines = output.text.split('\n');
    expect(lines.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, at) => String(at + 1)));
    expect(output.text).toMatch(/\n\[\d+ bytes were left out here\]\n\d{4}\n/);
    expect(lines.slice(-3)).toEqual(['2999', '3000', '']);
    expect(output.size).toBeLessThan(1_300);
    const left = Number(/\[(\d+) bytes/.exec(output.text)?.[1]);
    const all = 141 + 2_000 * 5;
    expect(left + output.size - `\n[${left} bytes were left out here]\n`.length).toBe(all);
  });

  test('can be followed in pieces that together are the whole', async () => {
    await bench.runs.start(
      shell(bench, step, 'i=0; while [ $i -lt 40 ]; do echo "line ä $i"; i=$((i+1)); sleep 0.02; done; seq 1 100000'),
    );
    let text = '';
    for (let next = 0, done = false; !done; ) {
      const look = await bench.runs.look(step, next);
      text += look.output.text;
      next = look.output.next;
      done = look.state === 'finished' && next === look.output.size;
    }
    const numbers = Array.from({ length: 100_000 }, (_, at) => `${at + 1}\n`).join('');
    expect(text === `${Array.from({ length: 40 }, (_, at) => `line ä ${at}\n`).join('')}${numbers}`).toBe(true);
  });

  test('is without the secrets of the host, and says which of them it could not read', async () => {
    const files = { yml: `${bench.marks}.yml`, cnf: `${bench.marks}.cnf`, vault: `${bench.marks}.vault.yml` };
    const key = [
      '-----BEGIN PRIVATE KEY-----',
      'MIIEvQIBADANBgkqhkiG9w0',
      'c2hvcnQ',
      'x9==',
      '-----END PRIVATE KEY-----',
    ];
    const block = key.map((line) => `    ${line}\n`).join('');
    await writeFile(
      files.yml,
      `---\n# comment\ndatabase_password: hunter2hunter2\nkeystone_password: 'it''s "quoted"'\nkolla_ssh_key:\n  private_key: |\n${block}`,
    );
    await writeFile(files.cnf, '[mysqld]\nwsrep_sst_auth=root:galera/pass+word\ndatadir=/var/lib/mysql/\n');
    await writeFile(files.vault, '$ANSIBLE_VAULT;1.1;AES256\n3132\n');
    const printed =
      'a hunter2hunter2 b; hunter2%68unter2 it\'s "quoted" it\'s \\"quoted\\" galera/pass+word galera%2Fpass%2Bword /var/lib/mysql/';
    await writeFile(bench.marks, `${printed}\n${key.join('\n')}\nmysql -uroot -pabc123 --password=xyz\n`);
    const redact = { files: [...Object.values(files), '/does/not/exist'], patterns: ['(?P<keep>token )[a-z]+'] };
    const sent = await bench.runs.start({ ...shell(bench, step, 'cat $MARKS; echo token abcdefg'), redact });
    expect(sent.state === 'sent' && sent.redaction.map(({ file, problem }) => [file, problem])).toEqual([
      [files.vault, 'vault'],
      ['/does/not/exist', 'unreadable'],
    ]);
    const { output } = await until(bench.runs, step, 'finished');
    expect(output.text.split('\n')).toEqual([
      'a *** b; *** *** *** *** *** /var/lib/mysql/',
      '***',
      '***',
      '***',
      '***',
      '******',
      'mysql -uroot -p*** --password=***',
      'token ***',
      '',
    ]);
    await rm(files.yml);
  });
});

test('a base that others can write to, or that cannot be made, is refused', async () => {
  await rm(bench.base, { recursive: true });
  await mkdir(bench.base, { mode: 0o777 });
  await chmod(bench.base, 0o777);
  await expect(bench.runs.open(step)).rejects.toEqual(failed);
  await rm(bench.base, { recursive: true });
  await writeFile(bench.base, '');
  await expect(bench.runs.open(step)).rejects.toEqual(failed);
});
