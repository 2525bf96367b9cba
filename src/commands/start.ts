import { keepBotPart } from '../parts/keep-bot.ts';
import { startWorkerPart } from '../parts/worker.ts';
import { serve } from '../serve.ts';
import type { Command } from './command.ts';

export const start = {
  forms: [['start', 'bot and worker in one process']],
  // The worker first: what runs on the hosts is followed while Slack is away, too.
  run: () => serve([startWorkerPart, keepBotPart]),
} as const satisfies Command;
