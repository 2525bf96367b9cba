/** The doctor against a whole cloud: all good as it is, and each thing that is broken is named before an operation meets it. */

import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MiniMachine } from '../../lab/mini/cloud.ts';
import { packageTree } from '../../lab/packages.ts';
import { CLOUD, type Stack, startStack } from '../../lab/stack.ts';
import { examined, runDoctor, type Settings, withConfig } from '../support/doctor.ts';
import { certify, makeKey, startAgent } from '../support/ssh-identities.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const look = () => examined(stack.environment);
const node = (number: 0 | 1 | 2) => stack.cloud.nodes[number];
const about = (number: 0 | 1 | 2) => `Cloud ${CLOUD}, ${node(number).name}`;

/** Writes a file of a machine while something is done; its mode stays. */
async function changed<T>(
  machine: MiniMachine,
  path: string,
  change: (text: string) => string,
  act: () => Promise<T>,
): Promise<T> {
  const before = await machine.must(['cat', path]);
  // Through a rename, for sshd, sudo and Ansible may read it meanwhile.
  const write = (content: string) =>
    machine.must(['sh', '-c', 'cp -p "$0" "$0.new" && cat > "$0.new" && mv "$0.new" "$0"', path], { stdin: content });
  await write(change(before));
  try {
    return await act();
  } finally {
    await write(before);
  }
}

/** What lies where the doctor might leave something, on every machine; `~/.ansible` is Ansible's own, made by its first run. */
async function traces(): Promise<string> {
  const machines = [...stack.cloud.nodes, stack.cloud.deploy];
  const script =
    'ls -A /run /var/lib /tmp /root /etc/sudoers.d /etc/systemd/system 2>/dev/null | grep -vx -e .ansible -e lease; pgrep -fc "[k]olla-backup-doctor|^sleep" || true';
  return (await Promise.all(machines.map((machine) => machine.must(['sh', '-c', script])))).join('---\n');
}

test('as the lab is: all good, exit code 0, and nothing is left anywhere', async () => {
  const before = await traces();
  const { found, exit, checks } = await look();
  expect(found).toEqual([]);
  expect(exit).toBe(0);
  expect(checks.length).toBeGreaterThan(60);
  expect(await traces()).toBe(before);
  expect(stack.slack.messages('cloud-ops')).toEqual([]);
  expect(stack.slack.files()).toEqual([]);
});

test('for people: a table without colours where there is no terminal, ending with the verdict', async () => {
  const { stdout, exitCode } = await runDoctor(stack.environment);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Cloud lab, deploy host$/m);
  expect(stdout).toMatch(/ {2}good {5}backup lock /);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ checks: all good\. Exit code 0\.$/);
  expect(stdout).not.toContain('\u001b');
});

