import { posix } from 'node:path';
import type { Command, Outcome } from '../operation/host.ts';
import { hostPath } from '../operation/shapes.ts';

/** Where people put kolla-ansible and its inventories: looked for on the deploy host, and only proposed. */

/** How long the search may take (ms). */
const FIND_MS = 30_000;
/** The most paths that are proposed. */
const PROPOSED = 20;

/** The folders of programs in which virtual environments and packages put it. */
const BINS = [
  '/usr/local/bin',
  '/usr/bin',
  ...['/opt', '/srv', '/root', '/home/*'].flatMap((base) =>
    ['*', '.*', '*/*', '*/.*', '*/*/*'].map((below) => `${base}/${below}/bin`),
  ),
];

/** Prints each kolla-ansible that can be started; `command -v` first, as the login itself would find it. */
export const findKollaCommand: Command = {
  argv: [
    'sh',
    '-c',
    `command -v kolla-ansible; for dir in ${BINS.join(' ')}; do [ -f "$dir/kolla-ansible" ] && [ -x "$dir/kolla-ansible" ] && echo "$dir/kolla-ansible"; done; true`,
  ],
  timeoutMs: FIND_MS,
};

const NAMES = ['multinode*', 'all-in-one*', 'inventory', 'inventory.yml', 'inventory.yaml', 'inventory.ini'];

/** Prints the files near kolla-ansible and its configuration that are named as inventories are. */
export function findInventoriesCommand(executable: string, configDirectory: string): Command {
  const places = [...new Set([projectOf(executable), configDirectory, '/root'])];
  const named = NAMES.flatMap((name, index) => [...(index === 0 ? [] : ['-o']), '-name', name]);
  // The examples that come with kolla-ansible are nobody's inventory.
  const left = ['(', '-name', 'share', '-o', '-name', 'lib', '-o', '-name', '.git', '-o', '-name', 'collections', ')'];
  return {
    argv: ['find', ...places, '-maxdepth', '4', ...left, '-prune', '-o', '-type', 'f', '(', ...named, ')', '-print'],
    timeoutMs: FIND_MS,
  };
}

/** The paths that a search printed, whatever else it couldn't look into: those nearest to the root first. */
export function readPaths({ stdout }: Outcome): string[] {
  const paths = stdout.split('\n').filter((path) => path !== '' && hostPath.safeParse(path).success);
  const depth = (path: string) => path.split('/').length;
  return [...new Set(paths)].toSorted((one, other) => depth(one) - depth(other)).slice(0, PROPOSED);
}

/** The folder that holds a virtual environment, or the environment itself where it isn't just that folder's `venv`. */
export function projectOf(executable: string): string {
  const environment = posix.dirname(posix.dirname(executable));
  return /^\.?venv\d*$/.test(posix.basename(environment)) ? posix.dirname(environment) : environment;
}
