/** The stand-in and the real thing side by side, and what of a run must be the same on both. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud, CloudNode } from '../../lab/cloud-type.ts';
import { borrowLab } from '../../lab/kolla/cloud.ts';
import { CLI } from '../../lab/kolla/layout.ts';
import { startMini } from '../../lab/mini/cloud.ts';
import { releaseNamed } from '../../lab/mini/layout.ts';
import type { ExecOptions } from '../../lab/mini/machine.ts';
import { readRun } from '../../src/kolla/ansible-run.ts';
import type { Command, Outcome } from '../../src/operation/host.ts';

export type Both = { readonly standIn: Cloud; readonly real: Cloud };

const release = releaseNamed(process.env['KOLLA_BACKUP_CONTRACT']);
/** The small cloud stands for both: nothing is compared, but all that must hold by itself. */
const alone = Boolean(process.env['KOLLA_BACKUP_CONTRACT_ALONE']);

/** A real lab that is up is used, in the release that was asked for, and stays. */
export async function bothClouds(): Promise<Both> {
  if (alone) {
    const standIn = await startMini({ release });
    return { standIn, real: standIn };
  }
  const real = await borrowLab({ release, engine: 'docker', tell: console.log });
  try {
    // What others have taken there is no answer to these tests.
    await Promise.all(real.nodes.map((node) => node.must(['docker', 'volume', 'rm', '--force', 'mariadb_backup'])));
    return { real, standIn: await startMini({ release }) };
  } catch (error) {
    await real.stop();
    throw error;
  }
}

/** The same on both, at once. */
export async function onBoth<T>({ standIn, real }: Both, act: (cloud: Cloud) => Promise<T>): Promise<[T, T]> {
  const first = act(standIn);
  const [one, other] = await Promise.allSettled([first, standIn === real ? first : act(real)]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return [one.value, other.value];
}

/** A command as the bot's own hosts would run it. */
export async function runCommand(cloud: Cloud, command: Command, options: ExecOptions = {}): Promise<Outcome> {
  return { ...(await cloud.deploy.exec(['env', '-C', CLI, ...command.argv], options)), signal: null };
}

/** Keeps what the real thing printed, for fixtures, where `$KOLLA_BACKUP_RECORD` names a folder. */
export async function record(name: string, { code, stdout, stderr }: Outcome): Promise<void> {
  const folder = process.env['KOLLA_BACKUP_RECORD'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  const file = name.replaceAll(/[^a-z0-9]+/gi, '-');
  await writeFile(join(folder, `${file}.log`), stdout);
  if (stderr !== '') await writeFile(join(folder, `${file}.stderr.log`), stderr);
  await writeFile(join(folder, `${file}.code`), `${code}\n`);
}

/** Addresses differ, and the order in which hosts answer. */
export const withoutAddresses = (text: string) =>
  text.replaceAll(/\b(?:127\.77\.\d+|10\.77\.0)\.(\d+)\b/g, 'NET.$1').replaceAll(/\bNET\.9\b/g, 'NET.11');

/** Characters of a failure's message. */
const WORDS_COMPARED = 120;
/**
 * Only the lab has the containers of `enable_mariadb_clustercheck`; and a file of an earlier recovery may lie there or
 * not.
 */
const LEFT_OUT = /clustercheck|Cleaning up temp file/;
/** Whether the first node's grastate.dat says so already depends on which node was stopped last. */
const EITHER = /Set grastate\.dat file/;

/** What a run of kolla-ansible says that the project reads: exit code, plays, tasks, each host's result, recap, complaints. */
export function told({ code, stdout, stderr }: Outcome) {
  const run = readRun(stdout);
  const aside = readRun(stderr);
  const ran = new Set(run.tasks.map(({ play }) => play));
  const byName = (entries: Iterable<[string, unknown]>) =>
    Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    code,
    command: run.command === undefined ? undefined : withoutAddresses(run.command),
    // Which roles have hosts differs with what else a cloud has.
    plays: run.plays
      .filter(({ name }) => ran.size === 0 || ran.has(name))
      .map(({ name, matched }) => `${name}${matched ? '' : ' (no hosts)'}`),
    tasks: run.tasks
      .filter(({ name, results }) => !LEFT_OUT.test(name) && results.size > 0)
      .map(({ name, handler, results }) => ({
        name: `${handler ? 'handler ' : ''}${name}`,
        results: byName(
          [...results].map(([host, { status }]) => [host, EITHER.test(name) && status === 'ok' ? 'changed' : status]),
        ),
      })),
    // The rest may be sixty thousand characters of variables, and the place in Kolla's own files.
    failures: run.failures
      .map(
        ({ task, host, details }) =>
          `${task} on ${host}: ${withoutAddresses(details?.msg?.split('\n')[0]?.slice(0, WORDS_COMPARED) ?? '')}`,
      )
      .sort(),
    recap:
      run.recap === undefined
        ? undefined
        : byName([...run.recap].map(([host, { failed, unreachable }]) => [host, { failed, unreachable }])),
    others: run.others,
    // Warnings are the inventory's and depend on what else a cloud has.
    aside: [...aside.errors, ...aside.others, ...(aside.commandFailed === undefined ? [] : [aside.commandFailed])].map(
      withoutAddresses,
    ),
  };
}

const STATE = [
  'docker inspect -f "{{.State.Status}} {{.State.ExitCode}} {{.Config.Image}} {{.Config.User}}" mariadb',
  'docker ps -a --filter name=mariabackup --filter name=bootstrap --filter name=wsrep --format "{{.Names}}"',
  'docker volume ls --format "{{.Name}}" | grep -E "^(mariadb|mariadb_backup|kolla_logs)$" | sort',
  'systemctl is-active kolla-mariadb-container.service',
  'systemctl is-enabled kolla-mariadb-container.service',
  'find /var/lib/docker/volumes/mariadb/_data -maxdepth 0 -printf "%u %g %m\\n"',
].join('; ');

/** Container, unit and volumes of a node, as the bot would find them. */
export async function stateOf(node: CloudNode): Promise<string> {
  return (await node.exec(['sh', '-c', STATE])).stdout;
}

const LIST = 'find /var/lib/docker/volumes/mariadb_backup/_data -mindepth 1 -printf "%y %U:%G %m %P\\n" | sort';

/** The backup volume's files, with days, hours and seconds made equal. */
export async function backupFiles(node: CloudNode): Promise<readonly string[]> {
  const { stdout } = await node.exec(['sh', '-c', LIST]);
  const equal = stdout
    .replaceAll(/\d{10}/g, 'EPOCH')
    .replaceAll(/\d\d-\d\d-\d{4}/g, 'DAY')
    .replaceAll(/-\d\d-\d\d-\d\d-/g, '-TIME-')
    .replaceAll(/-\d\d-/g, '-HOUR-');
  return equal.split('\n').filter(Boolean);
}