test('a changed host key, and nothing else is held up by it', async () => {
  const file = join(stack.dir, 'known_hosts');
  const { address, port } = { address: node(1).ssh.host, port: node(1).ssh.port };
  await copyFile(stack.cloud.knownHostsFile, file);
  await execa('ssh-keygen', ['-R', `[${address}]:${port}`, '-f', file]);
  const foreign = (await readFile(`${stack.cloud.keyFile}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(file, `${await readFile(file, 'utf8')}[${address}]:${port} ${foreign}\n`);
  const seen = await withConfig(stack.config, ({ ssh }) => void Object.assign(ssh, { known_hosts: [file] }), look);
  expect(seen.exit).toBe(1);
  const login = seen.one('host.login', node(1).name);
  expect(login).toMatchObject({ result: 'bad', code: 'HOST_KEY_CHANGED' });
  expect(login.remedy).toMatch(/reinstalled/);
  // What needs the login is unknown, never good; the other hosts are looked at whole.
  const others = seen.checks.filter((one) => one.about === about(1) && one !== login);
  expect(new Set(others.map(({ result }) => result))).toEqual(new Set(['unknown']));
  expect(seen.checks.filter((one) => one.about === about(2)).every(({ result }) => result === 'good')).toBe(true);
});

test('a host that takes the connection and says nothing holds nobody up', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const at = silent.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  const began = performance.now();
  const seen = await withConfig(
    stack.config,
    ({ clouds }) => {
      const ssh = clouds[CLOUD]?.nodes[node(2).name]?.ssh ?? {};
      Object.assign(ssh, { address: '127.0.0.1', port });
    },
    look,
  );
  silent.close();
  expect(performance.now() - began).toBeLessThan(90_000);
  expect(seen.one('host.login', node(2).name)).toMatchObject({ result: 'bad', code: 'HOST_UNREACHABLE' });
  expect(seen.checks.filter((one) => one.about === about(0)).every(({ result }) => result === 'good')).toBe(true);
  expect(seen.one('cloud.galera').result).toBe('unknown');
});

test('two nodes whose addresses were mixed up', async () => {
  const seen = await withConfig(
    stack.config,
    ({ clouds }) => {
      const nodes = clouds[CLOUD]?.nodes ?? {};
      const [one, two] = [nodes[node(1).name], nodes[node(2).name]];
      if (one === undefined || two === undefined) throw new Error('no such nodes');
      [one.ssh, two.ssh] = [two.ssh, one.ssh];
    },
    look,
  );
  expect(seen.exit).toBe(1);
  expect(seen.found).toEqual([
    `${about(1)}: node.machine bad NODE_IS_ANOTHER_MACHINE`,
    `${about(2)}: node.machine bad NODE_IS_ANOTHER_MACHINE`,
  ]);
  expect(seen.one('node.machine', node(1).name).remedy).toMatch(/ansible_host/);
});

test('config and inventory name different nodes', async () => {
  const seen = await withConfig(stack.config, ({ clouds }) => void delete clouds[CLOUD]?.nodes[node(2).name], look);
  expect(seen.found).toContain(`Cloud ${CLOUD}, deploy host: deploy.inventory bad NODES_DIFFER`);
});

test('no sudo, and one right that is missing', async () => {
  const asKolla = <T>(act: () => Promise<T>) =>
    withConfig(stack.config, ({ ssh }) => void Object.assign(ssh, { user: 'kolla', sudo: true }), act);
  const seen = await asKolla(() =>
    changed(
      node(1),
      '/etc/sudoers',
      (text) => text.replace(/^kolla .*$/m, ''),
      () =>
        changed(
          node(2),
          '/etc/sudoers',
          (text) => text.replace(/^kolla .*$/m, 'kolla ALL=(ALL) NOPASSWD: ALL, !/usr/bin/docker'),
          look,
        ),
    ),
  );
  expect(seen.exit).toBe(1);
  const refused = seen.one('host.rights', node(1).name);
  expect(refused).toMatchObject({ result: 'bad', code: expect.stringMatching(/^SUDO_/) });
  expect(refused.remedy).toMatch(/doctor --sudoers/);
  expect(seen.one('host.login', node(1).name).result).toBe('good');
  expect(seen.one('host.rights', node(2).name).result).toBe('good');
  expect(seen.one('node.galera', node(2).name)).toMatchObject({ result: 'bad', code: expect.stringMatching(/^SUDO_/) });
  expect(seen.checks.filter((one) => one.about === about(0)).every(({ result }) => result === 'good')).toBe(true);
});

test('a login that is neither root nor uses sudo', async () => {
  const seen = await withConfig(stack.config, ({ ssh }) => void Object.assign(ssh, { user: 'kolla' }), look);
  expect(seen.one('host.rights', node(0).name)).toMatchObject({ result: 'bad', code: 'HOST_NOT_ROOT' });
});

test('through a jump host that may only forward, with a key in an agent', async () => {
  const [jump, behind] = [node(0), node(1)];
  const encrypted = await makeKey(join(stack.dir, 'id_agent'), 'ed25519', 'a passphrase');
  const agent = await startAgent(stack.dir);
  const terms = { ...stack.environment, SSH_AUTH_SOCK: agent.socket };
  const lines = async () => (await runDoctor(terms, '--authorized-keys')).stdout.split('\n\n');
  const through = ({ clouds }: Settings) => {
    const { ssh } = clouds[CLOUD]?.nodes[behind.name] ?? { ssh: {} };
    const { host: address, port } = jump.ssh;
    Object.assign(ssh, { key_files: [encrypted], jump: [{ address, port, user: 'kolla' }] });
  };
  const public_ = (ssh: Record<string, unknown>) =>
    Object.assign(ssh, { agent: true, key_files: [`${encrypted}.pub`] });
  try {
    // Without an agent nobody types the passphrase.
    const alone = await withConfig(stack.config, through, () => examined(terms));
    expect(alone.one('host.login', behind.name)).toMatchObject({ result: 'bad', code: 'SSH_KEY_ENCRYPTED' });
    const open = join(stack.dir, 'id_open');
    await copyFile(encrypted, open);
    await execa('ssh-keygen', ['-q', '-p', '-P', 'a passphrase', '-N', '', '-f', open]);
    await agent.add(open);
    await withConfig(
      stack.config,
      (config) => {
        through(config);
        const ssh = config.clouds[CLOUD]?.nodes[behind.name]?.ssh ?? {};
        public_(ssh);
        const [hop] = ssh['jump'] as Record<string, unknown>[];
        if (hop !== undefined) public_(hop);
      },
      async () => {
        const printed = await lines();
        const hop = printed.find((one) => one.startsWith('# On the jump host')) ?? '';
        const host = printed.find((one) => one.includes(behind.name) && !one.includes('jump host')) ?? '';
        const refused = await examined(terms);
        expect(refused.one('host.login', behind.name)).toMatchObject({ result: 'bad', code: 'HOST_LOGIN_REFUSED' });
        const keys = '.ssh/authorized_keys';
        await changed(
          jump,
          `/home/kolla/${keys}`,
          () => `${hop}\n`,
          async () => {
            const seen = await changed(
              behind,
              `/root/${keys}`,
              (text) => `${text}${host}\n`,
              () => examined(terms),
            );
            expect(seen.found).toEqual([]);
            expect(seen.one('host.login', behind.name).finding).toContain(`through ${jump.ssh.host}:${jump.ssh.port}`);
          },
        );
        const other = hop.replace(/permitopen="[^"]*"/, 'permitopen="192.0.2.1:22"');
        const denied = await changed(
          jump,
          `/home/kolla/${keys}`,
          () => `${other}\n`,
          () => examined(terms),
        );
        expect(denied.one('host.login', behind.name)).toMatchObject({ result: 'bad', code: 'JUMP_REFUSED' });
        expect(denied.one('host.login', behind.name).remedy).toMatch(/permitopen/);
      },
    );
  } finally {
    await agent.stop();
  }
});

test('a certificate that has expired', async () => {
  const authority = await makeKey(join(stack.dir, 'authority'));
  const key = await makeKey(join(stack.dir, 'id_certified'));
  const certificate = await certify(authority, key, ['-n', 'root', '-V', '-2d:-1d']);
  const seen = await withConfig(
    stack.config,
    ({ clouds }) =>
      void Object.assign(clouds[CLOUD]?.nodes[node(1).name]?.ssh ?? {}, {
        key_files: [key],
        certificate_files: [certificate],
      }),
    look,
  );
  const login = seen.one('host.login', node(1).name);
  expect(login).toMatchObject({ result: 'bad' });
  expect(login.code).toMatch(/^(SSH_CERTIFICATE_UNUSABLE|HOST_LOGIN_REFUSED)$/);
  expect(login.finding).toMatch(/expired/);
});

test('a clock that is off', async () => {
  // What asks for the time there gets it from libfaketime, as if the clock were set wrong; sshd itself can't bear that.
  const tree = await packageTree('faketime', ['libfaketime']);
  const library = await readFile(join(tree, 'usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'));
  const machine = node(2);
  await machine.must(['sh', '-c', 'base64 -d > /usr/lib/libfaketime.so.1'], { stdin: library.toString('base64') });
  for (const program of ['date', 'python3'])
    await machine.must(['sh', '-c', `cat > /usr/local/bin/${program} && chmod 755 /usr/local/bin/${program}`], {
      stdin: `#!/bin/sh\nexec env LD_PRELOAD=/usr/lib/libfaketime.so.1 FAKETIME=-600 /usr/bin/${program} "$@"\n`,
    });
  try {
    expect(Math.abs(Number(await machine.must(['date', '+%s'])) * 1000 + 600_000 - Date.now())).toBeLessThan(60_000);
    const seen = await look();
    expect(seen.exit).toBe(1);
    const clock = seen.one('host.clock', machine.name);
    expect(clock).toMatchObject({ result: 'bad', code: 'HOST_CLOCK_OFF' });
    expect(clock.finding).toMatch(/is (599|60\d)(\.\d)? s behind/);
    expect(clock.remedy).toMatch(/time service/);
    expect(seen.one('host.clock', node(1).name).result).toBe('good');
  } finally {
    await machine.must(['rm', '/usr/local/bin/date', '/usr/local/bin/python3', '/usr/lib/libfaketime.so.1']);
  }
});

