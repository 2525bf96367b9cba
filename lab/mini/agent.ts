/** Runs the container module (kolla/agent.py) on a node past SSH, as a deployment would have done. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Machine, must } from './machine.ts';

const result = z.looseObject({
  failed: z.boolean().optional(),
  msg: z.string().optional(),
  changed: z.boolean().optional(),
});

/** Rejects when the action failed. Actions and their parameters: the table at the end of kolla/agent.py. */
export async function runAgent(machine: Machine, action: string, parameters: Record<string, unknown>) {
  const source = await readFile(join(import.meta.dirname, 'kolla/agent.py'), 'utf8');
  const request = Buffer.from(JSON.stringify({ action, ...parameters })).toString('base64');
  const answer = result.parse(JSON.parse(await must(machine, ['python3', '-I', '-', request], { stdin: source })));
  if (answer.failed === true) throw new Error(`${machine.hostname}: ${action}: ${answer.msg}`);
  return answer;
}
