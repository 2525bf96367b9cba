import { connectClouds } from '../connect.ts';
import { archivesCommand } from '../list-archives.ts';
import { configPath, loadConfig } from '../load-config.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command } from './command.ts';

/** What lies in the backup volumes, by the archives' own words. Needs the config and SSH, nothing else. */
export const archives = {
  forms: [['archives CLOUD', 'reads every archive on its nodes and tells the chains, without Slack or Redis']],
  run: async ([cloud, ...more]) => {
    if (cloud === undefined || more.length > 0) throw new KollaBackupError('USAGE', { usage: 'archives CLOUD' });
    const config = loadConfig(configPath(process.env));
    const clouds = connectClouds(config, process.env['SSH_AUTH_SOCK']);
    try {
      const tell = (line: string) => void process.stderr.write(line);
      const { text, exit } = await archivesCommand(config, clouds.hostsOf, cloud, tell);
      process.stdout.write(text);
      return exit;
    } finally {
      await clouds.close();
    }
  },
} as const satisfies Command;
