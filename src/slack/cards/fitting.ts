import { faults, type Message } from '../limits.ts';

/** How much a card shows, from everything to the least that it may say. */
export const ROOMS = [
  { rows: 16, names: 10, nodes: 9, argv: 700, does: 300, listed: true },
  { rows: 8, names: 5, nodes: 5, argv: 300, does: 160, listed: true },
  { rows: 4, names: 2, nodes: 3, argv: 120, does: 60, listed: false },
] as const;
export type Room = (typeof ROOMS)[number];

/** The fullest form of a card that Slack takes; the least one where none does. */
export function fitting(build: (room: Room) => Message): Message {
  const [first, ...less] = ROOMS;
  return less.reduce((message, room) => (faults(message).length === 0 ? message : build(room)), build(first));
}
