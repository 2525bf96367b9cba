import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MiniCloud, startMini } from '../../lab/mini/cloud.ts';
import { connectClouds } from '../../src/connect.ts';
import { loadConfig } from '../../src/load-config.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const TYPER = fileURLToPath(new URL('../support/typer.py', import.meta.url));
const PEOPLE = ['--channel', 'C0123456789', '--requester', 'S0123456789', '--approver', 'U0123456789'];
const BACKUP_CONFIG = '/etc/kolla/mariabackup/my.cnf';
const UP = '\u0015'; // Ctrl-U: takes back what was typed

let cloud: MiniCloud;
let dir: string;
beforeAll(async () => {
  cloud = await startMini();
  dir = await mkdtemp(join(tmpdir(), 'init-'));
}, 300_000);
afterAll(async () => {
  await cloud?.stop();
  await rm(dir, { recursive: true, force: true });
});

type Run = { readonly code: number | null; readonly text: string };

function run(program: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: dir };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const hear = (piece: Buffer) => {
      text += piece;
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', hear);
    child.once('close', (code) => resolve({ code, text }));
  });
}

const init = (file: string, ...args: readonly string[]) =>
  run(process.execPath, [MAIN, 'init', join(dir, file), ...args]);

const place = () => `${cloud.deploy.ssh.host}:${cloud.deploy.ssh.port}`;
const login = () => ['--deploy-host', place(), '--key-file', cloud.keyFile];
const known = () => ['--known-hosts', cloud.knownHostsFile];
const inventories = () => cloud.inventories.flatMap((path) => ['--inventory', path]);

/** Logs in to every host of a config as the bot would. */
async function whoAmIEverywhere(file: string): Promise<string[]> {
  const config = loadConfig(file);
  const { hostsOf, close } = connectClouds(config, undefined);
  const hosts = hostsOf('prod');
  if (hosts === null) return [];
  const names = Object.keys(config.clouds['prod']?.nodes ?? {});
  const all = [hosts.deploy, ...names.map((name) => hosts.node(name))];
  const outcomes = await Promise.all(all.map((host) => host.run({ argv: ['id', '-u'], timeoutMs: 20_000 })));
  await close();
  return outcomes.map(({ stdout }) => stdout.trim());
}

