import { faults, type Message } from '../limits.ts';

/** How much a card shows, from everything to the least that it may say. */
export const ROOMS = [
  { rows: 16, names: 10, nodes: 9, argv: 700, does: 300, reason: 300, listed: true, sentences: 3 },
  { rows: 8, names: 5, nodes: 5, argv: 300, does: 160, reason: 300, listed: true, sentences: 3 },
  { rows: 4, names: 2, nodes: 3, argv: 120, does: 80, reason: 150, listed: false, sentences: 3 },
  { rows: 3, names: 1, nodes: 2, argv: 80, does: 20, reason: 80, listed: false, sentences: 1 },
  { rows: 1, names: 1, nodes: 1, argv: 80, does: 20, reason: 40, listed: false, sentences: 1 },
] as const;
export type Room = (typeof ROOMS)[number];

/** The fullest form of a card that Slack takes; the least one where none does. */
export function fitting(build: (room: Room) => Message): Message {
  const [first, ...less] = ROOMS;
  return less.reduce((message, room) => (faults(message).length === 0 ? message : build(room)), build(first));
}