test('disks without room: for a run directory, and for a copy', async () => {
  const machine = node(1);
  await machine.must([
    'sh',
    '-c',
    'mkdir -p /var/lib/kolla-backup && mount -t tmpfs -o size=1m tmpfs /var/lib/kolla-backup',
  ]);
  try {
    const seen = await withConfig(
      stack.config,
      ({ limits }) => void Object.assign(limits, { free_space_gib: 99_000 }),
      look,
    );
    expect(seen.exit).toBe(1);
    const run = seen.one('host.space', machine.name);
    expect(run).toMatchObject({ result: 'bad', code: 'RUN_SPACE_SHORT' });
    expect(run.remedy).toMatch(/Make room/);
    expect(seen.one('host.space', node(0).name).result).toBe('good');
    expect(seen.one('node.copy-space', node(0).name)).toMatchObject({ result: 'bad', code: 'RESTORE_NO_ROOM' });
  } finally {
    await machine.must(['sh', '-c', 'umount /var/lib/kolla-backup && rmdir /var/lib/kolla-backup']);
  }
});

test('mariabackup not enabled', async () => {
  const { deploy } = stack.cloud;
  const off = (text: string) => text.replace('enable_mariabackup: "yes"', 'enable_mariabackup: "no"');
  const seen = await changed(deploy, '/etc/kolla/globals.yml', off, look);
  expect(seen.exit).toBe(1);
  expect(seen.found).toEqual([`Cloud ${CLOUD}, deploy host: deploy.backups bad MARIABACKUP_OFF`]);
  expect(seen.one('deploy.backups').remedy).toMatch(/enable_mariabackup: yes/);
});

