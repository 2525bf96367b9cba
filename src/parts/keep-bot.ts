import { setTimeout as sleep } from 'node:timers/promises';
import { words } from '../in-words.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Service } from '../run.ts';
import type { Inputs } from '../serve.ts';
import { startBotPart } from './bot.ts';

/** How long to wait before a bot that could not go on is begun anew beside its worker (ms). */
const BOT_AGAIN_MS = 15_000;

/** The bot beside a worker: when Slack is away it is begun anew until it is back, and the worker goes on. */
export async function keepBotPart(inputs: Inputs): Promise<Service> {
  const leaving = new AbortController();
  let current: Service | null = null;
  const begin = async () => {
    current = await startBotPart(inputs, (error) => void again(error));
  };
  async function again(why: unknown): Promise<void> {
    await current?.leave();
    current = null;
    for (let error = why; !leaving.signal.aborted; ) {
      inputs.log.error({ error: words(error) }, 'the bot is begun anew; the worker goes on');
      await sleep(BOT_AGAIN_MS, undefined, { signal: leaving.signal }).catch(() => {});
      try {
        if (!leaving.signal.aborted) await begin();
        return;
      } catch (failure) {
        error = failure;
      }
    }
  }
  await begin().catch((error: unknown) => {
    // A wrong token is the operator's to mend, and at the start somebody is looking.
    if (!(error instanceof KollaBackupError) || error.problem.code !== 'SLACK_UNREACHABLE') throw error;
    void again(error);
  });
  return {
    shows: {
      part: 'bot',
      notReady: () => (current === null ? 'the bot is begun anew' : (current.shows?.notReady() ?? null)),
      connections: () => current?.shows?.connections?.() ?? 0,
    },
    leave: async () => {
      leaving.abort();
      await current?.leave();
    },
  };
}
