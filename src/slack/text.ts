/** Text that came from elsewhere, made fit to be shown: cleaned, capped, escaped. And times, sizes and ages in words. */

// Control characters, bidirectional overrides, zero-width and other invisible characters; newline and tab are blanks here.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One line without invisible characters, at most `max` characters (UTF-16), its cut shown by `…`. */
export function clean(text: string, max: number): string {
  return cap(text.replace(/[\n\r\t]+/g, ' ').replace(INVISIBLE, ''), max);
}

/** Several lines, cleaned one by one and capped together. */
export function cleanLines(text: string, max: number): string {
  return cap(
    text
      .split(/\r?\n/)
      .map((line) => line.replace(/\t/g, '  ').replace(INVISIBLE, ''))
      .join('\n'),
    max,
  );
}

/** At most `max` characters, never half a surrogate pair. */
export function cap(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, Math.max(0, max - 1));
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** The last `max` characters of a text, from a line's beginning where there is one. */
export function tail(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(text.length - max);
  const line = kept.indexOf('\n');
  return line >= 0 && line < kept.length - 1 ? kept.slice(line + 1) : kept.replace(/^[\uDC00-\uDFFF]/, '');
}

/** What mrkdwn would read as a mention, link or entity, made plain. */
export function esc(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Escaped text, its mentions included, of at most `max` characters: no half entity or mention at its end. */
export function capEscaped(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${cap(text, max)
    .slice(0, -1)
    .replace(/(?:&[a-z]*|<[^>]*)$/, '')}…`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes as people read them: `1.4 GiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}

const GROUPED = new Intl.NumberFormat('en-US');

/** A whole number as people read it: `12,345`. */
export function grouped(value: number | bigint): string {
  return GROUPED.format(value);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in ms: `42 s`, `3 min 20 s`, `2 h 05 min`, `4 d 3 h`. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / SECOND) * SECOND);
  if (whole < MINUTE) return `${whole / SECOND} s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'min', SECOND, 's');
  if (whole < DAY) return pair(whole, HOUR, 'h', MINUTE, 'min');
  return pair(whole, DAY, 'd', HOUR, 'h');
}

/** How long before `now` something was, in whole minutes; both in ms: `just now`, `5 min ago`. */
export function ago(at: number, now: number): string {
  const whole = Math.floor((now - at) / MINUTE) * MINUTE;
  return whole < MINUTE ? 'just now' : `${duration(whole)} ago`;
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? `${Math.floor(ms / big)} ${bigName}` : `${Math.floor(ms / big)} ${bigName} ${rest} ${smallName}`;
}

/** A duration that is still growing, coarse enough that a card needn't change at each look: 5 s steps, then minutes. */
export function elapsed(ms: number): string {
  if (ms < 2 * MINUTE) return duration(Math.floor(ms / (5 * SECOND)) * 5 * SECOND);
  return duration(Math.floor(ms / MINUTE) * MINUTE);
}

/** A moment (ms since the epoch) in UTC, as logs and colleagues elsewhere have it: `2026-11-23 21:03:10 UTC`. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The time of day in UTC: `21:03:10 UTC`. */
export function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}
