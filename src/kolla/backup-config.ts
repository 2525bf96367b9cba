import type { Command, Outcome } from '../operation/host.ts';
import type { SqlAddress } from '../operation/restore-checks.ts';
import { ENGINE_MS } from './containers.ts';

/**
 * Where mariabackup sets its lock. It copies the files of its own node, but takes the lock that makes the copy
 * consistent, and the positions, over SQL from the address in its configuration; Kolla up to 2025.2 writes the VIP
 * there. Where another node answers, the copy has no lock at all: servers before 10.11.19 and 11.4.13 say "completed
 * OK!" all the same. Who holds the VIP tells nothing, for a load balancer there may send on to any node: so whoever
 * answers through the address is asked who it is.
 */

/** Kolla's configuration of mariabackup on a node. */
export const BACKUP_CONFIG = '/etc/kolla/mariabackup/my.cnf';

/** The port where the configuration names none. */
const DEFAULT_PORT = 3306;
/** The sections that mariabackup reads for its connection. */
const SECTIONS = ['client', 'client-server', 'client-mariadb', 'xtrabackup', 'mariabackup', 'mariadb-backup'];

/** Prints the names of the sections and the lines `host` and `port`, never another: the password stands beside them. */
export function backupConfigCommand(config: string): Command {
  const script = String.raw`/^[[:space:]]*\[[A-Za-z0-9_.-]*\][[:space:]]*$/p; /^[[:space:]]*\(host\|port\)[[:space:]]*=/p`;
  return { argv: ['sed', '-n', '-e', script, '--', config], timeoutMs: ENGINE_MS };
}

/** A name or an address: nothing that an option could be made of. */
export const SQL_HOST = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$|^[0-9A-Fa-f:.]{2,45}$/;

/** The address that mariabackup connects to; null where the file wasn't read or names none. The last line counts. */
export function readBackupConfig({ code, stdout }: Outcome): SqlAddress | null {
  if (code !== 0) return null;
  const found = new Map<string, string>();
  let section = '';
  for (const line of stdout.split('\n')) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const match = /^\s*(host|port)\s*=\s*(.*)$/.exec(line);
    if (match?.[1] && SECTIONS.includes(section)) found.set(match[1], plainValue(match[2] ?? ''));
  }
  const host = found.get('host')?.replace(/^\[(.*)\]$/, '$1');
  const port = Number(found.get('port') ?? DEFAULT_PORT);
  const usable = host !== undefined && SQL_HOST.test(host) && Number.isInteger(port) && port > 0 && port < 65_536;
  return usable ? { host, port } : null;
}

/** Without a comment, blanks and quotes. */
function plainValue(text: string): string {
  const plain = text.replace(/\s#.*$/, '').trim();
  return /^(["']).*\1$/.test(plain) ? plain.slice(1, -1) : plain;
}

/** One row: the node's names, its Galera address, and the address that it listens at. */
export const IDENTITY_STATEMENT = 'SELECT @@wsrep_node_name, @@hostname, @@wsrep_node_address, @@bind_address';

/** Who answered. `name` is the same for the same node, whichever way it is asked; `address` the one that it listens at. */
export type Identity = { readonly name: string; readonly address: string | null };

const FIELD = /^[\x21-\x7e]{1,255}$/;
/** A server that listens at every address tells its own through Galera. */
const EVERYWHERE = ['*', '0.0.0.0', '::'];

/** Reads the row of `IDENTITY_STATEMENT`; null where nobody answered it. */
export function readIdentity({ code, stdout }: Outcome): Identity | null {
  const fields = stdout.trimEnd().split('\t');
  const [node = '', hostname = '', galera = '', bound = ''] = fields;
  if (code !== 0 || fields.length !== 4 || ![node, hostname, galera].every((field) => FIELD.test(field))) return null;
  const address = EVERYWHERE.includes(bound) ? galera.replace(/^\[?(.*?)\]?(?::\d+)?$/, '$1') : bound;
  return { name: `${node} (${hostname}, ${galera})`, address: SQL_HOST.test(address) ? address : null };
}

/** What is known of the lock of a backup: all names and addresses as far as they could be learnt. */
export type LockAnswer = {
  /** Where the configuration sends mariabackup. */
  readonly host: string | null;
  /** Who answers there. */
  readonly answeredBy: string | null;
  /** Who the backup host itself is, and the address it listens at. */
  readonly own: string | null;
  readonly address: string | null;
};

/**
 * - `own`: the address is the node's own, so it stays right whatever becomes of the VIP.
 * - `here`: it is another, and this node answers through it now.
 * - `elsewhere`: another node answers.
 * - `unknown`: it couldn't be learnt.
 */
type LockPlace = 'own' | 'here' | 'elsewhere' | 'unknown';

/** On which node the lock is set, by what is known. */
export function lockPlace({ host, answeredBy, own, address }: LockAnswer): LockPlace {
  if (host === null) return 'unknown';
  if (host === 'localhost' || host.toLowerCase() === address?.toLowerCase()) return 'own';
  if (answeredBy === null || own === null) return 'unknown';
  return answeredBy === own ? 'here' : 'elsewhere';
}
