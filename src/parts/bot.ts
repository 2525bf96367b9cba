import type { Logger } from 'pino';
import { calmly } from '../engine/calm.ts';
import { durabilityProblem } from '../engine/durability.ts';
import { redisJournal } from '../engine/journal.ts';
import { redisNotes } from '../engine/notes.ts';
import { listen, redisWake } from '../engine/queues.ts';
import { connectRedis } from '../engine/redis.ts';
import { startSweep } from '../engine/sweep.ts';
import { redisThreads } from '../engine/threads.ts';
import { keyringOf } from '../load-config.ts';
import type { Service } from '../run.ts';
import type { Inputs } from '../serve.ts';
import { startBot } from '../slack/app.ts';
import { slackAccess } from '../slack-access.ts';

/** How many threads one bot brings up to date at a time. */
const PROJECTIONS = 8;

/** Whoever supervises the bot starts it again. */
export function endProcess(log: Logger): (error: Error) => void {
  return (error) => {
    log.fatal({ error: error.message }, 'the bot cannot go on; whoever supervises it should start it again');
    process.exit(1);
  };
}

export async function startBotPart(
  { environment, config, log: whole }: Inputs,
  onFatal: (error: Error) => void,
): Promise<Service> {
  const log = whole.child({ part: 'bot' });
  const { REDIS_URL: url, SLACK_API_URL: apiUrl } = environment;
  const redis = connectRedis(url, calmly(log, 'Redis connection of the bot'));
  await redis.connect();
  const journal = redisJournal(redis, keyringOf(environment));
  const wake = redisWake(redis);
  const close = async () => {
    await wake.close();
    redis.disconnect();
  };
  const bot = await startBot({
    ...slackAccess(environment, config.slack),
    apiUrl,
    config,
    journal,
    threads: redisThreads(redis),
    notes: redisNotes(redis),
    wake,
    durable: () => durabilityProblem(redis),
    log,
    onFatal,
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const sweep = startSweep(journal, wake, log);
  const answer = async (operation: string) => void (await bot.project(operation));
  const listener = listen('project', { url, concurrency: PROJECTIONS, log, answer });
  redis.on('ready', () => void bot.sweep().catch(() => {}));
  const notReady = () => {
    if (!bot.ready().ok) return 'the bot has no connection to Slack';
    return listener.answers() ? null : 'the bot takes no threads from its queue';
  };
  return {
    shows: { part: 'bot', notReady, connections: () => bot.ready().connections },
    leave: async () => {
      sweep.stop();
      await Promise.allSettled([bot.stop('drain'), listener.close()]);
      await close();
    },
  };
}