test('passwords that nobody could decrypt', async () => {
  const locked = () => '$ANSIBLE_VAULT;1.1;AES256\n33363439643236313966\n';
  const seen = await changed(stack.cloud.deploy, '/etc/kolla/passwords.yml', locked, look);
  expect(seen.found).toEqual([0, 1, 2].map((one) => `${about(one as 0)}: node.machine bad KOLLA_VAULT_LOCKED`));
  expect(seen.one('node.machine', node(0).name).remedy).toMatch(/vault password file/);
});

test('Ansible that would ask for a password', async () => {
  const { deploy } = stack.cloud;
  const asKolla = (text: string) => text.replaceAll('ansible_user: root', 'ansible_user: kolla');
  const asks = (text: string) => text.replace(/NOPASSWD: ALL/, 'ALL');
  // sudo of this lab takes any password, but somebody would have to be there to type it.
  const pam = 'auth required pam_deny.so\naccount required pam_permit.so\nsession required pam_permit.so\n';
  const [inventory = ''] = stack.cloud.inventories;
  const seen = await changed(deploy, inventory, asKolla, () =>
    changed(node(2), '/etc/sudoers', asks, () => changed(node(2), '/etc/pam.d/sudo', () => pam, look)),
  );
  expect(seen.found).toEqual([`${about(2)}: node.machine bad KOLLA_BECOME_ASKS`]);
  expect(seen.one('node.machine', node(2).name).finding).toMatch(/password/);
});

