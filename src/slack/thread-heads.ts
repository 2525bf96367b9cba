import type { Head, JournalRecord } from '../operation/record.ts';
import { headIn } from './heads.ts';
import { type OwnMessage, ROOT_GONE, type ThreadDoor } from './thread.ts';
import { troubleOf } from './web.ts';

/** What an operation's threads show, of our own messages only. */
export type Shown = {
  readonly heads: readonly Head[];
  /** The messages of the present thread. */
  readonly own: readonly OwnMessage[];
  readonly threads: number;
  /** Former threads that are gone and can't be asked. */
  readonly gone: number;
};

/** Reads the threads that an operation has and had; `roots` is the present one first. Rejects with Slack's error. */
export async function shownIn(
  door: Pick<ThreadDoor, 'own'>,
  id: string,
  channel: string,
  roots: readonly string[],
): Promise<Shown> {
  const heads: Head[] = [];
  const present: OwnMessage[] = [];
  let gone = 0;
  for (const [index, root] of roots.entries()) {
    try {
      const own = await door.own(channel, root);
      if (index === 0) present.push(...own);
      heads.push(...own.flatMap(({ metadata }) => headIn(metadata, id) ?? []));
    } catch (error) {
      const trouble = troubleOf(error);
      if (index === 0 || trouble.kind !== 'refused' || !ROOT_GONE.has(trouble.error)) throw error;
      gone += 1;
    }
  }
  return { heads, own: present, threads: roots.length - gone, gone };
}

/** The first head that a journal doesn't hold; null when it holds all. */
export function misfit(heads: readonly Head[], records: readonly JournalRecord[]): Head | null {
  return heads.find(({ seq, hash }) => records[seq - 1]?.hash !== hash) ?? null;
}
