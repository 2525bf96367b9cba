import { startWorkerPart } from '../parts/worker.ts';
import { serve } from '../serve.ts';
import type { Command } from './command.ts';

export const worker = {
  forms: [['worker', 'drives operations; several may run']],
  run: () => serve([startWorkerPart]),
} as const satisfies Command;
