import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cloud } from '../../lab/cloud-type.ts';
import {
  backupArguments,
  type Call,
  callCommand,
  type Deployment,
  type DialectName,
  dialectFor,
  dialects,
  helpCalls,
  helpLacks,
  inventoryCommand,
  recoveryArguments,
  stopArguments,
  versionArguments,
} from '../../src/kolla/dialects.ts';
import { parseInventory } from '../../src/kolla/inventory.ts';
import { machineIdsCommand, readMachineIds } from '../../src/kolla/machine-ids.ts';
import { readServiceAddress, serviceAddressCommand } from '../../src/kolla/service-address.ts';
import { type Both, backupFiles, bothClouds, onBoth, record, runCommand, stateOf, told } from './clouds.ts';

const LIMIT_MS = 10 * 60_000;
/** It would wait eleven minutes. */
const WAIT_S = 120;
/** As `timeout` ends. */
const TIMED_OUT = 124;

let both: Both;
beforeAll(async () => {
  both = await bothClouds();
}, 30 * 60_000);
afterAll(async () => {
  await both?.standIn.stop();
  await both?.real.stop();
}, 60_000);

const deployment = (cloud: Cloud): Deployment => ({
  executable: cloud.kollaAnsible,
  configDirectory: '/etc/kolla',
  inventories: cloud.inventories,
  extraArguments: [],
});

const run = (cloud: Cloud, call: Call) => runCommand(cloud, callCommand(call, LIMIT_MS), { timeoutMs: LIMIT_MS });

function dialect(cloud: Cloud) {
  const found = dialectFor(cloud.release);
  if (found.kind === 'unknown') throw new Error(found.problem.code);
  return found.dialect;
}

/** A call that both print and end the same. Of one that is `cut` off nothing is asked that it says on stderr. */
async function same(call: (cloud: Cloud) => Call, { cut = false } = {}): Promise<ReturnType<typeof told>> {
  const name = expect.getState().currentTestName ?? 'unnamed';
  const [standIn, real] = await onBoth(both, async (cloud) => {
    const outcome = await run(cloud, call(cloud));
    if (cloud.kind === 'kolla') await record(name, outcome);
    return told(cut ? { ...outcome, stderr: '' } : outcome);
  });
  expect(standIn).toEqual(real);
  return real;
}

const raw =
  (...args: string[]) =>
  (cloud: Cloud): Call => ({ ...versionArguments(deployment(cloud)), argv: [cloud.kollaAnsible, ...args] });

/** As an operator types it, in the order that the dialect wants: a command's name and options, the inventories between. */
const typed =
  (...[command = '', ...options]: string[]) =>
  (cloud: Cloud): Call => {
    const inventories = cloud.inventories.flatMap((path) => ['-i', path]);
    const first = dialects[dialect(cloud)].optionsFirst ? [...inventories, command] : [command, ...inventories];
    return raw(...first, ...options)(cloud);
  };

/** The other way round. */
const astray = (command: string) => (cloud: Cloud) =>
  raw(...cloud.inventories.flatMap((path) => ['-i', path]), command)(cloud);

/** By its name in the dialect. */
const action =
  (name: 'backup' | 'recovery', ...options: string[]) =>
  (cloud: Cloud): Call =>
    typed(dialects[dialect(cloud)].commands[name], ...options)(cloud);

