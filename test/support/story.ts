import { Redis } from 'ioredis';
import type { Cloud } from '../../lab/cloud-type.ts';
import type { MiniMachine, MiniNode } from '../../lab/mini/cloud.ts';
import { CHANNEL, type Stack } from '../../lab/stack.ts';
import { words } from '../../lab/story.ts';
import { redisJournal } from '../../src/engine/journal.ts';
import type { Journal } from '../../src/operation/journal.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { latest } from './latest.ts';
import { countStarts, type Starts, startsOf } from './starts.ts';
import { until } from './until.ts';

/** How long something may take until a test gives it up (ms). */
export const PATIENCE_MS = 90_000;
/** One operation as people see it in Slack. */
export type Asked = {
  readonly label: string;
  readonly id: string;
  /** The text of its card. */
  card(): string;
  /** Card and replies, as one text. */
  thread(): string;
  /** Waits until its thread says this. */
  says(pattern: RegExp, limitMs?: number): Promise<string>;
  /** Waits for its end in the thread; everything that was said. */
  ended(limitMs?: number): Promise<string>;
  /** Waits until its journal, read as every reader does, is as wanted. */
  journalHas(wanted: (operation: Operation) => boolean, limitMs?: number): Promise<Operation>;
};

/** How long an answer may take on a busy machine (ms). */
const ANSWER_MS = 20_000;

export type Scene = {
  readonly redis: Redis;
  readonly journal: Journal;
  /** Types the command, and what the person reads in answer. */
  type(who: string, text: string): Promise<string>;
  /** Alice asks for a full backup. */
  ask(): Promise<Asked>;
  /** What kolla-ansible was started for since `install`. */
  readonly starts: Starts;
  /** How often it was started to take a backup. */
  runs(): Promise<number>;
  /** Puts the counter before kolla-ansible; again after `cloud.reset`. */
  install(): Promise<void>;
  end(): void;
};

export function sceneOf(
  stack: Pick<Stack<Cloud>, 'slack' | 'cloud' | 'environment'> & { readonly redis: { readonly url: string } },
): Scene {
  const { slack, cloud } = stack;
  const redis = new Redis(stack.redis.url, { maxRetriesPerRequest: null });
  redis.on('error', () => {}); // tests take Redis away
  const starts = startsOf(cloud);
  const key = stack.environment['KOLLA_BACKUP_KEY'] ?? '';
  const journal = redisJournal(redis, { current: 'k1', keys: { k1: key } });

  async function type(who: string, text: string): Promise<string> {
    const seen = await slack.slash(who, CHANNEL, '/kolla-backup', text, { waitMs: ANSWER_MS });
    // What is told in threads at that moment is no answer.
    const answers = seen.said.filter(({ ephemeral }) => ephemeral);
    return [seen.failure ?? '', ...answers.map((one) => words(one.text, one.blocks))].join('\n');
  }

  async function ask(): Promise<Asked> {
    const answer = await type('alice', 'full');
    const label = /BKP-\d+/.exec(answer)?.[0];
    const id = label === undefined ? null : await journal.byLabel(label);
    if (label === undefined || id === null || !/requested/.test(answer)) throw new Error(`not begun:\n${answer}`);
    return askedOf(label, id);
  }

  function askedOf(label: string, id: string): Asked {
    const root = () => slack.messages(CHANNEL).find(({ text }) => text.includes(`${label} `)) ?? null;
    const card = () => root()?.text ?? '';
    const thread = () => {
      const found = root();
      if (found === null) return '';
      return slack
        .thread(CHANNEL, found.ts)
        .map(({ text, blocks }) => words(text, blocks ?? []))
        .join('\n');
    };
    const says = async (pattern: RegExp, limitMs = PATIENCE_MS) => {
      if (!(await slack.until(() => pattern.test(thread()), limitMs)))
        throw new Error(`${label} never said ${pattern}:\n${thread()}`);
      return thread();
    };
    return {
      label,
      id,
      card,
      thread,
      says,
      ended: async (limitMs = PATIENCE_MS) => {
        const over = new RegExp(`${label}, the \\w+ backup of \\S+, (?:succeeded|failed)\\.|cancelled ${label}\\.`);
        if (!(await slack.until(() => over.test(thread()), limitMs)))
          throw new Error(`${label} did not end:\n${thread()}`);
        if (process.env['SHOW']) console.log(thread());
        return thread();
      },
      journalHas(wanted, limitMs = PATIENCE_MS) {
        const look = latest(journal, id);
        const found = async () => {
          const read = await look();
          return read.state === 'sound' && wanted(read.operation) ? read.operation : null;
        };
        return until(found, `the journal of ${label} is as wanted`, limitMs);
      },
    };
  }

  return {
    redis,
    journal,
    type,
    ask,
    starts,
    runs: async () => (await starts.all()).filter((kind) => kind === 'backup').length,
    install: () => countStarts(cloud),
    end: () => redis.disconnect(),
  };
}

/** Makes mariabackup wait on this node, as long DDL or another backup tool would: until the answer is called. */
export async function holdBackups(node: MiniNode): Promise<() => Promise<void>> {
  const mark = 'SELECT SLEEP(900) AS held';
  const session = node.sql(`BACKUP STAGE START; ${mark}; BACKUP STAGE END;`).catch(() => '');
  const find = `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '${mark}%' AND ID <> CONNECTION_ID()`;
  const id = await until(async () => (await node.sql(find)).trim() || null, 'backups are held', 10_000);
  return async () => {
    await node.sql(`KILL ${id}`).catch(() => {});
    await session;
  };
}

/** Waits until the container of a backup runs on a node. */
export async function backupRuns(node: MiniNode): Promise<void> {
  const argv = ['docker', 'inspect', '-f', '{{.State.Running}}', 'mariabackup'] as const;
  await until(async () => ((await node.exec(argv)).stdout.trim() === 'true' ? true : null), 'a backup runs', 60_000);
}

/** The names in a node's backup volume. */
export async function archives(node: MiniNode): Promise<string[]> {
  const { stdout } = await node.exec(['ls', '/var/lib/docker/volumes/mariadb_backup/_data']);
  return stdout.split('\n').filter((name) => name.endsWith('.gz'));
}

/** Ends every SSH session on a machine, its listener stays: whoever goes on there connects anew. */
export async function cutSessions(machine: MiniMachine): Promise<void> {
  const listed = await machine.must(['ps', '-eww', '-o', 'pid=,args=']);
  const pids = [...listed.matchAll(/^\s*(\d+) sshd: .*@/gm)].map(([, pid]) => pid ?? '');
  if (pids.length > 0) await machine.exec(['kill', '-KILL', ...pids]);
}

/** Waits until a backup has begun a new file on a node; all names then. */
export function newArchive(node: MiniNode, known: readonly string[]): Promise<string[]> {
  const look = async () => {
    const found = await archives(node);
    return found.length > known.length ? found : null;
  };
  return until(look, 'an archive is begun', 60_000);
}