describe('with options and without a terminal', () => {
  test('a config is written that loads and whose logins work; what is found is told', async () => {
    const { code, text } = await init('all.yml', ...login(), ...known(), ...inventories(), ...PEOPLE);
    expect(text).toMatch(/kolla-ansible 17\.9\.0, \/opt\/kolla-ansible-cli\/\.venv\/bin\/kolla-ansible/);
    expect(text).toMatch(new RegExp(`VIP ${cloud.vip}`));
    // Kolla's own setting of this release: the backup goes through the VIP.
    expect(text).toMatch(
      new RegExp(`\n(?!!)Backups take their lock through ${cloud.vip}: comfortable-lark.local answers there now`),
    );
    expect(text).toMatch(/Next, .*:\n {2}KOLLA_BACKUP_CONFIG=\S+all\.yml kolla-backup doctor\n/);
    expect({ code, marked: text.includes('!') }).toEqual({ code: 0, marked: false });
    const config = loadConfig(join(dir, 'all.yml'));
    expect(config.clouds['prod']).toMatchObject({
      inventories: [...cloud.inventories],
      nodes: Object.fromEntries(
        cloud.nodes.map(({ name, ssh }) => [name, { engine: 'docker', ssh: { address: ssh.host, port: ssh.port } }]),
      ),
      unit: 'kolla-mariadb-container.service',
      deploy_host: { executable: cloud.kollaAnsible, cwd: '/opt/kolla-ansible-cli' },
      approvers: { users: ['U0123456789'] },
    });
    expect(await whoAmIEverywhere(join(dir, 'all.yml'))).toEqual(['0', '0', '0', '0']);
  });

  test('a file that is there stays as it is', async () => {
    const before = await readFile(join(dir, 'all.yml'), 'utf8');
    const { code, text } = await init('all.yml', ...login(), ...known(), ...inventories(), ...PEOPLE);
    expect({ code, text }).toMatchObject({ code: 2, text: expect.stringMatching(/INIT_EXISTS/) });
    expect(await readFile(join(dir, 'all.yml'), 'utf8')).toBe(before);
  });

  test('another login than root becomes root by sudo', async () => {
    const { text } = await init('sudo.yml', ...login(), ...known(), ...inventories(), ...PEOPLE, '--user', 'kolla');
    expect(text).toMatch(/Written/);
    expect(loadConfig(join(dir, 'sudo.yml')).ssh).toMatchObject({ user: 'kolla', sudo: true });
    expect(await whoAmIEverywhere(join(dir, 'sudo.yml'))).toEqual(['0', '0', '0', '0']);
  });

  test('by a jump host, whose key alone is shown from here', async () => {
    const { host, port } = cloud.nodes[2].ssh;
    const jump = ['--jump', `${host}:${port}`];
    const { text } = await init('jump.yml', ...login(), ...jump, ...known(), ...inventories(), ...PEOPLE);
    expect(text).toMatch(/Written/);
    expect(loadConfig(join(dir, 'jump.yml')).ssh.jump).toEqual([{ address: host, port }]);
    expect(await whoAmIEverywhere(join(dir, 'jump.yml'))).toEqual(['0', '0', '0', '0']);
    const unknown = await init('never.yml', ...login(), ...jump, '--known-hosts', join(dir, 'no'), ...PEOPLE);
    expect(unknown.text).toMatch(/^The host key of the jump host [^\n]* It shows:/);
    expect(unknown.text).not.toMatch(/of the deploy host/);
    expect(unknown.code).toBe(2);
  });

  test('a backup host that is asked by its own address, and nothing else to look at: 0', async () => {
    const [first] = cloud.nodes;
    const before = await first.must(['cat', BACKUP_CONFIG]);
    await first.must(['sed', '-i', `s/^host=.*/host=${first.ssh.host}/`, BACKUP_CONFIG]);
    const { code, text } = await init('own.yml', ...login(), ...known(), ...inventories(), ...PEOPLE);
    await first.must(['tee', BACKUP_CONFIG], { stdin: before });
    expect(text).toMatch(/Backups take their lock on comfortable-lark.local itself/);
    expect({ code, marked: text.includes('!') }).toEqual({ code: 0, marked: false });
  });

  test.each([
    ['the deploy host', () => [...known(), ...PEOPLE], /INIT_ANSWER_NEEDED.*Give it as --deploy-host/],
    ['the channel', () => [...login(), ...known()], /INIT_ANSWER_NEEDED.*channel.*Give it as --channel/],
    [
      'which of several inventories',
      () => [...login(), ...known(), ...PEOPLE],
      /found: \S+\/inventory\.yml \S+\/multinode\).*Give it as --inventory/,
    ],
    [
      'a channel by its id',
      () => [...login(), ...known(), '--channel', '#ops'],
      /INIT_ANSWER_WRONG: --channel .*not a channel id/,
    ],
    [
      'approvers who could ever approve',
      () => [...login(), ...known(), '--channel', 'C01', '--requester', 'U01', '--approver', 'U01'],
      /INIT_ANSWER_WRONG: --approver .*cannot be met/,
    ],
    [
      'an inventory that there is',
      () => [...login(), ...known(), ...PEOPLE, '--inventory', '/none'],
      /INVENTORY_UNREADABLE/,
    ],
    [
      'an absolute path',
      () => [...login(), ...known(), ...PEOPLE, '--kolla-ansible', 'kolla-ansible'],
      /kolla-ansible cannot be used: it is not an absolute path/,
    ],
    ['an option that there is', () => ['--inventry', 'x'], /USAGE: .*--inventory PATH/s],
  ])('needs %s, or writes nothing', async (_, args, said) => {
    const { code, text } = await init('never.yml', ...args());
    expect(text).toMatch(said);
    expect({ code, written: existsSync(join(dir, 'never.yml')) }).toEqual({ code: 2, written: false });
  });

  test('a backup host that the deployment names is written; that another node would hold its lock is told', async () => {
    const [, second] = cloud.nodes;
    const globals = '/etc/kolla/globals.d/custom-globals.yml';
    const before = await cloud.deploy.must(['cat', globals]);
    await cloud.deploy.must(['tee', '-a', globals], { stdin: `mariadb_backup_host: "${second.name}"\n` });
    const { code, text } = await init('other.yml', ...login(), ...known(), ...inventories(), ...PEOPLE);
    await cloud.deploy.must(['tee', globals], { stdin: before });
    expect(text).toMatch(
      /! On encouraging-bobcat\.local, .*my\.cnf sends mariabackup to .*where comfortable-lark .* answers/,
    );
    expect(code).toBe(1);
    expect(loadConfig(join(dir, 'other.yml')).clouds['prod']?.backup_host).toBe(second.name);
  });

  test('kolla-ansible on this machine', async () => {
    const bin = join(dir, 'venv/bin');
    await mkdir(bin, { recursive: true });
    const hosts = Object.fromEntries(
      cloud.nodes.map(({ name, ssh }) => [name, { ansible_host: ssh.host, ansible_port: ssh.port }]),
    );
    const listing = JSON.stringify({ _meta: { hostvars: hosts }, mariadb: { hosts: Object.keys(hosts) } });
    for (const [name, script] of [
      ['kolla-ansible', 'echo kolla-ansible 21.3.0'],
      ['ansible-inventory', `echo '${listing}'`],
      ['ansible', 'echo no variables >&2; exit 1'],
    ] as const)
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const options = [
      '--deploy-host',
      'local',
      '--key-file',
      cloud.keyFile,
      '--kolla-ansible',
      join(bin, 'kolla-ansible'),
    ];
    const { code, text } = await init('local.yml', ...options, ...known(), '--inventory', '/x', ...PEOPLE);
    expect(text).toMatch(/this machine: kolla-ansible 21\.3\.0/);
    expect(text).toMatch(/! .*globals\.yml cannot be read there[\s\S]*! DEPLOYMENT_UNREAD: .*no variables/);
    expect(code).toBe(1);
    const { deploy_host: deployHost } = loadConfig(join(dir, 'local.yml')).clouds['prod'] ?? {};
    expect(deployHost).toMatchObject({ local: true, sudo: false, cwd: dir });
  });

  test('a node that is down is written as the inventory has it, and told', async () => {
    await cloud.nodes[2].kill();
    const { code, text } = await init('down.yml', ...login(), ...known(), ...inventories(), ...PEOPLE);
    await cloud.nodes[2].start();
    expect(text).toMatch(/! hardcore-rodent\.local: .* was not looked at\. HOST_UNREACHABLE/);
    expect(code).toBe(1);
    expect(Object.keys(loadConfig(join(dir, 'down.yml')).clouds['prod']?.nodes ?? {})).toHaveLength(3);
  });
});