describe('questions', () => {
  test('--version', async () => {
    const [standIn, real] = await onBoth(both, (cloud) => run(cloud, versionArguments(deployment(cloud))));
    expect(standIn).toEqual(real);
  });

  test('the inventory', async () => {
    const [standIn, real] = await onBoth(both, async (cloud) => {
      const { stdout } = await runCommand(cloud, inventoryCommand(deployment(cloud)));
      const read = parseInventory(stdout);
      if (read.kind === 'problem') throw new Error(read.problem.code);
      return read.nodes.map(({ name, port, user, shard }) => ({ name, port, user, shard }));
    });
    expect(standIn).toEqual(real);
    expect(real.map(({ name }) => name)).toEqual(both.real.nodes.map(({ name }) => name));
  });

  test('machine ids, through Ansible', async () => {
    await onBoth(both, async (cloud) => {
      const names = cloud.nodes.map(({ name }) => name);
      // A connection that others left open would be taken, and hang where its node has lost power since.
      await cloud.deploy.must(['rm', '-rf', '/root/.ansible/cp']);
      const outcome = await runCommand(cloud, machineIdsCommand(deployment(cloud), names));
      expect(await cloud.deploy.must(['find', '/root/.ansible', '-type', 's'])).toBe('');
      const ids = readMachineIds(outcome, names).map(({ id }) => id);
      expect(ids).toEqual(cloud.nodes.map(({ machineId }) => machineId));
    });
  });

  test('where the service is', async () => {
    await onBoth(both, async (cloud) => {
      const [{ name }] = cloud.nodes;
      const outcome = await runCommand(cloud, serviceAddressCommand(dialect(cloud), deployment(cloud), name));
      expect(readServiceAddress(outcome, name)).toEqual({
        kind: 'address',
        vip: cloud.vip,
        address: { host: cloud.vip, port: 3306 },
      });
    });
  });
});

const STOP = ['stop', '--tags', 'mariadb'] as const;
type Refused = readonly (readonly [what: string, call: (cloud: Cloud) => Call])[];

/** What either dialect must refuse, or do nothing for. */
const REFUSED: Refused = [
  ['stop without the flag', typed(...STOP)],
  ['an unknown option', action('backup', '--fully')],
  ['an inventory that is missing', raw('-i', '/nowhere/inventory.yml', 'mariadb_backup')],
  ['a backup of hosts that are none', action('backup', '--limit', 'nobody.local')],
  ['a backup without the backup host', action('backup', '--limit', 'hardcore-rodent.local')],
  ['a backup that is switched off', action('backup', '-e', 'enable_mariabackup=no')],
];
/** And what is its own. */
const OWN: Record<DialectName, Refused> = {
  bash: [
    ['stop with half a flag', typed(...STOP, '--yes-i-really')],
    ['an unknown command', typed('mariadb_backups')],
    ['the other dialect’s spelling', typed('mariadb-backup')],
    ['no command', (cloud) => raw(...cloud.inventories.flatMap((path) => ['-i', path]))(cloud)],
    ['a backup of the backup host alone', action('backup', '--limit', 'comfortable-lark.local')],
  ],
  cliff: [
    ['stop with half a flag, only checked', typed(...STOP, '--yes-i-really', '--check')],
    ['an unknown command', typed('mariadb-backups')],
    ['the other dialect’s spelling', typed('mariadb_backup')],
    ['options before the command', astray('mariadb-backup')],
    ['the beginning of two commands’ names', typed('mariadb')],
    ['the beginning of one command’s name, only checked', typed('mariadb-b', '--check')],
    ['the beginning of an option, only checked', action('backup', '--incr', '--check')],
    ['the beginning of two options', action('recovery', '--vault', 'x')],
    ['an option of the other dialect', action('backup', '--forks', '5')],
    ['a value that is missing', action('recovery', '-e')],
    ['a word too many', action('backup', 'full')],
    ['a backup that is only checked', action('backup', '--check')],
    ['no inventory', raw('mariadb-backup')],
    ['an inventory that is missing, after the command', raw('mariadb-backup', '-i', '/nowhere/inventory.yml')],
    ['a configuration that is missing', action('backup', '--configdir', '/nowhere')],
    ['a playbook that is missing', action('backup', '-p', '/nowhere.yml')],
    ['passwords that are missing, only checked', action('backup', '--passwords', '/nowhere', '--check')],
  ],
};

