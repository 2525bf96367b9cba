#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Logger, pino } from 'pino';
import { backOutCommand } from './back-out.ts';
import type { Config } from './config.ts';
import { connectClouds } from './connect.ts';
import { doctorCommand } from './doctor.ts';
import { calmly } from './engine/calm.ts';
import { durabilityProblem } from './engine/durability.ts';
import { redisJournal } from './engine/journal.ts';
import { redisNotes } from './engine/notes.ts';
import { listen, redisWake } from './engine/queues.ts';
import { connectRedis, reachRedis } from './engine/redis.ts';
import { startSweep } from './engine/sweep.ts';
import { redisThreads } from './engine/threads.ts';
import { startWorker } from './engine/worker.ts';
import { archivesCommand } from './list-archives.ts';
import { configPath, type Environment, keyringFrom, keyringOf, loadConfig, readEnvironment } from './load-config.ts';
import { tellHowItDoes } from './observe.ts';
import { auditFile } from './operation/audit.ts';
import { KollaBackupError } from './operation/catalogue.ts';
import { hex64 } from './operation/ids.ts';
import type { Head } from './operation/record.ts';
import { runUntilSignalled, type Service } from './run.ts';
import { secretFiles } from './secret-files.ts';
import { atTerminal, unattended } from './setup/ask.ts';
import { init } from './setup/init.ts';
import { INIT_USAGE, readInitOptions } from './setup/init-options.ts';
import { startBot } from './slack/app.ts';
import { slackAccess } from './slack-access.ts';

const USAGE = `kolla-backup <command>

  init [FILE] [--help]             looks at a deployment, asks the rest, and writes a config
  start                            bot and worker in one process
  bot                              the Slack side alone
  worker                           drives operations; several may run
  backout LABEL [ID]               lists an operation’s back-outs, or starts one, while Slack is away
  doctor [--json] [--cloud ID …]   looks at Slack, Redis and every cloud, and says what is to be mended
  doctor --sudoers                 prints the least that sudo must allow on the hosts
  doctor --authorized-keys         the same for the bot’s key
  archives CLOUD                   reads every archive on its nodes and tells the chains, without Slack or Redis
  audit FILE [--head N:HASH …]     verifies an exported journal, without Slack or Redis

Environment: KOLLA_BACKUP_CONFIG, KOLLA_BACKUP_KEY, REDIS_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN or
SLACK_SIGNING_SECRET (see docs/config.md); a secret may stand in a file instead (SLACK_BOT_TOKEN_FILE …).
KOLLA_BACKUP_LISTEN=address:port makes a process tell how it does.
`;

/** How long to wait before a bot that could not go on is begun anew beside its worker (ms). */
const BOT_AGAIN_MS = 15_000;
/** How many threads one bot brings up to date at a time. */
const PROJECTIONS = 8;

/** Exit codes: 0 good, 1 failed or found something, 2 couldn't begin or couldn't look. */
const COMMANDS: Readonly<Record<string, (rest: readonly string[]) => Promise<number>>> = {
  // The worker first: what runs on the hosts is followed while Slack is away, too.
  init: initCommand,
  start: () => serve([startWorkerPart, keepBotPart]),
  bot: () => serve([(inputs) => startBotPart(inputs, endProcess(inputs.log))]),
  worker: () => serve([startWorkerPart]),
  backout: backOut,
  doctor,
  archives: listArchives,
  audit: auditCommand,
};

type Inputs = { readonly environment: Environment; readonly config: Config; readonly log: Logger };

async function serve(starts: readonly ((inputs: Inputs) => Promise<Service>)[]): Promise<number> {
  const environment = readEnvironment(process.env);
  const config = loadConfig(environment.KOLLA_BACKUP_CONFIG);
  const log: Logger = pino({ level: environment.LOG_LEVEL, name: 'kolla-backup' }, pino.destination({ sync: true }));
  await reachRedis(environment.REDIS_URL);
  const services: Service[] = [];
  let started = false;
  const telling = await tellHowItDoes({
    listen: environment.KOLLA_BACKUP_LISTEN,
    redisUrl: environment.REDIS_URL,
    ring: keyringOf(environment),
    clouds: Object.keys(config.clouds),
    journals: starts.some((start) => start !== startWorkerPart),
    shows: () => (started ? services.flatMap(({ shows }) => shows ?? []) : null),
    log,
  });
  for (const start of starts) services.push(await start({ environment, config, log }));
  started = true;
  log.info({ clouds: Object.keys(config.clouds) }, 'started');
  return runUntilSignalled([...services, telling], log);
}

