import { Redis } from 'ioredis';
import { startRedis } from '../../lab/redis.ts';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { redisJournal } from '../../src/engine/journal.ts';
import { redisNotes } from '../../src/engine/notes.ts';
import { redisThreads } from '../../src/engine/threads.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { newId } from '../../src/operation/ids.ts';
import type { Journal } from '../../src/operation/journal.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { type Bot, type BotParts, type Hearing, startBot } from '../../src/slack/app.ts';
import { REQUEST_PATH } from '../../src/slack/requests.ts';
import type { Log } from '../../src/slack/web.ts';
import { TEST_RING } from './journals.ts';
import { sampleFacts, samplePlanned } from './sample.ts';

/** One line that the bot logged. */
export type Line = { readonly level: string; readonly fields: unknown; readonly words: string };

/** A real bot on the stand-in for Slack and a real Redis. The workspace: lab/slack; the cloud `lab` has #cloud-ops. */
export type Bench = {
  readonly slack: SlackLab;
  readonly redis: Redis;
  readonly journal: Journal;
  readonly threads: ReturnType<typeof redisThreads>;
  readonly notes: ReturnType<typeof redisNotes>;
  readonly lines: Line[];
  readonly fatal: Error[];
  readonly bot: Bot;
  /** The bot is stopped and another started on the same Redis and Slack. */
  restart(parts?: Partial<BotParts>): Promise<Bot>;
  /** One more bot on the same Redis and Slack, as in another process; ended with the bench. */
  another(parts?: Partial<BotParts>): Promise<Bot>;
  /** Writes into a journal as a worker would, and rings. */
  write(id: string, event: OperationEvent, ring?: boolean): Promise<Operation>;
  operation(id: string): Promise<Operation>;
  /** A new operation by alice, taken by a worker, probed and planned. */
  underWay(): Promise<Operation>;
  end(): Promise<void>;
};

export function logTo(lines: Line[]): Log {
  const at =
    (level: string) =>
    (fields: unknown, words?: string): void => {
      lines.push({ level, fields, words: words ?? '' });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The way Slack reaches the bot in this run: the same tests are run by sockets and by signed requests. */
export const byHttp = process.env['KOLLA_BACKUP_TEST_SLACK'] === 'http';

export function hearingOf(slack: SlackLab, http = byHttp): Hearing {
  return http
    ? { by: 'http', signingSecret: slack.signingSecret, listen: { host: '127.0.0.1', port: 0 } }
    : { by: 'socket', appToken: slack.appToken };
}

/** Slack's requests go to these bots in turn, as a balancer before them would let them. */
function lead(slack: SlackLab, bots: readonly Bot[]): void {
  slack.setRequestUrls(bots.map((bot) => bot.address()).flatMap((at) => (at === null ? [] : [at + REQUEST_PATH])));
}

export async function startBench(options: Partial<BotParts> = {}): Promise<Bench> {
  const [server, slack] = await Promise.all([startRedis({ durable: false }), startSlack()]);
  const redis = new Redis(server.url, { maxRetriesPerRequest: 1, commandTimeout: 2_000 });
  redis.on('error', () => {});
  const journal = redisJournal(redis, TEST_RING);
  const threads = redisThreads(redis);
  const notes = redisNotes(redis);
  const lines: Line[] = [];
  const fatal: Error[] = [];
  let bot: Bot;
  const parts = (more: Partial<BotParts>): BotParts => ({
    tokens: { bot: slack.botToken },
    hearing: hearingOf(slack),
    apiUrl: slack.apiUrl,
    config: { clouds: { lab: cloudConfig(slack) } },
    journal,
    threads,
    notes,
    wake: {
      drive: async () => {},
      // The queue's worker, without the queue.
      project: async (id) => void bot.project(id),
    },
    durable: async () => null,
    log: logTo(lines),
    onFatal: (error) => fatal.push(error),
    ...options,
    ...more,
  });
  bot = await startBot(parts({}));
  const others: Bot[] = [];
  lead(slack, [bot]);

  async function operation(id: string): Promise<Operation> {
    const read = await journal.read(id);
    if (read.state !== 'sound') throw new Error(`the journal of ${id} is ${read.state}`);
    return read.operation;
  }

  async function write(id: string, event: OperationEvent, ring = true): Promise<Operation> {
    const terms = event.type === 'claimed' ? { lease: { mode: 'take', claim: event.claim } as const } : {};
    let said = await journal.append(await operation(id), event, terms);
    // The bot may have written at the same moment.
    while (said.answer === 'moved') said = await journal.append(await operation(id), event, terms);
    if (said.answer !== 'appended') throw new Error(`${event.type}: ${JSON.stringify(said)}`);
    if (ring) await bot.project(id);
    return said.operation;
  }

  async function underWay(): Promise<Operation> {
    const id = newId();
    const place = { channel: slack.channel('cloud-ops').id };
    const wish = { kind: 'backup', type: 'full' } as const;
    const by = slack.user('alice').id;
    const said = await journal.request(id, { type: 'requested', cloud: 'lab', wish, by, place }, { own: 'take' });
    if (said.answer !== 'appended') throw new Error(said.answer);
    const claim = 'c'.repeat(20);
    await write(id, { type: 'claimed', claim, worker: 'worker-1' }, false);
    await write(id, { type: 'probed', claim, facts: sampleFacts }, false);
    const planned = await write(id, samplePlanned(id, claim), false);
    await bot.project(id);
    return planned;
  }

  return {
    slack,
    redis,
    journal,
    threads,
    notes,
    lines,
    fatal,
    get bot() {
      return bot;
    },
    restart: async (more = {}) => {
      await bot.stop();
      bot = await startBot(parts(more));
      lead(slack, [bot, ...others]);
      return bot;
    },
    another: async (more = {}) => {
      const other = await startBot(parts(more));
      others.push(other);
      lead(slack, [bot, ...others]);
      return other;
    },
    write,
    operation,
    underWay,
    end: async () => {
      await Promise.all([bot, ...others].map((one) => one.stop('now')));
      redis.disconnect();
      await Promise.all([slack.stop(), server.stop()]);
    },
  };
}

/** The cloud `lab`: whoever is in the group cloud-operators may ask, and so may Gus, were he not a guest. */
export function cloudConfig(slack: SlackLab): BotParts['config']['clouds'][string] {
  return {
    deploy_host: {
      local: true,
      sudo: false,
      cwd: '/',
      executable: '/bin/true',
      config_directory: '/etc/kolla',
      extra_arguments: [],
    },
    inventories: ['/inventory'],
    nodes: { 'node-a': { ssh: { address: '192.0.2.1', port: 22 }, engine: 'docker' } },
    channel: slack.channel('cloud-ops').id,
    requesters: { users: [slack.user('gus').id], groups: [slack.group('cloud-operators').id] },
    approvals: 1,
    alerts: {},
    unit: null,
  };
}

/** All words of a message or answer, its blocks' included. */
export function wordsOf(message: { readonly text: string; readonly blocks?: readonly unknown[] | undefined }): string {
  const found: string[] = [];
  JSON.stringify(message.blocks ?? [], (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') found.push(value);
    if (key === 'user_id' && typeof value === 'string') found.push(`@${value}`);
    return value;
  });
  return `${message.text}\n${found.join(' ')}`;
}