describe('what is refused, or does nothing', () => {
  test.for(REFUSED)('%s', async ([, call]) => {
    await same(call);
  });
  const known = dialectFor(process.env['KOLLA_BACKUP_CONTRACT'] ?? '');
  test.for(known.kind === 'unknown' ? [] : OWN[known.dialect])('%s', async ([, call]) => {
    await same(call);
  });
});

describe('help', () => {
  const words = (cloud: Cloud) => helpCalls(dialect(cloud), deployment(cloud));

  test('of each command, as far as the bot reads it', async () => {
    const [standIn, real] = await onBoth(both, async (cloud) => {
      const told = [];
      for (const { action: asked, call } of words(cloud)) {
        const { code, stdout } = await run(cloud, call);
        told.push({ asked, code, lacks: helpLacks(dialect(cloud), asked, stdout), stdout });
      }
      return told;
    });
    expect(standIn).toEqual(real);
  });
});

describe('a backup', () => {
  test('a full', async () => {
    const { code } = await same((cloud) => backupArguments(dialect(cloud), { ...deployment(cloud), type: 'full' }));
    expect(code).toBe(0);
  });

  test('an incremental', async () => {
    await same((cloud) => backupArguments(dialect(cloud), { ...deployment(cloud), type: 'incremental' }));
  });

  test('leaves the same files', async () => {
    const [standIn, real] = await onBoth(both, async ({ nodes: [node] }) => [...new Set(await backupFiles(node))]);
    expect(standIn).toEqual(real);
  });

  test('leaves the same containers, units and volumes', async () => {
    const [standIn, real] = await onBoth(both, ({ nodes }) => Promise.all(nodes.map(stateOf)));
    expect(standIn).toEqual(real);
  });
});

/** As `recoveryArguments` would, but for a name that the inventory doesn't have; given up after some seconds. */
const misspelled =
  (seconds: number) =>
  (cloud: Cloud): Call => {
    const { argv, env } = action('recovery', '-e', 'mariadb_recover_inventory_name=comfortable-lark')(cloud);
    return { argv: ['timeout', '--kill-after', '10', String(seconds), ...argv], env };
  };

describe('stop and recovery', () => {
  const stop = (cloud: Cloud) => stopArguments(dialect(cloud), deployment(cloud));

  test('stop', async () => {
    const { code } = await same(stop);
    expect(code).toBe(0);
  });

  test('leaves the same containers, units and volumes', async () => {
    const [standIn, real] = await onBoth(both, ({ nodes }) => Promise.all(nodes.map(stateOf)));
    expect(standIn).toEqual(real);
  });

  test('stop again', async () => {
    await same(stop);
  });

  test('a backup of what is down', async () => {
    const { code } = await same((cloud) => backupArguments(dialect(cloud), { ...deployment(cloud), type: 'full' }));
    expect(code).toBe(2);
  });

  test('recovery from a host that is none: it waits, and nothing comes up', async () => {
    const call = misspelled(WAIT_S);
    const { code } = await same(call, { cut: true });
    expect(code).toBe(TIMED_OUT);
    await onBoth(both, async (cloud) => {
      for (const node of cloud.nodes) expect((await node.wsrep())?.['wsrep_cluster_status']).not.toBe('Primary');
    });
    await onBoth(both, async (cloud) => expect((await run(cloud, stop(cloud))).code).toBe(0));
  });

  test('recovery, its host named', async () => {
    await same((cloud) =>
      recoveryArguments(dialect(cloud), { ...deployment(cloud), host: cloud.nodes[0].name, image: cloud.image }),
    );
    await onBoth(both, (cloud) => cloud.synced());
  });

  test('recovery from a host that is none while all is well: exit code 0, and nothing', async () => {
    const { code } = await same(misspelled(LIMIT_MS / 1000));
    expect(code).toBe(0);
    await onBoth(both, (cloud) => cloud.synced());
  });

  test('leaves the same containers, units and volumes, too', async () => {
    const [standIn, real] = await onBoth(both, ({ nodes }) => Promise.all(nodes.map(stateOf)));
    expect(standIn).toEqual(real);
  });
});
