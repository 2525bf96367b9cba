import { backOutCommand } from '../back-out.ts';
import { redisJournal } from '../engine/journal.ts';
import { redisWake } from '../engine/queues.ts';
import { connectRedis, reachRedis } from '../engine/redis.ts';
import { keyringOf, readEnvironment } from '../load-config.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { withSecrets } from '../secret-files.ts';
import type { Command } from './command.ts';

/** What a card's buttons would do, without Slack. */
export const backout = {
  forms: [['backout LABEL [ID]', 'lists an operation’s back-outs, or starts one, while Slack is away']],
  run: async ([label, id, ...more]) => {
    if (label === undefined || more.length > 0) throw new KollaBackupError('USAGE', { usage: 'backout LABEL [ID]' });
    const environment = readEnvironment(withSecrets(process.env));
    await reachRedis(environment.REDIS_URL);
    const redis = connectRedis(environment.REDIS_URL, () => {}); // what fails is told by the command itself
    const wake = redisWake(redis);
    try {
      const { text, exit } = await backOutCommand(redisJournal(redis, keyringOf(environment)), wake, label, id);
      process.stdout.write(text);
      return exit;
    } finally {
      await wake.close();
      redis.disconnect();
    }
  },
} as const satisfies Command;
