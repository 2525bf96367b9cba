import { stripVTControlCharacters } from 'node:util';

/**
 * Text of a host that goes into a problem, and so into the journal and Slack. What a run directory prints was filtered
 * on its host, by that deployment's passwords too; an answer to a question was not, so this is its filter.
 */

/** The longest parameter of a problem, in characters: a sentence for people, well below what a journal takes. */
export const PARAM_CHARS = 1_500;
/** A quotation within a sentence, in characters. */
const QUOTED_CHARS = 300;
/** Lines longer than this are left out, and of all lines only the last so many characters are looked at. */
const LINE_CHARS = 16_384;
const TEXT_CHARS = 65_536;
const MARK = '***';
const LEFT_OUT = '[a line that was too long was left out]';

const SECRET_KEY = String.raw`(?:passw(?:or)?d|passphrase|secret|token|api_?key|private_?key|mysql_pwd|sst_auth|credential)[\w.-]{0,64}`;
const QUOTED = String.raw`(?:(?<esc>\\{0,7})(?<quote>["'])(?:(?!(?<!\\)\k<esc>\k<quote>).){0,4096}\k<esc>\k<quote>|\\{0,7}["'].*)`;

/** Those of the filter on the hosts (`hosts/run-directory/redact.py`), to the letter. What stays is the group `keep`. */
export const SECRET_PATTERNS: readonly RegExp[] = [
  new RegExp(String.raw`(?<keep>${SECRET_KEY}\\{0,7}["']?\s{0,8}[:=]\s{0,8})(?:${QUOTED}|[^\s,;}"']+)`, 'gi'),
  new RegExp(String.raw`(?<keep>--[\w-]{0,32}(?:pass|secret|token)[\w-]{0,32}\s{1,8})(?!-)(?:${QUOTED}|\S+)`, 'gi'),
  new RegExp(String.raw`(?<keep>(?<![\w-])-p)(?:${QUOTED}|[^\s"',\]]+)`, 'g'),
  new RegExp(String.raw`(?<keep>identified\s+(?:by|with\s+\w+\s+(?:by|as))\s+(?:password\s+)?)${QUOTED}`, 'gi'),
  /(?<keep>[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,256}:)[^\s@]{1,1024}(?=@)/gi,
  /(?<keep>authorization\\{0,7}["']?\s{0,8}[:=]\s{0,8}\\{0,7}["']?(?:basic|bearer|token)\s+)[^\s"',]+/gi,
  /(?<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END|$)/g,
];

/** A private key over several lines, or to the end of the text. */
const KEY_BLOCK = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?=-----END|$(?![\s\S]))/g;

/**
 * One line for a sentence: without what looks like a secret, without control characters, at most `max` characters
 * (of a longer text its beginning and its end, which tells the reason). The whole text must be given: cut before,
 * a value could have lost the name that betrays it.
 */
export function quoteHost(text: string, max: number = QUOTED_CHARS): string {
  const lines = lastLines(text.replace(KEY_BLOCK, `$1${MARK}`)).split('\n');
  const plain = lines.map((line) => (line.length > LINE_CHARS ? LEFT_OUT : withoutSecrets(visible(line)))).join(' ');
  return shorten(plain.replace(/\s+/g, ' ').trim(), max);
}

/** The whole lines at the end of a long text. */
function lastLines(text: string): string {
  if (text.length <= TEXT_CHARS) return text;
  const kept = text.slice(-TEXT_CHARS);
  const begin = kept.indexOf('\n');
  return begin < 0 ? LEFT_OUT : kept.slice(begin + 1);
}

/** What could hide a secret's name or disturb a card: colours, control characters and invisible ones. */
function visible(line: string): string {
  return stripVTControlCharacters(line)
    .replace(/\p{Cf}+/gu, '')
    .replace(/\p{Cc}+/gu, ' ');
}

function withoutSecrets(line: string): string {
  return SECRET_PATTERNS.reduce((left, pattern) => left.replace(pattern, `$<keep>${MARK}`), line);
}

/** At most `max` characters: the beginning and the end, and what was left out between them shown. Never half a character. */
export function shorten(text: string, max: number = PARAM_CHARS): string {
  if (text.length <= max) return text;
  const half = Math.floor((max - 3) / 2);
  const [head, tail] = [text.slice(0, half), text.slice(text.length - half)];
  return `${head.replace(/[\uD800-\uDBFF]$/, '')} … ${tail.replace(/^[\uDC00-\uDFFF]/, '')}`;
}
