/** Every method that the stand-in knows, by name. */
import { apps } from './apps.ts';
import { chat } from './chat.ts';
import { conversations } from './conversations.ts';
import { files } from './files.ts';
import type { Method } from './method.ts';
import { people } from './people.ts';
import { reactions } from './reactions.ts';
import { views } from './views.ts';

export const methods = {
  ...apps,
  ...chat,
  ...conversations,
  ...files,
  ...people,
  ...reactions,
  ...views,
} as const satisfies Record<string, Method>;

const byName: ReadonlyMap<string, Method> = new Map(Object.entries(methods));

export function findMethod(name: string): Method | undefined {
  return byName.get(name);
}
