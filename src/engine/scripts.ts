import { readFileSync } from 'node:fs';

const lua = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** The first line of each script: where its clock comes from. */
export const REDIS_CLOCK = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n";

/** The two scripts, with the clock that a test may replace. */
export function scripts(clock: string = REDIS_CLOCK): { append: string; lease: string } {
  return { append: `${clock}${lua('append.lua')}`, lease: `${clock}${lua('lease.lua')}` };
}
