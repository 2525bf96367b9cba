/**
 * A machine with a Docker engine and a compose client (Debian's docker-compose), on which the project is deployed as an
 * operator would. It has no bridge: containers share this machine's loopback, where the small cloud and the stand-in
 * for Slack are. Its images and its build cache stay in the cache folder; one at a time.
 */
import { chown, copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parse } from 'yaml';
import { z } from 'zod';
import { cacheFolder, lockFile } from '../cache.ts';
import { machineFiles } from '../mini/files.ts';
import { enabled } from '../mini/image.ts';
import { LOCKS } from '../mini/layout.ts';
import { defineMachine, type ExecResult, type Machine, writeFiles } from '../mini/machine.ts';
import { packageTree } from '../packages.ts';
import { importBases } from './base-images.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What an operator has of the project. */
const FILES = ['Dockerfile', 'docker-compose.yml', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json'];
/** Block of loopback that no small cloud has. */
const INDEX = 251;
const COMPOSE_PARTS = ['usr/lib/python3/dist-packages', 'usr/lib/x86_64-linux-gnu', 'usr/bin/docker-compose'] as const;

/** Where the project lies on the machine. */
export const HOME = '/srv/kolla-backup';

export type Containers = {
  readonly machine: Machine;
  /** Sizes of the base images in bytes. */
  readonly bases: Readonly<Record<string, number>>;
  /** docker-compose in the project's folder; any exit code resolves. `environment` goes into the file's variables. */
  compose(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<ExecResult>;
  /** Ends the machine; containers end with it. */
  stop(): Promise<void>;
};

/** Files that an operator puts beside docker-compose.yml, by path in that folder; the image's user owns them. */
export type Beside = Readonly<Record<string, { readonly content: string; readonly mode: number }>>;
const IMAGE_USER = 10001;

export async function startContainers(beside: Beside): Promise<Containers> {
  const unlock = await lockFile(join(LOCKS, 'containers.lock'));
  const dir = join(cacheFolder(), 'containers');
  for (const part of ['upper', 'work', 'root', 'docker/containers', 'docker/volumes'])
    await rm(join(dir, part), { recursive: true, force: true });
  const machine = await defineMachine(dir, 'containers');
  const upper = join(dir, 'upper');
  const common = { index: INDEX, hostname: 'containers', address: '127.0.0.1', machineId: 'c'.repeat(32) };
  await writeFiles(upper, machineFiles({ ...common, authorizedKeys: '', hostKeys: {}, docker: true }));
  await writeFiles(upper, enabled(['docker.service']));
  for (const file of ['/etc/hosts', '/etc/resolv.conf']) await copyFile(file, join(upper, file));
  await copyProject(upper);
  await writeFiles(join(upper, HOME), beside);
  for (const path of Object.keys(beside)) await chown(join(upper, HOME, path), IMAGE_USER, IMAGE_USER);
  await writeFiles(upper, { '/usr/local/bin/docker-compose': { content: CLIENT, mode: 0o755 } });
  const tree = await packageTree('compose', ['docker-compose', 'python3']);
  for (const part of COMPOSE_PARTS) {
    await mkdir(join(upper, 'opt/compose', part, '..'), { recursive: true });
    // Links into the cache: nothing writes there.
    await execa('cp', ['-al', join(tree, part), join(upper, 'opt/compose', part)]);
  }
  const stop = async () => {
    await machine.kill();
    await unlock?.();
  };
  try {
    await machine.start();
    const bases = await importBases(machine);
    return { machine, bases, compose: composeOn(machine), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function copyProject(upper: string): Promise<void> {
  const home = join(upper, HOME);
  await mkdir(home, { recursive: true });
  for (const file of FILES) await copyFile(join(PROJECT, file), join(home, file));
  await cp(join(PROJECT, 'src'), join(home, 'src'), { recursive: true });
}

/** The client under its usual name: what stands in documents can be typed there as it stands. */
const CLIENT = `#!/bin/sh
export PYTHONPATH=/opt/compose/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=/opt/compose/usr/lib/x86_64-linux-gnu
exec python3 /opt/compose/usr/bin/docker-compose --ansi never "$@"
`;

function composeOn(machine: Machine): Containers['compose'] {
  return (args, environment = {}) => {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    return machine.exec(['env', '-C', HOME, ...variables, 'docker-compose', ...args]);
  };
}

const composed = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** What differs from docker-compose.yml where there is no bridge. */
export type HostNetwork = { readonly redisPort: number; readonly botPort: number; readonly slackApi: string };

/**
 * docker-compose.yml, as the client reads it, on the host's network: Redis on a port of its own on loopback, places to
 * be asked for health that don't collide, and the stand-in for Slack. Everything else stays as the file has it.
 */
export function onHostNetwork(config: string, { redisPort, botPort, slackApi }: HostNetwork): string {
  const { networks: _, services, ...file } = composed.parse(parse(config));
  const url = `redis://127.0.0.1:${redisPort}`;
  const changes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    redis: {},
    bot: { REDIS_URL: url, SLACK_API_URL: slackApi, KOLLA_BACKUP_LISTEN: `127.0.0.1:${botPort}` },
    worker: { REDIS_URL: url, KOLLA_BACKUP_LISTEN: '/tmp/http.sock' },
  };
  const moved = Object.entries(services).map(([name, { networks: _, ...service }]) => [
    name,
    {
      ...service,
      network_mode: 'host',
      environment: { ...service.environment, ...changes[name] },
      ...(name === 'redis'
        ? {
            command: [...(service.command ?? []), '--port', String(redisPort), '--bind', '127.0.0.1'],
            healthcheck: { test: ['CMD-SHELL', `redis-cli -p ${redisPort} ping | grep -qx PONG`], interval: '1s' },
          }
        : { build: { context: '.', network: 'host' } }),
    },
  ]);
  return JSON.stringify({ ...file, services: Object.fromEntries(moved) }, null, 2);
}