test('a missing inventory, a wrong program, an argument that no plan may have', async () => {
  const seen = await withConfig(
    stack.config,
    ({ clouds }) => {
      const cloud = clouds[CLOUD];
      if (cloud !== undefined) cloud['inventories'] = [...stack.cloud.inventories, '/opt/not/there'];
    },
    look,
  );
  expect(seen.one('deploy.paths')).toMatchObject({ result: 'bad', code: 'DEPLOY_PATH_MISSING' });
  expect(seen.one('deploy.inventory')).toMatchObject({ result: 'bad', code: 'INVENTORY_UNREADABLE' });
  expect(seen.one('node.archive-space', `Cloud ${CLOUD}`).result).toBe('unknown');
  const other = await withConfig(
    stack.config,
    ({ clouds }) => {
      const deploy = clouds[CLOUD]?.['deploy_host'] as Record<string, unknown>;
      deploy['executable'] = '/opt/kolla-ansible-cli/bin/kolla-ansible';
    },
    look,
  );
  expect(other.one('deploy.release')).toMatchObject({ result: 'bad', code: 'KOLLA_CLI_MISSING' });
  expect(other.one('deploy.backups').result).toBe('unknown');
});

test('a host that ends what a login leaves behind', async () => {
  const machine = node(0);
  const stopping = new AbortController();
  // As logind does with KillUserProcesses=yes: what is left of the trial is killed when its login is over.
  const reaper = execa('true').then(async () => {
    const script = 'pgrep -x sleep && pkill -9 -f "kolla-backup-doctor.*run.py" && pkill -9 -x sleep';
    while (!stopping.signal.aborted) await machine.exec(['sh', '-c', script]);
  });
  const seen = await look().finally(() => stopping.abort());
  await reaper;
  expect(seen.exit).toBe(1);
  const run = seen.one('host.detached', machine.name);
  expect(run).toMatchObject({ result: 'bad', code: 'RUN_OUTLIVES_NOT' });
  expect(run.remedy).toMatch(/KillUserProcesses=no/);
  expect(seen.one('host.detached', node(1).name).result).toBe('good');
  expect(await machine.must(['sh', '-c', 'ls /run'])).not.toContain('doctor');
});

test('a node that is off', async () => {
  await node(2).kill();
  const seen = await look();
  expect(seen.exit).toBe(1);
  expect(seen.one('host.login', node(2).name)).toMatchObject({ result: 'bad', code: 'HOST_UNREACHABLE' });
  expect(seen.one('host.login', node(2).name).remedy).toMatch(/host is up/);
  expect(seen.one('node.datadir', node(2).name).result).toBe('unknown');
  expect(seen.one('place.bot').result).toBe('unknown');
  await node(2).start();
  await stack.cloud.synced();
});

test('a volume that is gone, with its container', async () => {
  await node(2).must(['systemctl', 'stop', 'kolla-mariadb-container.service']);
  await node(2).must(['docker', 'rm', '-f', 'mariadb']);
  await node(2).must(['docker', 'volume', 'rm', 'mariadb']);
  const seen = await look();
  expect(seen.exit).toBe(1);
  expect(seen.one('node.datadir', node(2).name)).toMatchObject({ result: 'bad', code: 'DATADIR_MISSING' });
  expect(seen.one('node.container', node(2).name).result).toBe('warning');
  expect(seen.one('cloud.galera')).toMatchObject({ result: 'warning' });
  expect(seen.one('node.galera', node(0).name).result).toBe('good');
});

test('arguments that are not as they must be', async () => {
  expect(await runDoctor(stack.environment, '--nothing')).toMatchObject({ exitCode: 2 });
  const other = await runDoctor(stack.environment, '--cloud', 'nowhere');
  expect(other).toMatchObject({ exitCode: 2 });
  expect(other.stderr).toMatch(/CLOUD_UNKNOWN/);
});
