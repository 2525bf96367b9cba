import { doctorCommand } from '../doctor.ts';
import { withSecrets } from '../secret-files.ts';
import type { Command } from './command.ts';

/** What must be true before operations can be. */
export const doctor = {
  forms: [
    ['doctor [--json] [--cloud ID …]', 'looks at Slack, Redis and every cloud, and says what is to be mended'],
    ['doctor --sudoers', 'prints the least that sudo must allow on the hosts'],
    ['doctor --authorized-keys', 'the same for the bot’s key'],
  ],
  run: async (rest) => {
    const { text, exit } = await doctorCommand(rest, withSecrets(process.env), process.stdout);
    process.stdout.write(text);
    return exit;
  },
} as const satisfies Command;
