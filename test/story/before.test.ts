/** What is wrong before a backup begins: refused with a clear word, nothing started, and the cloud free again. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MiniMachine } from '../../lab/mini/cloud.ts';
import { freePort } from '../../lab/redis.ts';
import { CLOUD, type Stack } from '../../lab/stack.ts';
import { type Stage, slackStage } from '../support/stage.ts';
import { archives, backupRuns, cutSessions, holdBackups, newArchive, type Scene } from '../support/story.ts';

let stage: Stage;
let stack: Stack;
let scene: Scene;
let before: readonly string[] = [];

beforeAll(async () => {
  stage = await slackStage('bot', 'worker');
  ({ stack, scene } = stage);
});
afterAll(() => stage?.end());
beforeEach(async () => {
  before = await archives(stack.cloud.nodes[0]);
});

/** Asks, and expects to read this; nothing ran, nothing is left, and the cloud is free. */
async function refused(code: string, ...words: readonly RegExp[]): Promise<string> {
  const runs = await scene.runs();
  const asked = await scene.ask();
  const said = await asked.ended();
  expect(said).toContain(code);
  for (const word of words) expect(said).toMatch(word);
  expect(said).not.toMatch(/Started:|UNEXPECTED|\(\w+ unknown\)/);
  expect(await scene.runs()).toBe(runs);
  expect(await scene.journal.owner(CLOUD)).toBeNull();
  if (stack.cloud.nodes[0].running()) expect(await archives(stack.cloud.nodes[0])).toEqual(before);
  return said;
}

/** Changes a file of a machine while something is done. */
async function changed(
  machine: MiniMachine,
  path: string,
  change: (text: string) => string | null,
  act: () => Promise<unknown>,
): Promise<void> {
  const text = await machine.must(['cat', path]);
  const mode = (await machine.must(['stat', '-c', '%a', path])).trim();
  const write = async (content: string) => {
    await machine.must(['tee', path], { stdin: content });
    await machine.must(['chmod', mode, path]);
  };
  const wanted = change(text);
  if (wanted === null) await machine.must(['rm', path]);
  else await write(wanted);
  try {
    await act();
  } finally {
    await write(text);
  }
}

describe('a process that cannot begin ends with 2 and says why', () => {
  test.each(['worker', 'bot'] as const)('%s: Redis away', async (part) => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    await expect(stack.start(part, { REDIS_URL: url })).rejects.toThrow(/ended with 2:[\s\S]*REDIS_AWAY.*ECONNREFUSED/);
  });

  test('a mistake in the config: the line', async () => {
    const file = join(stack.dir, 'wrong.yml');
    const lines = (await readFile(stack.config, 'utf8')).split('\n');
    const line = lines.findIndex((text) => text.includes('"inventories"')) + 1;
    await writeFile(file, lines.join('\n').replace('"inventories"', '"inventory"'));
    const start = stack.start('worker', { KOLLA_BACKUP_CONFIG: file });
    await expect(start).rejects.toThrow(`wrong.yml:${line}:`);
    await expect(start).rejects.toThrow(/ended with 2:[\s\S]*CONFIG_INVALID: .*Did you mean “inventories”/);
  });

  test('a token that Slack refuses', async () => {
    const start = stack.start('bot', { SLACK_BOT_TOKEN: 'xoxb-not-this-one' });
    await expect(start).rejects.toThrow(/ended with 2:[\s\S]*SLACK_TOKEN_REFUSED: .*SLACK_BOT_TOKEN/);
  });
});

test.each([
  ['fulll', /COMMAND_UNKNOWN|no command/],
  ['x; rm -rf /', /no command “x;”/],
  ['`reboot`', /no command “`reboot`”/],
  ['$(reboot)', /no command/],
  ['--help', /no command/],
  ['full nowhere', /no cloud “nowhere”/],
  ['full lab; reboot', /is not how full is asked for/],
  ['full `id`', /is not how full is asked for/],
  ['full ../../etc', /is not how full is asked for/],
  ['full\nlab\nreboot', /is not how full is asked for/],
  ['full constructor', /no cloud “constructor”/],
  ['status BKP-4711', /no operation BKP-4711/],
  ['cancel BKP-4711', /no operation BKP-4711/],
  ['audit BKP-4711', /no operation BKP-4711/],
  ['cancel', /is not how cancel is asked for/],
  ['audit BKP-1 --force', /is not how audit is asked for/],
  [`full ${'a'.repeat(700)}`, /longer than 600 characters/],
])('typed: %j is refused, and begins nothing', async (text, answer) => {
  expect(await scene.type('alice', text)).toMatch(answer);
  expect(await scene.journal.recent(1)).toEqual([]);
});

