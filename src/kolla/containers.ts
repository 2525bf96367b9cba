import type { NodeRef } from '../operation/checks.ts';
import type { Command } from '../operation/host.ts';
import type { SqlAddress } from '../operation/restore-checks.ts';
import { programSource, pythonCommand } from './python-program.ts';

/** Questions to a node's container engine. Docker and podman take the same words. */

/** How long one such question may take (ms). */
export const ENGINE_MS = 30_000;

/** Prints the directory of a volume on its node. */
export function volumePathCommand({ engine }: NodeRef, volume: string): Command {
  return { argv: [engine, 'volume', 'inspect', '--format', '{{.Mountpoint}}', volume], timeoutMs: ENGINE_MS };
}

/** Exit code 0 where the image (by id or name) is on the node. */
export function imageCommand({ engine }: NodeRef, image: string): Command {
  return { argv: [engine, 'image', 'inspect', '--format', '{{.Id}}', image], timeoutMs: ENGINE_MS };
}

/** On standard error, beside exit code 1 (podman: 125): the volume isn't there (which `docker run -v` would make by being named). */
export const NO_SUCH_VOLUME = /no such volume/i;

/** Prints what `mayRun` reads. */
export function containerStateCommand({ engine }: NodeRef, container: string): Command {
  const format = '{{.State.Status}} {{.State.StartedAt}}';
  return { argv: [engine, 'container', 'inspect', '--format', format, container], timeoutMs: ENGINE_MS };
}

/** What a container is doing that isn't there to be waited for any more. */
const ENDED: ReadonlySet<string> = new Set(['exited', 'dead', 'removing', 'stopped']);

/**
 * Whether a container runs or may yet begin, by the answer. After a power cut podman calls a container that ran
 * `created` again, but still tells when it was started.
 */
export function mayRun(answer: string): boolean {
  const [state = '', started = ''] = answer.trim().split(' ');
  if (state === 'created') return started === '' || started.startsWith('0001-');
  return !ENDED.has(state);
}

/** The image of a container: its id, and the name that it was made with. */
export function containerImageCommand({ engine }: NodeRef, container: string): Command {
  const format = '{{.Image}} {{.Config.Image}}';
  return { argv: [engine, 'container', 'inspect', '--format', format, container], timeoutMs: ENGINE_MS };
}

/** On standard error: no container has that name. */
export const NO_SUCH_CONTAINER = /no such container|no container with name/i;

/**
 * A fixed program for the container's shell: the client logs in with what `wsrep_sst_auth` says there, which goes
 * through a pipe and never stands in an argument. The statement is `$1`; what follows it goes to the client.
 */
const SQL = `
for file in /etc/mysql/my.cnf /etc/my.cnf; do [ -r "$file" ] && conf=$file && break; done
auth=$(sed -n 's/^[[:space:]]*wsrep_sst_auth[[:space:]]*=[[:space:]]*//p' "$conf" | tail -n 1)
user=\${auth%%:*} secret=$(printf '%s' "\${auth#*:}" | sed 's/\\\\/\\\\\\\\/g; s/"/\\\\"/g')
statement=$1
shift
printf '[client]\\nuser=%s\\npassword="%s"\\n' "$user" "$secret" |
  exec "$(command -v mariadb || command -v mysql)" --defaults-file=/dev/stdin --connect-timeout=10 -N -B "$@" -e "$statement"
`;

/** SQL inside the MariaDB container of a node, with the credentials that it has. Tab-separated rows, no header. */
export function sqlCommand({ engine }: NodeRef, container: string, statement: string): Command {
  return { argv: [engine, 'exec', container, 'sh', '-c', SQL, 'sql', statement], timeoutMs: ENGINE_MS };
}

/** As whom Kolla lets root in through ProxySQL, with root's password; ProxySQL itself refuses every other root. */
export const PROXYSQL_USER = 'root_shard_0';
/** On standard error: this user isn't let in with this password. */
export const ACCESS_DENIED = /ERROR 1045 /;

/**
 * The same over TCP: who answers at an address, as seen from that node. Its certificate isn't looked at, as Kolla's
 * own backup doesn't. `user` is another one with the same password.
 */
