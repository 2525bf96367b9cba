import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startMini } from '../../lab/mini/cloud.ts';

const MAIN = join(import.meta.dirname, '../../lab/mini/main.ts');
const GONE_LIMIT_MS = 10_000;

/** Processes whose control group or command line belongs to a cloud, as pids. */
async function processesOf(index: number): Promise<string[]> {
  const mark = new RegExp(`kolla-backup-mini-${index}/|mini/clouds/${index}/`);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const belongs = async (pid: string) => {
    const texts = await Promise.all(
      ['cgroup', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    return texts.some((text) => mark.test(text));
  };
  const marks = await Promise.all(pids.map(belongs));
  return pids.filter((_, position) => marks[position]);
}

async function cgroupsOf(index: number): Promise<string[]> {
  const names = ['', ...(await readdir('/sys/fs/cgroup'))];
  return names
    .map((name) => join('/sys/fs/cgroup', name, `kolla-backup-mini-${index}`))
    .filter((path) => existsSync(path));
}

const mountsOf = async (index: number) =>
  (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => line.includes(`mini/clouds/${index}/`));

test('a run that is killed leaves no process and no mount, and the next one starts over its remains', async () => {
  const runner = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of runner.stdout) {
    output += chunk;
    if (output.includes('Ctrl-C')) break;
  }
  const index = Number(/address block (\d+)/.exec(output)?.[1]);
  // Three engines, three databases and what they need, at the least.
  expect((await processesOf(index)).length).toBeGreaterThan(15);
  runner.kill('SIGKILL');
  await once(runner, 'exit');
  for (const until = Date.now() + GONE_LIMIT_MS; (await processesOf(index)).length > 0 && Date.now() < until; )
    await sleep(100);
  expect(await processesOf(index)).toEqual([]);
  expect(await mountsOf(index)).toEqual([]);
  const next = await startMini({ index });
  expect((await next.nodes[0].wsrep())?.['wsrep_cluster_size']).toBe('3');
  await next.stop();
  expect({ processes: await processesOf(index), cgroups: await cgroupsOf(index), files: existsSync(next.dir) }).toEqual(
    {
      processes: [],
      cgroups: [],
      files: false,
    },
  );
}, 300_000);

test('two clouds side by side know nothing of each other, and resetting or killing one leaves the other alone', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kolla-backup-mini-'));
  const [one, other] = await Promise.all([startMini(), startMini({ dir })]);
  try {
    expect(one.index).not.toBe(other.index);
    await expect(startMini({ index: one.index })).rejects.toThrow(/is in use/);
    await one.nodes[0].sql("INSERT INTO keystone.project (id, name, domain_id) VALUES ('one', 'one', 'default')");
    const count = "SELECT COUNT(*) FROM keystone.project WHERE id = 'one'";
    expect([await one.nodes[1].sql(count), await other.nodes[1].sql(count)]).toEqual(['1\n', '0\n']);
    expect(one.nodes[0].machineId).not.toBe(other.nodes[0].machineId);
    await one.nodes[2].kill();
    await one.reset();
    expect([await one.nodes[1].sql(count), (await other.nodes[0].wsrep())?.['wsrep_cluster_size']]).toEqual([
      '0\n',
      '3',
    ]);
    expect((await other.kolla(['mariadb_backup'])).code).toBe(0);
    expect((await one.nodes[0].exec(['docker', 'volume', 'inspect', 'mariadb_backup'])).code).toBe(1);
  } finally {
    await Promise.all([one.stop(), other.stop()]);
    await rm(dir, { recursive: true, force: true });
  }
}, 300_000);
