import type { Operation } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { lines, say } from './parts.ts';

/** Stands in the thread before anything is destroyed. */
export function stoppingCard({ label, cloud }: Operation): Message {
  const text = `${label} begins now on ${cloud}: stopping now.`;
  return { text, blocks: [lines([say(text)])] };
}

/** `who`: mentions in mrkdwn. */
export function alertCard({ label, cloud }: Operation, who: string): Message {
  return { text: `${who} ${label} on ${cloud} needs people.`, blocks: [lines([say(`${label} needs people.`)])] };
}
