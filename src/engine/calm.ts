import type { Logger } from 'pino';

/** How often the same trouble is logged again while it lasts (ms). */
const AGAIN_MS = 60_000;

/** Logs trouble that comes many times a second, such as an outage, once and then once a minute. */
export function calmly(log: Logger, message: string): (error: Error) => void {
  let last = { text: '', at: Number.NEGATIVE_INFINITY };
  return ({ message: text }) => {
    if (text === last.text && performance.now() - last.at < AGAIN_MS) return;
    last = { text, at: performance.now() };
    log.warn({ error: text }, message);
  };
}
