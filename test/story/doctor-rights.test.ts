/** What `doctor --sudoers` and `--authorized-keys` print is enough for a backup, a restore and a discard, and no more than they use. */
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MiniMachine } from '../../lab/mini/cloud.ts';
import { CLOUD, type Part, type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { examined, runDoctor, withConfig } from '../support/doctor.ts';
import { approve, ask, untilIs, waitsForPeople } from '../support/restores.ts';
import { type Scene, sceneOf } from '../support/story.ts';

let stack: Stack;
let scene: Scene;
let wake: ReturnType<typeof redisWake>;
let worker: Part | undefined;
beforeAll(async () => {
  stack = await startStack();
  scene = sceneOf(stack);
  wake = redisWake(scene.redis);
});
afterAll(async () => {
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

const LOG = '/var/log/sudo.log';

/** Of what was printed, the lines for one machine. */
function block(printed: string, name: string): string {
  const found = printed.split('\n\n').find((one) => one.split('\n')[0]?.includes(`${CLOUD}: ${name}`));
  if (found === undefined) throw new Error(`nothing for ${name} in:\n${printed}`);
  return `${found}\n`;
}

/** The programs that sudo has run for the bot there. */
async function used(machine: MiniMachine): Promise<Set<string>> {
  const log = (await machine.must(['cat', LOG])).replaceAll('\n    ', ' ');
  expect(log).not.toMatch(/command not allowed|a password is required/);
  return new Set([...log.matchAll(/ ; COMMAND=(\S+)/g)].map(([, program = '']) => program));
}

const printed = (text: string) => new Set(/^Cmnd_Alias \w+ = (.*)$/m.exec(text)?.[1]?.split(', '));

test('with these rights, and no others, all goes well; each of them is used', async () => {
  const { cloud, environment } = stack;
  const { journal } = scene;
  const [node] = cloud.nodes;
  await withConfig(
    stack.config,
    ({ ssh }) => void Object.assign(ssh, { user: 'kolla', sudo: true }),
    async () => {
      const sudoers = (await runDoctor(environment, '--sudoers')).stdout;
      const keys = (await runDoctor(environment, '--authorized-keys')).stdout;
      const machines = [...cloud.nodes.map((one) => [one, one.name] as const), [cloud.deploy, 'deploy host'] as const];
      for (const [machine, name] of machines) {
        const rules = `root ALL=(ALL) ALL\nDefaults logfile=${LOG}\n${block(sudoers, name)}`;
        await machine.must(['sh', '-c', 'cat > /etc/sudoers && chmod 440 /etc/sudoers && visudo -cf /etc/sudoers'], {
          stdin: rules,
        });
        await machine.must(['tee', '/home/kolla/.ssh/authorized_keys'], { stdin: block(keys, name) });
      }

      const { host, port } = node.ssh;
      const login = ['-i', cloud.keyFile, '-o', `UserKnownHostsFile=${cloud.knownHostsFile}`, '-p', String(port)];
      const ssh = (...args: string[]) => execa('ssh', [...login, ...args], { reject: false, timeout: 20_000 });
      expect((await ssh(`kolla@${host}`, 'id', '-un')).stdout).toBe('kolla');
      expect((await ssh('-tt', `kolla@${host}`, 'tty')).stdout).not.toContain('/dev/pts');
      expect((await ssh('-W', `${host}:${port}`, `kolla@${host}`)).stderr).toMatch(/prohibited|refused|denied/);
      expect((await ssh(`kolla@${host}`, 'sudo', '-n', 'cp', '/etc/shadow', '/tmp')).exitCode).not.toBe(0);
      await node.must(['rm', '-f', LOG]);

      expect((await examined(environment)).found).toEqual([]);

      worker = await stack.start('worker');
      const done = async (id: string, what: string) => {
        const { end } = await untilIs(journal, id, (one) => one.end !== null, what, 300_000);
        expect(end?.how, await worker?.log()).toBe('succeeded');
      };
      const backup = async () => {
        const id = await ask(journal, { kind: 'backup', type: 'full' }, CLOUD);
        await wake.drive(id);
        await done(id, 'a backup');
      };
      await backup();
      const path = (await node.must(['sh', '-c', 'cd /var/lib/docker/volumes/mariadb_backup/_data && ls *.gz'])).trim();
      const archive = { path, node: null, sha256: null };
      const restore = await ask(journal, { kind: 'restore', archive, reason: 'a trial', olderSchemas: false }, CLOUD);
      await wake.drive(restore);
      await untilIs(journal, restore, waitsForPeople, 'a plan to approve');
      await approve(journal, restore);
      await wake.drive(restore);
      await done(restore, 'a restore');
      await backup();

      for (const [machine, name] of machines) {
        const rights = printed(block(sudoers, name));
        const ran = await used(machine);
        // What only the backup host is asked; every other right is used on each node.
        if (machine !== node && name !== 'deploy host')
          for (const own of ['df', 'du', 'sed']) rights.delete(`/usr/bin/${own}`);
        expect(
          [...ran].filter((one) => !printed(block(sudoers, name)).has(one)),
          name,
        ).toEqual([]);
        expect(
          [...rights].filter((one) => !ran.has(one)),
          name,
        ).toEqual([]);
      }
    },
  );
}, 600_000);