describe('host keys', () => {
  const [CHANGED, UNKNOWN] = ['HOST_KEY_CHANGED', 'HOST_KEY_UNKNOWN'];
  /** known_hosts as the bot reads it; a new connection reads it anew. */
  async function known(machine: MiniMachine, change: (keys: string[]) => string[], act: () => Promise<unknown>) {
    const file = stack.cloud.knownHostsFile;
    const text = await readFile(file, 'utf8');
    const mine = await hostKeys(machine);
    const kept = text.split('\n').filter((line) => line !== '' && !mine.some((key) => line.includes(key)));
    await writeFile(
      file,
      `${[...kept, ...change(mine).map((key) => `[${machine.address}]:2222 ${key}`)].join('\n')}\n`,
    );
    await cutSessions(machine);
    try {
      await act();
    } finally {
      await writeFile(file, text);
    }
  }
  const hostKeys = async (machine: MiniMachine) =>
    (await machine.must(['sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub']))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ').slice(0, 2).join(' '));

  test.each([0, 1] as const)('changed, of node %i', async (number) => {
    const node = stack.cloud.nodes[number];
    const others = await hostKeys(stack.cloud.nodes[2]);
    await known(
      node,
      () => others,
      () => refused(CHANGED, new RegExp(`host key of ${node.name} \\(SHA256:`), /Find out why it changed/),
    );
  });

  test('changed, of the deploy host', async () => {
    const others = await hostKeys(stack.cloud.nodes[2]);
    await known(
      stack.cloud.deploy,
      () => others,
      () => refused(CHANGED, /host key of deploy \(SHA256:/),
    );
  });

  test('a node that known_hosts has not', async () => {
    const node = stack.cloud.nodes[0];
    await known(
      node,
      () => [],
      () => refused(UNKNOWN, new RegExp(`host key of ${node.name} \\(SHA256:`), /add the key/),
    );
  });
});

describe('the deploy host', () => {
  const deploy = () => stack.cloud.deploy;
  const [hosts, groups] = [
    '/opt/kolla-ansible-cli/inventory.yml',
    '/opt/kolla-ansible-cli/ansible/inventory/multinode',
  ];

  test('an inventory file that is not there', () =>
    changed(
      deploy(),
      groups,
      () => null,
      () => refused('INVENTORY_UNREADABLE', /parse inventory source \S+multinode/),
    ));

  test('an inventory without the group mariadb', () =>
    changed(
      deploy(),
      groups,
      (text) => text.replace('[mariadb:children]\ncontrol\n', ''),
      () => refused('INVENTORY_NO_NODES'),
    ));

  test('an inventory that cannot be parsed', () =>
    changed(
      deploy(),
      hosts,
      () => 'all:\n  children: [unclosed\n',
      () => refused('INVENTORY_UNREADABLE', /parse inventory source \S+inventory\.yml/),
    ));

  test('a node more in the inventory than in the config', () =>
    changed(
      deploy(),
      groups,
      (text) => text.replace('[control]\n', '[control]\nnew-walrus.local\n'),
      () => refused('NODES_DIFFER', /inventory: .*new-walrus\.local/),
    ));

  test('kolla-ansible is not there', async () => {
    const program = stack.cloud.kollaAnsible;
    await deploy().must(['mv', program, `${program}.away`]);
    try {
      await refused('KOLLA_CLI_MISSING', /kolla-ansible was not found/);
    } finally {
      await deploy().must(['mv', `${program}.away`, program]);
    }
  });

  test('kolla-ansible of a release that is not known', () =>
    changed(
      deploy(),
      stack.cloud.kollaAnsible,
      () => '#!/bin/sh\necho 13.2.0\n',
      () => refused('KOLLA_RELEASE_UNKNOWN', /13\.2\.0/, /Releases .* are known/),
    ));

  test('kolla-ansible of a newer release whose help does not show what is needed', () =>
    changed(
      deploy(),
      stack.cloud.kollaAnsible,
      () => '#!/bin/sh\necho kolla-ansible 23.0.0\n',
      () => refused('KOLLA_RELEASE_DIFFERS', /23\.0\.0/),
    ));
});

test('a backup volume without room', async () => {
  const [node] = stack.cloud.nodes;
  const volume = '/var/lib/docker/volumes/mariadb_backup/_data';
  await node.must(['docker', 'volume', 'create', 'mariadb_backup']);
  await node.must(['mount', '-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', volume]);
  try {
    await refused('NO_ROOM_FOR_ARCHIVE', /200 MiB free/, /Make room/);
  } finally {
    await node.must(['umount', volume]);
  }
});

describe('somebody else is at work', () => {
  test('a backup by hand: refused until it has ended, which it does undisturbed', async () => {
    const [node] = stack.cloud.nodes;
    const release = await holdBackups(node);
    const byHand = stack.cloud.deploy.exec([`${stack.cloud.kollaAnsible}.real`, ...runbook()]);
    try {
      await backupRuns(node);
      before = await newArchive(node, before);
      await refused('SOMEBODY_ELSE_WORKS', /comfortable-lark\.local: /, /Wait until that has ended/);
    } finally {
      await release();
    }
    expect((await byHand).code).toBe(0);
  });

  test('a playbook on the deploy host, told without what stands in its arguments', async () => {
    const secret = 'Sup3rS3cretOnACommandLine';
    const name = `ansible-playbook -e database_password=${secret} /x/ansible/mariadb_recovery.yml`;
    const script = 'bash -c \'exec -a "$0" sleep 600\' "$1" & echo $!';
    const pid = await stack.cloud.deploy.must([
      'bash',
      '-c',
      `exec >&1; ${script.replace('&', '>/dev/null 2>&1 &')}`,
      'x',
      name,
    ]);
    try {
      const said = await refused('SOMEBODY_ELSE_WORKS', /on deploy: /, /mariadb_recovery/);
      expect(said).not.toContain(secret);
    } finally {
      await stack.cloud.deploy.must(['kill', pid.trim()]);
    }
  });
  const runbook = () => [...stack.cloud.inventories.flatMap((file) => ['-i', file]), 'mariadb_backup'];
});

describe('nodes', () => {
  const unit = 'kolla-mariadb-container.service';
  test('MariaDB down on the backup host', async () => {
    const [node] = stack.cloud.nodes;
    await node.must(['systemctl', 'stop', unit]);
    try {
      await refused('GALERA_UNKNOWN', /Galera state of comfortable-lark\.local/, /mariadb container/);
    } finally {
      await node.must(['systemctl', 'start', unit]);
      await stack.cloud.synced();
    }
  });

  test('a node powered off', async () => {
    const node = stack.cloud.nodes[1];
    await node.kill();
    try {
      await refused('HOST_UNREACHABLE', /encouraging-bobcat\.local could not be reached/);
    } finally {
      await node.start();
      await stack.cloud.synced();
    }
  });

  test('the deploy host powered off', async () => {
    await stack.cloud.deploy.kill();
    try {
      const asked = await scene.ask();
      expect(await asked.ended()).toMatch(/deploy could not be reached[\s\S]*HOST_UNREACHABLE/);
    } finally {
      await stack.cloud.deploy.start();
    }
  });

  test('after all of that a backup works', async () => {
    const asked = await scene.ask();
    expect(await asked.ended()).toMatch(/succeeded/);
    expect(await scene.runs()).toBe(1);
  });

  test('MariaDB down on all nodes', async () => {
    await Promise.all(stack.cloud.nodes.map((node) => node.must(['systemctl', 'stop', unit])));
    before = await archives(stack.cloud.nodes[0]);
    await refused('GALERA_UNKNOWN', /mariadb_recovery/);
  });
});