async function startWorkerPart({ environment, config, log }: Inputs): Promise<Service> {
  const clouds = connectClouds(config, environment.SSH_AUTH_SOCK);
  const ring = keyringOf(environment);
  const parts = { config, redisUrl: environment.REDIS_URL, ring, log: log.child({ part: 'worker' }) };
  const worker = await startWorker({ ...parts, hostsOf: clouds.hostsOf });
  return {
    shows: {
      part: 'worker',
      notReady: () => (worker.answers() ? null : 'the worker takes no operations from its queue'),
      leases: worker.driving,
    },
    leave: async () => {
      await worker.leave();
      await clouds.close();
    },
  };
}

/** Whoever supervises the bot starts it again. */
function endProcess(log: Logger): (error: Error) => void {
  return (error) => {
    log.fatal({ error: error.message }, 'the bot cannot go on; whoever supervises it should start it again');
    process.exit(1);
  };
}

/** The bot beside a worker: when Slack is away it is begun anew until it is back, and the worker goes on. */
async function keepBotPart(inputs: Inputs): Promise<Service> {
  const leaving = new AbortController();
  let current: Service | null = null;
  const begin = async () => {
    current = await startBotPart(inputs, (error) => void again(error));
  };
  async function again(why: unknown): Promise<void> {
    await current?.leave();
    current = null;
    for (let error = why; !leaving.signal.aborted; ) {
      inputs.log.error({ error: words(error) }, 'the bot is begun anew; the worker goes on');
      await sleep(BOT_AGAIN_MS, undefined, { signal: leaving.signal }).catch(() => {});
      try {
        if (!leaving.signal.aborted) await begin();
        return;
      } catch (failure) {
        error = failure;
      }
    }
  }
  await begin().catch((error: unknown) => {
    // A wrong token is the operator's to mend, and at the start somebody is looking.
    if (!(error instanceof KollaBackupError) || error.problem.code !== 'SLACK_UNREACHABLE') throw error;
    void again(error);
  });
  return {
    shows: {
      part: 'bot',
      notReady: () => (current === null ? 'the bot is begun anew' : (current.shows?.notReady() ?? null)),
      connections: () => current?.shows?.connections?.() ?? 0,
    },
    leave: async () => {
      leaving.abort();
      await current?.leave();
    },
  };
}

