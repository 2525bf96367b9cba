import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cloud } from '../../lab/cloud-type.ts';
import {
  backupArguments,
  type Call,
  callCommand,
  type Deployment,
  dialectFor,
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
const WAIT_S = 60;
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

/** The same arguments before and after which both print and end the same. */
async function same(call: (cloud: Cloud) => Call): Promise<ReturnType<typeof told>> {
  const name = expect.getState().currentTestName ?? 'unnamed';
  const [standIn, real] = await onBoth(both, async (cloud) => {
    const outcome = await run(cloud, call(cloud));
    if (cloud.kind === 'kolla') await record(name, outcome);
    return told(outcome);
  });
  expect(standIn).toEqual(real);
  return real;
}

const raw =
  (...args: string[]) =>
  (cloud: Cloud): Call => ({ ...versionArguments(deployment(cloud)), argv: [cloud.kollaAnsible, ...args] });

const withInventories =
  (...args: string[]) =>
  (cloud: Cloud): Call =>
    raw(...cloud.inventories.flatMap((path) => ['-i', path]), ...args)(cloud);

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
      const outcome = await runCommand(cloud, machineIdsCommand(deployment(cloud), names));
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

describe('what is refused, or does nothing', () => {
  test.for([
    ['stop without the flag', withInventories('stop', '--tags', 'mariadb')],
    ['stop with half a flag', withInventories('stop', '--tags', 'mariadb', '--yes-i-really')],
    ['an unknown command', withInventories('mariadb_backups')],
    ['the other dialect’s spelling', withInventories('mariadb-backup')],
    ['an unknown option', withInventories('mariadb_backup', '--fully')],
    ['no command', withInventories()],
    ['an inventory that is missing', raw('-i', '/nowhere/inventory.yml', 'mariadb_backup')],
    ['a backup of hosts that are none', withInventories('mariadb_backup', '--limit', 'nobody.local')],
    ['a backup of the backup host alone', withInventories('mariadb_backup', '--limit', 'comfortable-lark.local')],
    ['a backup without the backup host', withInventories('mariadb_backup', '--limit', 'hardcore-rodent.local')],
  ] as const)('%s', async ([, call]) => {
    await same(call);
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
    const { argv, env } = withInventories(
      'mariadb_recovery',
      '-e',
      'mariadb_recover_inventory_name=comfortable-lark',
    )(cloud);
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
    const { code } = await same(call);
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
