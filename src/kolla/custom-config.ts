import { posix } from 'node:path';
import type { Command, Outcome } from '../operation/host.ts';
import { ENGINE_MS } from './containers.ts';

/**
 * innodb_force_recovery in the operator's own files on the deploy host: Kolla merges them into every node's galera.cnf,
 * and a recovery writes that anew.
 */

const FORCE = '^[[:space:]]*(loose[-_])?innodb[-_]force[-_]recovery[[:space:]]*=';

/** `directory` is the deployment's `node_custom_config`; `nodes` are names of the inventory. */
export function forceRecoveryCommand(directory: string, nodes: readonly string[]): Command {
  const own = nodes.map((node) => posix.join(directory, 'mariadb', node, 'galera.cnf'));
  const files = [posix.join(directory, 'galera.cnf'), ...own];
  return { argv: ['grep', '-sHEi', '-e', FORCE, '--', ...files], timeoutMs: ENGINE_MS };
}

/** The files that set it to anything but 0, with what they set; `grep` ends with 1 where no line fits and 2 where a file isn't there. */
export function readForceRecovery({ stdout }: Outcome): { readonly file: string; readonly value: string }[] {
  return stdout.split('\n').flatMap((line) => {
    const found = /^(\/[^:]+):[^=]*=\s*(.*?)\s*(?:[#;].*)?$/.exec(line);
    const [file, value] = [found?.[1], found?.[2]];
    return file === undefined || value === undefined || value === '0' ? [] : [{ file, value: value.slice(0, 40) }];
  });
}
