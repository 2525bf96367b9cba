/** What is known of the lab between two calls: a file beside its machines. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ENGINE_NAMES, type EngineName } from '../engines.ts';
import { labFolder, PLACES } from './layout.ts';
import { initOf } from './processes.ts';

/** What a lab that was begun is made of, and how far it is. */
const stateSchema = z.strictObject({
  release: z.string(),
  /** Of its nodes. */
  engine: z.enum(ENGINE_NAMES).default('docker'),
  /** Read-only layers of the deploy host and of the nodes, the topmost first. */
  deployLower: z.array(z.string()),
  nodeLower: z.array(z.string()),
  machineIds: z.record(z.string(), z.string()),
  /** The databases are there. */
  deployed: z.boolean(),
});
export type State = z.infer<typeof stateSchema>;

const stateFile = () => join(labFolder(), 'lab.json');
export async function labState(): Promise<State | null> {
  const text = await readFile(stateFile(), 'utf8').catch(() => null);
  return text === null ? null : stateSchema.parse(JSON.parse(text));
}

export const saveState = (state: State) => writeFile(stateFile(), `${JSON.stringify(state, null, 2)}\n`);

/** Whether there is a lab, and what of it runs. */
export async function labStatus(): Promise<{
  release: string;
  engine: EngineName;
  deployed: boolean;
  running: readonly string[];
} | null> {
  const state = await labState();
  if (state === null) return null;
  const running: string[] = [];
  for (const place of PLACES) if ((await initOf(place)) !== undefined) running.push(place.hostname);
  return { release: state.release, engine: state.engine, deployed: state.deployed, running };
}