export function sqlOverTcp(
  node: NodeRef,
  container: string,
  { host, port }: SqlAddress,
  statement: string,
  user: string | null = null,
): Command {
  const { argv, timeoutMs } = sqlCommand(node, container, statement);
  const where = ['--protocol=TCP', `--host=${host}`, `--port=${port}`, '--skip-ssl-verify-server-cert'];
  if (user !== null) where.push(`--user=${user}`);
  return { argv: [...argv, ...where], timeoutMs };
}

/** What says that somebody takes a backup on a node (or a state transfer is under way), in `ps` output. */
export const BACKUP_PROCESS = /(?:^|[/ ])(mariabackup|mariadb-backup)\s.*(--backup)/;
/**
 * What says that somebody runs a playbook on the deploy host which touches MariaDB, its engine or its images: those of
 * deploy, upgrade, stop and reconfigure are one (site.yml), those of bootstrap-servers and destroy have names of their own.
 */
export const PLAYBOOK_PROCESS =
  /(ansible-playbook)\s.*[/ ]((?:mariadb(?:[_-](?:backup|recovery))?|site|destroy|kolla-host|prune-images|migrate-container-engine)\.yml)/;

/** What says that a server was started as the first of a new cluster, as a recovery does until its last tasks. */
export const BOOTSTRAP_PROCESS = /(?:^|[/ ])(mariadbd|mysqld)(?:[-_]safe)?\s(?:.*\s)?(--wsrep-new-cluster)(?:\s|$)/;

/** What takes a state transfer on a node, from its first byte until MariaDB starts on what was prepared of it. */
export const TRANSFER_PROCESS = /(?:^|[/ ])(wsrep_sst_\w+)\s.*--role\s+'?(joiner)/;

/** Every process of a host: a pid and its command line on each line. */
export const PROCESSES: Command = { argv: ['ps', '-eww', '-o', 'pid=,args='], timeoutMs: ENGINE_MS };

/**
 * The first process of `PROCESSES`' output that a pattern fits, for people: the pattern's groups and the pid, never the
 * whole line, for arguments may hold secrets.
 */
export function processesLike(pattern: RegExp, listed: string): string[] {
  for (const line of listed.split('\n')) {
    const found = pattern.exec(line);
    if (found) return [`${found.slice(1).join(' … ')} (process ${/\d+/.exec(line)?.[0] ?? 'unknown'})`];
  }
  return [];
}

/** Free bytes of the file system that holds `path`. */
export function freeSpaceCommand(path: string): Command {
  return { argv: ['df', '--output=avail', '-B1', '--', path], timeoutMs: ENGINE_MS };
}

/** Size and free bytes of the file system that holds `path`, on one line after the header. */
export function fileSystemCommand(path: string): Command {
  return { argv: ['df', '--output=size,avail', '-B1', '--', path], timeoutMs: ENGINE_MS };
}

/** The same of the file system where a container of the engine's has the files of its own. */
export function containersFileSystemCommand({ engine }: NodeRef, container: string): Command {
  const { argv, timeoutMs } = fileSystemCommand('/tmp');
  return { argv: [engine, 'exec', container, ...argv], timeoutMs };
}

/** Bytes of a file, before a tab and its path; another exit code than 0 where it isn't there. */
export function fileSizeCommand(path: string): Command {
  return { argv: ['du', '-b', '--', path], timeoutMs: ENGINE_MS };
}

const BIRTH = programSource('tell-birth.py');

/** Inode and time of birth of the file that InnoDB makes with a datadir: a state transfer, a restore or a copy-back brings another. */
export function datadirCommand(datadir: string): Command {
  return pythonCommand(BIRTH, { path: `${datadir}/ibdata1` }, ENGINE_MS);
}

/** What was told, if it is one datadir's: a time of birth that isn't known is told as 0, and an inode alone may come again. */
export function readDatadir(told: string): string | null {
  return /^\d+:[1-9]\d*$/.test(told) ? told : null;
}

/** What a container mounts as its datadir; nothing where it mounts none. */
export function datadirSourceCommand({ engine }: NodeRef, container: string): Command {
  const format = '{{range .Mounts}}{{if eq .Destination "/var/lib/mysql"}}{{.Source}}{{end}}{{end}}';
  return { argv: [engine, 'container', 'inspect', '--format', format, container], timeoutMs: ENGINE_MS };
}

/** Bytes that a directory takes. */
export function sizeCommand(path: string, timeoutMs: number): Command {
  return { argv: ['du', '-s', '-B1', '--', path], timeoutMs };
}
