import { setTimeout as sleep } from 'node:timers/promises';
import { App, type RespondArguments } from '@slack/bolt';
import type { Config } from '../config.ts';
import type { Problem } from '../operation/catalogue.ts';
import { newId } from '../operation/ids.ts';
import type { Journal } from '../operation/journal.ts';
import type { StepNotes, Threads, Wake } from '../operation/ports.ts';
import { readClick, runClick } from './actions.ts';
import { authority } from './authorize.ts';
import { refusalCard } from './cards/answers.ts';
import { runCommand } from './commands.ts';
import { channelProblems, whoAmI } from './identity.ts';
import { type Intake, intake } from './intake.ts';
import type { Message } from './limits.ts';
import { type Office, problemOf } from './office.ts';
import { parseCommand } from './parse.ts';
import { type Projected, projector } from './projector.ts';
import { sockets } from './sockets.ts';
import { threadDoor } from './thread.ts';
import { type Clients, clientOptions, type Log, slackLogger, troubleOf, webClients } from './web.ts';

/** How often root cards of operations under way are looked at, in ms. */
const TICK_MS = 5_000;
/** How often every thread that is behind is looked at, in ms. */
const SWEEP_MS = 60_000;
/** How long a stop waits for what is under way, in ms. */
export const DRAIN_MS = 10_000;
/** An acknowledgement slower than this is worth a line in the log; Slack gives up after 3 s. */
const ACK_SLOW_MS = 1_000;
/** How long an answer through a response URL may take, in ms. */
const RESPOND_MS = 10_000;

export type BotParts = {
  readonly tokens: { readonly bot: string; readonly app: string };
  /** Another Web API than Slack's own, ending with a slash. */
  readonly apiUrl?: string | undefined;
  readonly config: Pick<Config, 'clouds'>;
  readonly journal: Journal;
  readonly threads: Threads;
  readonly notes: StepNotes;
  readonly wake: Wake;
  readonly log: Log;
  /** The bot can't go on (deaf, or its token was revoked): end the process, so that it is started anew. */
  readonly onFatal: (error: Error) => void;
  readonly now?: () => number;
  readonly deafMs?: number;
};

/** `drain`: what is under way is finished first, within `DRAIN_MS`; `now`: it isn't waited for. */
export type StopStage = 'drain' | 'now';
export type Readiness = { readonly ok: boolean; readonly connections: number; readonly deafMs: number };

export type Bot = {
  ready(): Readiness;
  /** Brings an operation's thread up to its journal; see `Projector`. */
  project(id: string): Promise<Projected>;
  sweep(): Promise<void>;
  /** What was found wrong with scopes and channels at the start. */
  readonly concerns: readonly Problem[];
  stop(stage?: StopStage): Promise<void>;
};

/** Starts the bot. Rejects with a SLACK_… problem when a token is refused or Slack can't be reached. */
export async function startBot(parts: BotParts): Promise<Bot> {
  const { tokens, apiUrl, config, journal, threads, notes, wake, log, onFatal, now = Date.now } = parts;
  const clients = webClients(tokens.bot, apiUrl, log);
  const { self, home, missingScopes } = await whoAmI(clients.lookups);
  const lines = sockets({
    appToken: tokens.app,
    apiUrl,
    log,
    onFatal,
    ...(parts.deafMs === undefined ? {} : { deafMs: parts.deafMs }),
  });
  const door = threadDoor(clients, self, log);
  const office: Office = {
    clouds: config.clouds,
    journal,
    threads,
    notes,
    wake,
    authority: authority(clients.lookups, home, now),
    door,
    log,
    now,
  };
  const incoming = intake(log, now);
  const threadsTold = projector({ journal, threads, notes, door, log, now });
  const app = boltApp(parts, lines.receivers, self);
  for (const other of lines.receivers.slice(1)) other.init(app);
  listen(app, { office, incoming, clients, log });
  await app.init();
  await lines.start();

  const concerns = [...scopeProblems(missingScopes), ...(await channelProblems(clients.lookups, config.clouds))];
  for (const problem of concerns) log.warn({ problem }, 'something about the Slack app or its channels is wrong');

  const quietly = (what: string, act: () => Promise<unknown>) => () => {
    act().catch((error: unknown) => log.warn({ error: String(error) }, what));
  };
  const timers = [
    setInterval(quietly('looking at root cards', threadsTold.tick), TICK_MS),
    setInterval(quietly('looking at threads that are behind', threadsTold.sweep), SWEEP_MS),
  ];
  quietly('looking at threads that are behind', threadsTold.sweep)();

  return {
    concerns,
    ready: () => ({
      ok: lines.connected() > 0 && !incoming.closed,
      connections: lines.connected(),
      deafMs: lines.deafFor(),
    }),
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
      await lines.stop();
    },
  };
}

