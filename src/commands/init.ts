import { atTerminal, unattended } from '../setup/ask.ts';
import { init as initialise } from '../setup/init.ts';
import { INIT_USAGE, readInitOptions } from '../setup/init-options.ts';
import type { Command } from './command.ts';

const tell = (line: string) => void process.stdout.write(`${line}\n`);

/** Asks at a terminal; without one, options must answer. */
export const init = {
  forms: [['init [FILE] [--help]', 'looks at a deployment, asks the rest, and writes a config']],
  run: async (rest) => {
    if (rest.includes('--help')) {
      tell(`kolla-backup ${INIT_USAGE}`);
      return 0;
    }
    const usual = process.env['KOLLA_BACKUP_CONFIG'] ?? '/etc/kolla-backup/config.yml';
    const options = readInitOptions(rest, usual, process.env['SSH_AUTH_SOCK'] || undefined);
    const asked = process.stdin.isTTY === true && process.stdout.isTTY === true;
    return initialise(options, asked ? atTerminal(options.file) : unattended, tell);
  },
} as const satisfies Command;
