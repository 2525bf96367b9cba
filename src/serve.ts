import { type Logger, pino } from 'pino';
import type { Config } from './config.ts';
import { reachRedis } from './engine/redis.ts';
import { type Environment, keyringOf, loadConfig, readEnvironment } from './load-config.ts';
import { tellHowItDoes } from './observe.ts';
import { startWorkerPart } from './parts/worker.ts';
import { leaveAll, type Service, untilSignalled } from './run.ts';
import { withSecrets } from './secret-files.ts';

/** What the parts of a process are made of. */
export type Inputs = { readonly environment: Environment; readonly config: Config; readonly log: Logger };

/** Starts the parts one after the other, and runs until a signal: one that comes in between lets go of what has begun. */
export async function serve(starts: readonly ((inputs: Inputs) => Promise<Service>)[]): Promise<number> {
  const environment = readEnvironment(withSecrets(process.env));
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
  const signalled = untilSignalled(log).then(() => null);
  for (const start of starts) {
    const service = await Promise.race([start({ environment, config, log }), signalled]);
    if (service === null) return leaveAll([...services, telling], log);
    services.push(service);
  }
  started = true;
  log.info({ clouds: Object.keys(config.clouds) }, 'started');
  await signalled;
  return leaveAll([...services, telling], log);
}