function scopeProblems(missing: readonly string[]): readonly Problem[] {
  return missing.map((scope) => ({ code: 'SLACK_SCOPE_MISSING', params: { scope, method: 'the bot' } }));
}

function boltApp(
  { tokens, apiUrl, log }: BotParts,
  [receiver]: ReturnType<typeof sockets>['receivers'],
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

type Listening = { readonly office: Office; readonly incoming: Intake; readonly clients: Clients; readonly log: Log };

function listen(app: App, { office, incoming, clients, log }: Listening): void {
  app.error(async (error) => {
    log.error({ error: String(error) }, 'a listener failed');
  });

  // Every slash command of the app, so that none stays unanswered; there is one.
  app.command(/^\//, async ({ ack, command, respond }) => {
    const { user_id: by, channel_id: channel, trigger_id: trigger, text = '' } = command;
    if (incoming.closed) return ack(ephemeral(refusalCard({ code: 'BOT_STOPPING', params: {} })));
    await timely(ack, 'command', log);
    await incoming.run(`command:${trigger}`, async () => {
      const parsed = parseCommand(text);
      const answer = parsed.ok
        ? await answerTo(() => runCommand(office, { by, channel, trigger }, parsed.command), log)
        : refusalCard(parsed.problem);
      await tell(answer, { respond, clients, log, channel, by });
    });
  });

  // One listener for every button: with several, each that fits would run.
  app.action(/.*/, async ({ ack, body, respond }) => {
    await timely(ack, 'click', log);
    const click = readClick(body);
    if (click === null) return;
    await incoming.run(click.key, async () => {
      const answer = incoming.closed
        ? refusalCard({ code: 'BOT_STOPPING', params: {} })
        : await answerTo(() => runClick(office, click), log);
      await tell(answer, { respond, clients, log, channel: click.channel, by: click.by });
    });
  });
}

/** Acknowledges before anything else is done. */
async function timely(ack: () => Promise<void>, what: string, log: Log): Promise<void> {
  const before = performance.now();
  await ack();
  const ms = Math.round(performance.now() - before);
  if (ms > ACK_SLOW_MS) log.warn({ what, ms }, 'an acknowledgement was slow');
}

/** The answer, whatever happens. */
async function answerTo(act: () => Promise<Message>, log: Log): Promise<Message> {
  try {
    return await act();
  } catch (error) {
    const problem = problemOf(error);
    if (problem !== null) return refusalCard(problem);
    const reference = newId().slice(0, 8);
    log.error({ reference, error: error instanceof Error ? error.stack : String(error) }, 'unexpected');
    return refusalCard({ code: 'UNEXPECTED', params: { reference } });
  }
}

function ephemeral({ text, blocks }: Message): RespondArguments {
  return { response_type: 'ephemeral', replace_original: false, text, blocks: [...blocks] };
}

type Hearer = {
  readonly respond: (message: RespondArguments) => Promise<unknown>;
  readonly clients: Clients;
  readonly log: Log;
  readonly channel: string;
  readonly by: string;
};

/** Tells the one who asked, and nobody else: through the response URL, or directly where that fails. */
async function tell(answer: Message, { respond, clients, log, channel, by }: Hearer): Promise<void> {
  const timeout = new AbortController();
  try {
    const late = sleep(RESPOND_MS, undefined, { signal: timeout.signal }).then(() => {
      throw new Error(`no answer within ${RESPOND_MS / 1000} s`);
    });
    late.catch(() => {});
    await Promise.race([respond(ephemeral(answer)), late]);
  } catch (error) {
    log.warn({ error: String(error) }, 'an answer did not get through its response URL');
    await clients.interactive.chat
      .postEphemeral({ channel, user: by, text: answer.text, blocks: [...answer.blocks] })
      .catch((failure: unknown) => log.error({ trouble: troubleOf(failure) }, 'an answer did not get through'));
  } finally {
    timeout.abort();
  }
}
