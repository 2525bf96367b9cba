import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Config } from '../../src/config.ts';
import { configSchema } from '../../src/config.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { localHost } from '../../src/hosts/local.ts';
import { runDirectory } from '../../src/hosts/run-directory.ts';
import { file, metadata } from './xbstream.ts';

/**
 * The driver's smallest cloud: this machine is deploy host and node, with programs of a few lines in place of Docker
 * and kolla-ansible. Everything else, run directories, supervisors, processes and files, is real.
 */
export type Tiny = {
  readonly dir: string;
  readonly config: Config;
  readonly configText: string;
  hosts(): CloudHosts;
  /** How long the next backup takes. */
  seconds(seconds: number): Promise<void>;
  status(rows: Readonly<Record<string, string>>): Promise<void>;
  /** How often the program ran. */
  runs(): Promise<number>;
  pids(): Promise<number[]>;
  remove(): Promise<void>;
};

export const SYNCED = {
  wsrep_cluster_status: 'Primary',
  wsrep_local_state_comment: 'Synced',
  wsrep_ready: 'ON',
  wsrep_connected: 'ON',
  wsrep_cluster_size: '1',
  wsrep_cluster_state_uuid: '9ca90743-e6d2-11f1-9521-eec39ddad0dc',
  wsrep_local_state_uuid: '9ca90743-e6d2-11f1-9521-eec39ddad0dc',
};

export async function makeTiny(): Promise<Tiny> {
  const dir = await mkdtemp(join(tmpdir(), 'kolla-backup-tiny-'));
  await cp(new URL('tiny/', import.meta.url), dir, { recursive: true });
  for (const name of ['docker', 'kolla-ansible', 'ansible-inventory', 'ps']) await chmod(join(dir, name), 0o755);
  await mkdir(join(dir, 'volumes/mariadb'), { recursive: true });
  await writeFile(join(dir, 'volumes/mariadb/ibdata1'), '');
  const archive = Buffer.concat([file('ibdata1', 'data of InnoDB'), metadata]);
  await writeFile(join(dir, 'archive.gz'), gzipSync(archive));
  const settings = {
    clouds: {
      lab: {
        deploy_host: { local: true, executable: join(dir, 'kolla-ansible'), cwd: dir, config_directory: dir },
        inventories: [join(dir, 'inventory')],
        nodes: { 'node-a': { ssh: { address: '127.0.0.1' } } },
        channel: 'C0OPS',
        requesters: { users: ['U0ALICE'] },
      },
    },
    run_directory: join(dir, 'run-directories'),
    log_directory: join(dir, 'logs'),
  };
  const config = configSchema.parse(settings);
  const tiny: Tiny = {
    dir,
    config,
    configText: JSON.stringify(settings),
    hosts: () => {
      process.env['PATH'] = `${dir}:${process.env['PATH']}`;
      const host = localHost({ name: 'deploy', sudo: false });
      return { deploy: host, node: () => host, runs: () => runDirectory(host, config.run_directory) };
    },
    seconds: (seconds) => writeFile(join(dir, 'seconds'), String(seconds)),
    status: (rows) =>
      writeFile(
        join(dir, 'status'),
        Object.entries(rows)
          .map(([name, value]) => `${name} ${value}\n`)
          .join(''),
      ),
    runs: async () => (await tiny.pids()).length,
    pids: async () => {
      const text = await readFile(join(dir, 'runs'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map(Number);
    },
    // A worker or a supervisor that was just killed may still be writing.
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }),
  };
  await tiny.seconds(0.2);
  await tiny.status(SYNCED);
  return tiny;
}
