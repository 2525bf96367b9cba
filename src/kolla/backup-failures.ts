import type { Code } from '../operation/catalogue.ts';
import type { Details } from './ansible-details.ts';
import { quoteHost } from './quoted.ts';

/** What the words of a failed backup mean. The first that fits counts: causes stand before their consequences. */
const EXPLANATIONS: readonly (readonly [RegExp, Code])[] = [
  [/No space left on device|\b(?:errno|Errcode):? ?"?28\b/i, 'BACKUP_NO_SPACE'],
  [/LAST_FULL\w*: unbound variable|No full backup file found/, 'BACKUP_NO_FULL'],
  [/command denied to user .*(?:mariadb_backup_history|xtrabackup_history|PERCONA_SCHEMA)/, 'BACKUP_GRANT_MISSING'],
  [
    /(?:mariadb_backup_history|xtrabackup_history)' doesn't exist|attempting to find history record/,
    'BACKUP_HISTORY_GONE',
  ],
  [/Access denied for user/, 'BACKUP_LOGIN_REFUSED'],
  [/WSREP has not yet prepared node/, 'BACKUP_NODE_NOT_READY'],
  [/Unsupported server version/, 'BACKUP_PROXY_VERSION'],
  [/Can't connect to|Failed to connect to M\w+ server|server has gone away|Lost connection to/, 'BACKUP_MARIADB_DOWN'],
  [
    /Was only able to copy log|try increasing innodb_log_file_size|redo log (?:was )?(?:overwritten|error)/i,
    'BACKUP_REDO_OVERRUN',
  ],
  [/409 Client Error|marked for removal|name \S+ is already in use by|no such container/i, 'BACKUP_CONTAINER_REMOVED'],
  [
    /pull access denied|No such image|requested image does not exist|manifest (?:for .* )?(?:unknown|not found)|unauthorized: /i,
    'BACKUP_IMAGE_MISSING',
  ],
];

/** Exit codes of a container that was ended from outside: 128 + SIGTERM, 128 + SIGKILL. */
const ENDED_FROM_OUTSIDE = [143, 137];

type Explanation = { readonly code: Code; readonly said: string };

/** The best explanation in what the backup printed, with the line that gives it. */
export function explainBackupFailure(details: Details | undefined): Explanation {
  if (details === undefined) return { code: 'BACKUP_FAILED', said: 'it gave no reason.' };
  const lines = [...details.stderr, ...details.stdout, ...details.msg.split(/\n|\\n/)];
  for (const [pattern, code] of EXPLANATIONS) {
    const line = lines.findLast((candidate) => pattern.test(candidate));
    if (line !== undefined) return { code, said: quote(line) };
  }
  const ended = details.rc !== undefined && ENDED_FROM_OUTSIDE.includes(details.rc);
  if (ended) return { code: 'BACKUP_CONTAINER_REMOVED', said: quote(details.msg) };
  return {
    code: 'BACKUP_FAILED',
    said: quote([details.msg, lastWords(details)].filter((part) => part !== '').join('; ')),
  };
}

/** mariabackup's last complaint, or else the last line. */
function lastWords({ stderr, stdout }: Details): string {
  const complaint = stderr.findLast((line) => /error|fatal|failed/i.test(line));
  return complaint ?? stderr.at(-1) ?? stdout.at(-1) ?? '';
}

/** `quoteHost` without mariabackup's time stamp and without the full stop, for within a sentence. */
export function quote(line: string): string {
  return quoteHost(line.replace(/^\[\d\d\] (?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )?/, '').replace(/\.\s*$/, ''));
}
