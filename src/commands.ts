import { archives } from './commands/archives.ts';
import { audit } from './commands/audit.ts';
import { backout } from './commands/backout.ts';
import { bot } from './commands/bot.ts';
import type { Command } from './commands/command.ts';
import { doctor } from './commands/doctor.ts';
import { init } from './commands/init.ts';
import { start } from './commands/start.ts';
import { worker } from './commands/worker.ts';

/** In the order in which the help shows them. */
export const COMMANDS = { init, start, bot, worker, backout, doctor, archives, audit } as const satisfies Readonly<
  Record<string, Command>
>;

/** Where the column begins that says what a command does. */
const COLUMN = 33;

const lines = Object.values(COMMANDS).flatMap(({ forms }) =>
  forms.map(([form, does]) => `  ${form.padEnd(COLUMN)}${does}\n`),
);

export const USAGE = `kolla-backup <command>

${lines.join('')}  help, --version                  this, and which version it is

Environment: KOLLA_BACKUP_CONFIG, KOLLA_BACKUP_KEY, REDIS_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN or
SLACK_SIGNING_SECRET (see docs/config.md); a secret may stand in a file instead (SLACK_BOT_TOKEN_FILE …).
KOLLA_BACKUP_LISTEN=address:port makes a process tell how it does.
`;
