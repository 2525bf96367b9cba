import { type DurableSetting, notDurable } from '../engine/durability.ts';
import type { RedisFacts } from './ask-redis.ts';
import { bad, bytes, good, judged, unknown, type Verdict, warning } from './check.ts';
import { CLOCK_OFF_MS } from './judge-host.ts';
import type { CheckId } from './titles.ts';

/** What is found of Redis. */

const POLICY = 'maxmemory-policy';
/** How much of its limit Redis may have filled before that is told. */
const FULL = 0.8;

export function judgeRedis(facts: RedisFacts): readonly { readonly id: CheckId; readonly verdict: Verdict }[] {
  const told = 'seen' in facts.info ? facts.info.seen : {};
  return [
    { id: 'redis.reach', verdict: judged(facts.reach, () => judgeReach(facts.url, told)) },
    { id: 'redis.durable', verdict: judged(facts.settings, (settings) => judgeDurable(settings, told)) },
    { id: 'redis.eviction', verdict: judged(facts.settings, (settings) => judgeEviction(settings, told)) },
    { id: 'redis.clock', verdict: judged(facts.clock, judgeClock) },
    { id: 'redis.journals', verdict: judged(facts.journals, judgeJournals) },
  ];
}

function judgeReach(url: string, info: Readonly<Record<string, string>>): Verdict {
  const version = info['redis_version'] ?? 'of unknown version';
  if (info['role'] === 'slave')
    return bad(
      { code: 'REDIS_REFUSED', params: { reason: `${url} is a replica, which takes no writes` } },
      'Name the primary in REDIS_URL.',
    );
  if ((info['aof_last_write_status'] ?? 'ok') !== 'ok')
    return bad({ code: 'REDIS_REFUSED', params: { reason: 'its last write to the append-only file failed' } });
  return good(`${url} answers: Redis ${version}.`);
}

/** What a command line would set, for those who run Redis themselves. */
const commands = (settings: readonly DurableSetting[]) =>
  settings
    .filter(({ wanted, found }) => found !== wanted)
    .map(({ name, wanted }) => `${name} ${wanted}`)
    .join(', ');

function judgeDurable(all: readonly DurableSetting[], info: Readonly<Record<string, string>>): Verdict {
  const settings = all.filter(({ name }) => name !== POLICY);
  const problem = notDurable(settings);
  if (problem === null)
    return good('What it took is on disk: append-only file, synced at each write, never cut short.');
  const wrong = commands(settings);
  if (settings.some(({ found }) => found !== null)) return bad(problem, setRunning(settings, wrong));
  const aof = { '1': 'it says that it has an append-only file', '0': 'it says that it has no append-only file' }[
    info['aof_enabled'] ?? ''
  ];
  return {
    ...bad(problem, askProvider(settings)),
    finding: `Redis does not tell how it keeps things (CONFIG is denied); ${aof ?? 'nor does INFO'}. Restores are refused until it does.`,
  };
}

/** Redis that is started with an append-only file for the first time reads no snapshot: it would forget everything. */
const setRunning = (settings: readonly DurableSetting[], wrong: string) =>
  `Let redis-cli CONFIG SET each while it runs: ${wrong}. Then set the same in redis.conf (CONFIG REWRITE) or on its command line.${
    settings.some(({ name, found, wanted }) => name === 'appendonly' && found !== wanted)
      ? ' In that order: a restart with appendonly yes begins empty unless it was set at the running one.'
      : ''
  }`;

const askProvider = (settings: readonly DurableSetting[]) =>
  `Ask its provider whether it is set to ${settings.map(({ name, wanted }) => `${name} ${wanted}`).join(', ')}, and to let this user read that: ACL SETUSER … +config|get (Redis 7 and later).`;

function judgeEviction(all: readonly DurableSetting[], info: Readonly<Record<string, string>>): Verdict {
  const setting = all.find(({ name }) => name === POLICY);
  const policy = setting?.found ?? info['maxmemory_policy'] ?? null;
  if (setting === undefined || policy === null)
    return unknown(
      'Redis does not tell what it does when its memory is full.',
      `Ask its provider for ${POLICY} noeviction.`,
    );
  const problem = notDurable([{ ...setting, found: policy }]);
  if (problem !== null)
    return bad(
      problem,
      `Set ${POLICY} ${setting.wanted}, or have its provider set it: with ${policy} a full Redis throws journals away.`,
    );
  const [used, most] = [Number(info['used_memory'] ?? 0), Number(info['maxmemory'] ?? 0)];
  if (most > 0 && used > most * FULL)
    return warning(
      `Nothing is evicted, but ${bytes(used)} of ${bytes(most)} are used: a full Redis refuses every event.`,
      'Give it more memory (maxmemory), or find out who else fills it.',
    );
  return good(
    `Nothing is evicted (${policy}); ${most > 0 ? `${bytes(used)} of ${bytes(most)}` : `${bytes(used)}, without a limit,`} used.`,
  );
}

function judgeClock({ aheadMs, unsureMs }: { readonly aheadMs: number; readonly unsureMs: number }): Verdict {
  const off = Math.max(0, Math.abs(aheadMs) - unsureMs);
  if (off <= CLOCK_OFF_MS) return good('Its clock is this machine’s, nearly.');
  const seconds = Math.round(off / 1000);
  return warning(
    `The clock of Redis is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s; approvals and schedules go by that of Redis.`,
    'Bring both under one time service.',
  );
}

function judgeJournals({
  sound,
  problem,
}: {
  readonly sound: number;
  readonly problem: Parameters<typeof bad>[0] | null;
}): Verdict {
  if (problem !== null) return bad(problem);
  return good(sound === 0 ? 'There is no journal yet.' : `The ${sound} newest journals verify with this key.`);
}
