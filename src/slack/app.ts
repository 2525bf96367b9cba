import { setTimeout as sleep } from 'node:timers/promises';
import { App, type Receiver } from '@slack/bolt';
import type { Config } from '../config.ts';
import { explain, type Problem } from '../operation/catalogue.ts';
import { newId } from '../operation/ids.ts';
import type { Journal } from '../operation/journal.ts';
import type { StepNotes, Threads, Wake } from '../operation/ports.ts';
import { ALERT_EVERY_MS, alerting } from './alerts.ts';
import { authority } from './authorize.ts';
import { gatekeeper } from './gatekeeper.ts';
import { channelProblems, whoAmI } from './identity.ts';
import { intake } from './intake.ts';
import type { Line } from './line.ts';
import { listen } from './listen.ts';
import type { Office } from './office.ts';
import { projector } from './projector.ts';
import type { Projected } from './projector-parts.ts';
import { type Listen, requests } from './requests.ts';
import { sockets } from './sockets.ts';
import { threadDoor } from './thread.ts';
import { clientOptions, type Log, slackLogger, webClients } from './web.ts';

/** How often root cards of operations under way are looked at, in ms. */
const TICK_MS = 5_000;
/** How often every thread that is behind is looked at, in ms. */
const SWEEP_MS = 60_000;
/** How long a stop waits for what is under way, in ms. */
const DRAIN_MS = 10_000;
/** How commands and clicks reach the bot: by sockets that it opens, or by requests that Slack signs. */
export type Hearing =
  | { readonly by: 'socket'; readonly appToken: string }
  | { readonly by: 'http'; readonly signingSecret: string; readonly listen: Listen };

export type BotParts = {
  readonly tokens: { readonly bot: string };
  readonly hearing: Hearing;
  /** Another Web API than Slack's own, ending with a slash. */
  readonly apiUrl?: string | undefined;
  readonly config: Pick<Config, 'clouds'>;
  readonly journal: Journal;
  readonly threads: Threads;
  readonly notes: StepNotes;
  readonly wake: Wake;
  /** Why Redis could lose what it took; null when it can't. */
  readonly durable: () => Promise<Problem | null>;
  readonly log: Log;
  /** The bot can't go on (deaf, or its token was revoked): end the process, so that it is started anew. */
  readonly onFatal: (error: Error) => void;
  readonly now?: () => number;
  readonly deafMs?: number;
  readonly alertEveryMs?: number;
};

/** `drain`: what is under way is finished first, within `DRAIN_MS`; `now`: it isn't waited for. */
type StopStage = 'drain' | 'now';
type Readiness = { readonly ok: boolean; readonly connections: number; readonly deafMs: number };

export type Bot = {
  ready(): Readiness;
  /** Brings an operation's thread up to its journal; see `Projector`. */
  project(id: string): Promise<Projected>;
  sweep(): Promise<void>;
  /** Where it listens for Slack's requests, as `http://address:port`; null with sockets. */
  address(): string | null;
  /** What was found wrong with scopes and channels at the start. */
  readonly concerns: readonly Problem[];
  stop(stage?: StopStage): Promise<void>;
};

/** Starts the bot. Rejects with a SLACK_… problem when a token is refused or Slack can't be reached. */
export async function startBot(parts: BotParts): Promise<Bot> {
  const { tokens, apiUrl, config, journal, threads, notes, wake, durable, log, now = Date.now } = parts;
  const { clouds } = config;
  const clients = webClients(tokens.bot, apiUrl, log);
  const { self, home, missingScopes } = await whoAmI(clients.lookups);
  const line = lineOf(parts);
  const door = threadDoor(clients, self, log);
  const people = authority(clients.lookups, home, now);
  const office: Office = {
    bot: newId(),
    clouds,
    journal,
    threads,
    notes,
    wake,
    authority: people,
    door,
    showForm: async (trigger, view) => void (await clients.interactive.views.open({ trigger_id: trigger, view })),
    durable,
    log,
    now,
  };
  const incoming = intake(log, now);
  const gate = gatekeeper({ clouds, authority: people, journal, door, wake, log });
  const threadsTold = projector({ journal, threads, notes, door, log, gate, now });
  const everyMs = parts.alertEveryMs ?? ALERT_EVERY_MS;
  const alert = alerting({ clouds, journal, threads, door, log, everyMs });
  const app = boltApp(parts, line.receivers, self);
  for (const other of line.receivers.slice(1)) other.init(app);
  listen(app, { office, incoming, clients, log });
  await app.init();
  await line.start();

  const concerns = [...scopeProblems(missingScopes), ...(await channelProblems(clients.lookups, clouds))];
  for (const problem of concerns) {
    const { wrong, next } = explain(problem);
    log.warn({ problem }, `${wrong} ${next}`);
  }

  const quietly = (what: string, act: () => Promise<unknown>) => () => {
    act().catch((error: unknown) => log.warn({ error: String(error) }, what));
  };
  const timers = [
    setInterval(quietly('looking at root cards', threadsTold.tick), TICK_MS),
    setInterval(quietly('looking for what needs people', alert), TICK_MS),
    setInterval(quietly('looking at threads that are behind', threadsTold.sweep), SWEEP_MS),
  ];
  quietly('looking at threads that are behind', threadsTold.sweep)();

  return {
    concerns,
    ready: () => ({
      ok: line.connected() > 0 && !incoming.closed,
      connections: line.connected(),
      deafMs: line.deafFor(),
    }),
    address: line.address,
    project: threadsTold.project,
    sweep: threadsTold.sweep,
    stop: async (stage = 'drain') => {
      for (const timer of timers) clearInterval(timer);
      incoming.close();
      if (stage === 'drain') {
        const left = await incoming.drained(DRAIN_MS);
        if (left > 0) log.warn({ left }, 'stopping with answers still under way');
      }
      await Promise.race([threadsTold.stop(), sleep(DRAIN_MS, undefined, { ref: false })]);
      await line.stop();
    },
  };
}

function lineOf({ hearing, apiUrl, log, onFatal, deafMs }: BotParts): Line {
  if (hearing.by === 'http') return requests({ ...hearing, log });
  const { appToken } = hearing;
  return sockets({ appToken, apiUrl, log, onFatal, ...(deafMs === undefined ? {} : { deafMs }) });
}

function scopeProblems(missing: readonly string[]): readonly Problem[] {
  return missing.map((scope) => ({ code: 'SLACK_SCOPE_MISSING', params: { scope, method: 'the bot' } }));
}

function boltApp(
  { tokens, apiUrl, log }: BotParts,
  [receiver]: readonly Receiver[],
  self: { readonly user: string; readonly bot: string | null },
): App {
  if (receiver === undefined) throw new Error('a bot without a connection');
  const bot = { botToken: tokens.bot, botUserId: self.user, ...(self.bot === null ? {} : { botId: self.bot }) };
  return new App({
    receiver,
    authorize: async () => bot,
    clientOptions: clientOptions(apiUrl, log),
    logger: slackLogger(log),
    deferInitialization: true,
    convoStore: false,
  });
}
