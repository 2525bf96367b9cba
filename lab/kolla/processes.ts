/** The lab's processes: one keeper that holds the network and ends everything, and one machine after another in it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { BRIDGE, CGROUP, labFolder, PLACES, type Place, SSH_PORT } from './layout.ts';

const START_LIMIT_MS = 20_000;
const END_LIMIT_MS = 60_000;
const script = (name: string) => join(import.meta.dirname, 'machine', name);
const pidFile = () => join(labFolder(), 'keeper.pid');

/** Starts a program that outlives this one; its output goes into a file of the lab's folder. */
async function detached(argv: readonly [string, ...string[]], log: string): Promise<number> {
  const [program, ...rest] = argv;
  const output = await open(log, 'w');
  const child = spawn(program, rest, { detached: true, stdio: ['ignore', output.fd, output.fd], cwd: '/' });
  child.unref();
  await output.close();
  if (child.pid === undefined) throw new Error(`${program} could not be started`);
  return child.pid;
}

async function said(log: string, pid: number, what: string): Promise<void> {
  for (const until = Date.now() + START_LIMIT_MS; ; await sleep(50)) {
    const text = await readFile(log, 'utf8').catch(() => '');
    if (/^ready$/m.test(text)) return;
    if (!existsSync(`/proc/${pid}`) || Date.now() > until) throw new Error(`${what} did not come up: ${text}`);
  }
}

const childrenOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim().split(' ').filter(Boolean);

/** The process ids of the keeper's `unshare` and of the first process in its name spaces; null when it doesn't run. */
export async function keeper(): Promise<{ readonly outer: number; readonly inner: number } | null> {
  const outer = Number.parseInt(await readFile(pidFile(), 'utf8').catch(() => ''), 10);
  if (Number.isNaN(outer)) return null;
  // A pid is given again one day; its command line tells. Another checkout may have started it.
  const command = await readFile(`/proc/${outer}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes('/keeper.sh\0') || !command.includes(BRIDGE)) return null;
  const [inner] = await childrenOf(outer);
  return inner === undefined ? null : { outer, inner: Number(inner) };
}

async function inKeeper(spaces: readonly string[]): Promise<[string, ...string[]]> {
  const found = await keeper();
  if (found === null) throw new Error('the lab is down');
  return ['nsenter', '--target', String(found.inner), ...spaces.map((space) => `--${space}`), '--'];
}

/** Starts the network and what brings the machines' sshd to the loopback. Rejects with nothing left running. */
export async function startKeeper(): Promise<void> {
  await startParts().catch(async (error: unknown) => {
    await endKeeper();
    throw error;
  });
}

async function startParts(): Promise<void> {
  const dir = labFolder();
  await mkdir(dir, { recursive: true });
  const unshare = ['--mount', '--net', '--pid', '--ipc', '--fork', '--kill-child=SIGKILL', '--mount-proc', '--'];
  const network = PLACES.flatMap(({ hostname, address }) => [hostname, address]);
  const log = join(dir, 'keeper.log');
  const pid = await detached(['unshare', ...unshare, 'sh', script('keeper.sh'), BRIDGE, ...network], log);
  await writeFile(pidFile(), `${pid}\n`);
  await said(log, pid, 'the network');
  const routes = PLACES.flatMap(({ login, address }) => [login, address, String(SSH_PORT)]);
  const enter = await inKeeper(['mount', 'pid']);
  const forwardLog = join(dir, 'forward.log');
  const forwarder = await detached(
    [...enter, 'python3', '-I', script('forward.py'), '/proc/1/ns/net', ...routes],
    forwardLog,
  );
  await said(forwardLog, forwarder, 'the forwarder of the logins');
}

/** Ends every process of the lab at once. Files stay. */
export async function endKeeper(): Promise<void> {
  const found = await keeper();
  if (found !== null) {
    process.kill(found.inner, 'SIGKILL');
    for (const until = Date.now() + END_LIMIT_MS; existsSync(`/proc/${found.outer}`); await sleep(50))
      if (Date.now() > until) throw new Error(`the lab's first process ${found.inner} does not end`);
  }
  await rm(pidFile(), { force: true });
  await removeGroups(CGROUP);
}

/** The empty control groups that ended machines leave behind. */
export async function removeGroups(group: string): Promise<void> {
  const find = `for dir in /sys/fs/cgroup/${group} /sys/fs/cgroup/*/${group}; do
    [ ! -d "$dir" ] || find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || true; done`;
  await execa('sh', ['-c', find]);
}

/** Whether it is the first process in its own name space: what systemd is about to start is in its group, too, at first. */
const isFirst = async (pid: string) =>
  /^NSpid:.*\t1$/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));

/** The process id, on this machine, of a machine's systemd; undefined while it is off. */
export async function initOf({ group }: Pick<Place, 'group'>): Promise<number | undefined> {
  for (const base of ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup']) {
    const text = await readFile(join(base, group, 'init.scope/cgroup.procs'), 'utf8').catch(() => '');
    for (const pid of text.split('\n').filter(Boolean)) if (await isFirst(pid)) return Number(pid);
  }
  return undefined;
}

/** A machine without power answers nobody: with its network up the kernel, which it shares, would refuse for it. */
async function setLink({ hostname }: Place, state: 'up' | 'down'): Promise<void> {
  const [program, ...enter] = await inKeeper(['mount', 'net']);
  await execa(program, [...enter, 'ip', '-n', hostname, 'link', 'set', 'eth0', state]);
}

/** Power on. `lower` are the read-only directories of its root file system, the topmost first. */
export async function startMachine(place: Place, lower: readonly string[]): Promise<void> {
  const dir = join(labFolder(), place.hostname);
  for (const part of ['root', 'upper', 'work', 'docker', 'containerd', 'containers'])
    await mkdir(join(dir, part), { recursive: true });
  await setLink(place, 'up');
  const enter = await inKeeper(['mount', 'net', 'pid']);
  const network = `/run/netns/${place.hostname}`;
  const argv = [script('start.sh'), place.group, network, lower.join(':'), dir, place.hostname];
  const log = join(dir, 'machine.log');
  const pid = await detached([...enter, 'sh', ...argv], log);
  for (const until = Date.now() + START_LIMIT_MS; (await initOf(place)) === undefined; await sleep(50))
    if (!existsSync(`/proc/${pid}`) || Date.now() > until)
      throw new Error(`${place.hostname} did not come up: ${await readFile(log, 'utf8')}`);
}

/** Power off, at once: nobody is told, not even that its connections end. */
export async function killMachine(place: Place): Promise<void> {
  await setLink(place, 'down');
  const init = await initOf(place);
  if (init !== undefined) process.kill(init, 'SIGKILL');
  for (const until = Date.now() + END_LIMIT_MS; (await initOf(place)) !== undefined; await sleep(50))
    if (Date.now() > until) throw new Error(`${place.hostname} does not end`);
  await removeGroups(place.group);
}
