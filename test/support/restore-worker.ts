import { readFileSync, unlinkSync } from 'node:fs';
import { pino } from 'pino';
import { connectClouds } from '../../src/connect.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { startWorker } from '../../src/engine/worker.ts';
import { keyringOf, loadConfig, readEnvironment } from '../../src/load-config.ts';
import { parseJson } from '../../src/operation/json.ts';
import type { RunDirectory } from '../../src/operation/run-directory.ts';
import { leaveAll, untilSignalled } from '../../src/run.ts';
import { type Moment, point } from './points.ts';

/**
 * A worker process that kills or freezes itself at the point that a file names, once: whoever comes there first takes
 * the file away. Otherwise it is the worker that `main.ts` starts. Arguments: that file, and the minutes that a plan
 * waits for approval and an approval for its execution.
 */
const [file = '', waits = '', begins = ''] = process.argv.slice(2);
const environment = readEnvironment(process.env);
const config = loadConfig(environment.KOLLA_BACKUP_CONFIG);
const limits = {
  ...config.limits,
  ...(waits === '' ? {} : { approval_minutes: Number(waits) }),
  ...(begins === '' ? {} : { begin_minutes: Number(begins) }),
};
const log = pino({ level: 'info' }, pino.destination({ sync: true }));
const { hostsOf } = connectClouds(config, environment.SSH_AUTH_SOCK);

function meet(at: Moment, run: string): void {
  const wanted = point.safeParse(parseJson(read()));
  if (!wanted.success || wanted.data.at !== at || wanted.data.step !== run.split('.')[0]) return;
  try {
    unlinkSync(file);
  } catch {
    return;
  }
  log.info({ ...wanted.data, run }, 'met');
  process.kill(process.pid, wanted.data.signal);
}

function read(): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The step whose program this process looked at last; with the next thing it opens, that one's end is in the journal. */
let looked = '';

function withPoints(runs: RunDirectory): RunDirectory {
  return {
    ...runs,
    open: async (plan) => {
      meet('after', looked);
      return runs.open(plan);
    },
    start: async (request) => {
      meet('before', request.step);
      const started = await runs.start(request);
      meet('in', request.step);
      return started;
    },
    look: async (step, offset) => {
      const look = await runs.look(step, offset);
      looked = step.step;
      return look;
    },
  };
}

function hosts(cloud: string): CloudHosts | null {
  const found = hostsOf(cloud);
  return found === null ? null : { ...found, runs: (name) => withPoints(found.runs(name)) };
}

const worker = await startWorker({
  config: { ...config, limits },
  redisUrl: environment.REDIS_URL,
  ring: keyringOf(environment),
  log,
  hostsOf: hosts,
});
const signalled = untilSignalled(log);
log.info('started');
await signalled;
process.exit(await leaveAll([worker], log));
