import { endProcess, startBotPart } from '../parts/bot.ts';
import { serve } from '../serve.ts';
import type { Command } from './command.ts';

export const bot = {
  forms: [['bot', 'the Slack side alone']],
  run: () => serve([(inputs) => startBotPart(inputs, endProcess(inputs.log))]),
} as const satisfies Command;