async function startBotPart(
  { environment, config, log: whole }: Inputs,
  onFatal: (error: Error) => void,
): Promise<Service> {
  const log = whole.child({ part: 'bot' });
  const { REDIS_URL: url, SLACK_API_URL: apiUrl } = environment;
  const redis = connectRedis(url, calmly(log, 'Redis connection of the bot'));
  await redis.connect();
  const journal = redisJournal(redis, keyringOf(environment));
  const wake = redisWake(redis);
  const close = async () => {
    await wake.close();
    redis.disconnect();
  };
  const bot = await startBot({
    ...slackAccess(environment, config.slack),
    apiUrl,
    config,
    journal,
    threads: redisThreads(redis),
    notes: redisNotes(redis),
    wake,
    durable: () => durabilityProblem(redis),
    log,
    onFatal,
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const sweep = startSweep(journal, wake, log);
  const answer = async (operation: string) => void (await bot.project(operation));
  const listener = listen('project', { url, concurrency: PROJECTIONS, log, answer });
  redis.on('ready', () => void bot.sweep().catch(() => {}));
  const notReady = () => {
    if (!bot.ready().ok) return 'the bot has no connection to Slack';
    return listener.answers() ? null : 'the bot takes no threads from its queue';
  };
  return {
    shows: { part: 'bot', notReady, connections: () => bot.ready().connections },
    leave: async () => {
      sweep.stop();
      await Promise.allSettled([bot.stop('drain'), listener.close()]);
      await close();
    },
  };
}

/** Asks at a terminal; without one, options must answer. */
async function initCommand(rest: readonly string[]): Promise<number> {
  const usual = process.env['KOLLA_BACKUP_CONFIG'] ?? '/etc/kolla-backup/config.yml';
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  if (rest.includes('--help')) {
    tell(`kolla-backup ${INIT_USAGE}`);
    return 0;
  }
  const asked = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return init(
    readInitOptions(rest, usual, process.env['SSH_AUTH_SOCK'] || undefined),
    asked ? atTerminal : unattended,
    tell,
  );
}

/** What a card's buttons would do, without Slack. */
async function backOut([label, id, ...more]: readonly string[]): Promise<number> {
  if (label === undefined || more.length > 0) throw new KollaBackupError('USAGE', { usage: 'backout LABEL [ID]' });
  const environment = readEnvironment(process.env);
  await reachRedis(environment.REDIS_URL);
  const redis = connectRedis(environment.REDIS_URL, () => {}); // what fails is told by the command itself
  const wake = redisWake(redis);
  try {
    const { text, exit } = await backOutCommand(redisJournal(redis, keyringOf(environment)), wake, label, id);
    process.stdout.write(text);
    return exit;
  } finally {
    await wake.close();
    redis.disconnect();
  }
}

/** What must be true before operations can be. */
async function doctor(rest: readonly string[]): Promise<number> {
  const { text, exit } = await doctorCommand(rest, process.env, process.stdout);
  process.stdout.write(text);
  return exit;
}

/** What lies in the backup volumes, by the archives' own words. Needs the config and SSH, nothing else. */
async function listArchives([cloud, ...more]: readonly string[]): Promise<number> {
  if (cloud === undefined || more.length > 0) throw new KollaBackupError('USAGE', { usage: 'archives CLOUD' });
  const config = loadConfig(configPath(process.env));
  const clouds = connectClouds(config, process.env['SSH_AUTH_SOCK']);
  try {
    const tell = (line: string) => void process.stderr.write(line);
    const { text, exit } = await archivesCommand(config, clouds.hostsOf, cloud, tell);
    process.stdout.write(text);
    return exit;
  } finally {
    await clouds.close();
  }
}

/** Looks at an exported journal; with KOLLA_BACKUP_KEY set, at its signatures too. */
async function auditCommand(rest: readonly string[]): Promise<number> {
  const options = { head: { type: 'string', multiple: true } } as const;
  const { values, positionals } = readArguments(() => parseArgs({ args: [...rest], options, allowPositionals: true }));
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new KollaBackupError('USAGE', { usage: 'audit FILE [--head N:HASH …]' });
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KollaBackupError('FILE_UNREADABLE', {
      file,
      reason: cause instanceof Error ? cause.message : String(cause),
    });
  });
  const found = auditFile(text, { keyring: keyringFrom(process.env), heads: (values.head ?? []).map(readHead) });
  process.stdout.write(found.text);
  return found.exit;
}

function readArguments<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new KollaBackupError('USAGE', { usage: 'audit FILE [--head N:HASH …]' }, { cause });
  }
}

function readHead(text: string): Head {
  const [seq = '', hash = ''] = text.split(':');
  if (!/^\d{1,9}$/.test(seq) || !hex64.safeParse(hash).success) {
    throw new KollaBackupError('USAGE', { usage: '--head N:HASH, as it stands in the thread, with all 64 digits' });
  }
  return { seq: Number(seq), hash };
}

async function main([name = '', ...rest]: readonly string[]): Promise<number> {
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(USAGE);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`${name === '' ? 'No command.' : `There is no command ${JSON.stringify(name)}.`}\n\n${USAGE}`);
    return 2;
  }
  return command(rest);
}

/** What an operator reads when a process can't begin: the catalogue's three sentences, or the whole error. */
function words(error: unknown): string {
  if (error instanceof KollaBackupError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  // Whoever reads the environment finds them there; what a process is given by others doesn't show them.
  Object.assign(process.env, secretFiles(process.env));
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${words(error)}\n`);
  process.exit(2);
}