describe('a host key that is not on file', () => {
  const nowhere = () => ['--known-hosts', join(dir, 'none')];

  test('is never taken by itself', async () => {
    const { code, text } = await init('keys.yml', ...login(), ...nowhere(), ...inventories(), ...PEOPLE);
    expect(text).toMatch(/is not in .*none\. It shows:\n {2}\S+ SHA256:/);
    expect(text).toMatch(/HOST_KEY_UNKNOWN/);
    expect({ code, written: existsSync(join(dir, 'none')) }).toEqual({ code: 2, written: false });
  });

  test('is taken when its fingerprint was given, and that one alone', async () => {
    const shown = await cloud.deploy.must(['ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub']);
    const print = /SHA256:\S+/.exec(shown)?.[0] ?? '';
    const { code, text } = await init(
      'keys.yml',
      ...login(),
      ...nowhere(),
      ...inventories(),
      ...PEOPLE,
      '--trust-host-key',
      print,
    );
    expect(text).toMatch(/The host key of the deploy host .* was written into/);
    expect((await readFile(join(dir, 'none'), 'utf8')).trim().split('\n')).toEqual([
      expect.stringMatching(/ssh-ed25519/),
    ]);
    // The nodes' own keys are still nobody's word.
    expect(text.match(/was not looked at\. HOST_KEY_UNKNOWN/g)).toHaveLength(3);
    expect(code).toBe(1);
  });
});

test('at a terminal everything is asked that is not known, an answer that is wrong again, and keys are shown', async () => {
  const file = join(dir, 'asked.yml');
  const steps = [
    ['call the cloud', '\r'],
    ['Where kolla-ansible is', `${place()}\r`],
    ['Compared: these are the keys of the deploy host', 'y'],
    ['Inventories', `${UP}/none\r`],
    ['INVENTORY_UNREADABLE[\\s\\S]*Inventories', '\r'],
    ['Compared: these are the keys of comfortable-lark', 'y'],
    ['Compared: these are the keys of encouraging-bobcat', 'y'],
    ['Compared: these are the keys of hardcore-rodent', 'n'],
    ['channel in Slack', '#ops\r'],
    ['not a channel id', `${UP}C0123456789\r`],
    ['may ask', 'U0123456789, S0123456789\r'],
    ['may approve', '\r'],
  ];
  const knownHosts = join(dir, 'asked_hosts');
  const options = ['--key-file', cloud.keyFile, '--known-hosts', knownHosts];
  const typed = [TYPER, JSON.stringify(steps), process.execPath, MAIN, 'init', file, ...options];
  const { code, text } = await run('python3', typed);
  expect(text).toMatch(/not typed: \[\]/);
  expect(text).toMatch(/hardcore-rodent\.local .* It shows:\s+\S+ SHA256:\S+ \(the deploy host has this one on file\)/);
  expect(text).toMatch(/! hardcore-rodent\.local: .* was not looked at\. HOST_KEY_UNKNOWN/);
  expect(code).toBe(1);
  expect(loadConfig(file).clouds['prod']).toMatchObject({
    requesters: { users: ['U0123456789'], groups: ['S0123456789'] },
    inventories: [...cloud.inventories],
  });
  expect(loadConfig(file).clouds['prod']?.approvers).toBeUndefined();
  expect(await readFile(knownHosts, 'utf8')).not.toContain(cloud.nodes[2].ssh.host);
});

test('leaving the questions writes nothing', async () => {
  const typed = [
    TYPER,
    JSON.stringify([['call the cloud', '\u0003']]),
    process.execPath,
    MAIN,
    'init',
    join(dir, 'left.yml'),
  ];
  const { code, text } = await run('python3', typed);
  expect(text).toMatch(/INIT_LEFT: .*Nothing was written.* kolla-backup init \/\S+\/left\.yml/s);
  expect({ code, written: existsSync(join(dir, 'left.yml')) }).toEqual({ code: 2, written: false });
});
