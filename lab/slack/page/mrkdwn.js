/** Slack's mrkdwn as a tree of plain objects: no DOM in here, so that it can be tested without a browser. */

const ENTITIES = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
export const unescaped = (text) => text.replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]);

const edge = (mark) => `(?<![\\w${mark}])${mark}(?=\\S)([^${mark}\\n]*[^${mark}\\s])${mark}(?![\\w${mark}])`;
const INLINE = new RegExp(
  [
    '`([^`\\n]+)`',
    '<([^<>\\n]+)>',
    edge('\\*'),
    edge('_'),
    edge('~'),
    "(?<!\\w):([a-z0-9_+'-]+(?:::skin-tone-\\d)?):(?!\\w)",
    '(https?://[^\\s<>|`]+[^\\s<>|`.,;:!?)\\]*_~])',
  ].join('|'),
  'g',
);

/** `<…>`: a mention, a date, or a link. */
function angle(inside) {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? undefined : unescaped(inside.slice(bar + 1));
  if (target.startsWith('@')) return { type: 'user', id: target.slice(1), label };
  if (target.startsWith('#')) return { type: 'channel', id: target.slice(1), label };
  if (target.startsWith('!subteam^')) return { type: 'usergroup', id: target.slice(9), label };
  if (target.startsWith('!date^')) {
    const [, seconds, format] = target.split('^');
    return { type: 'date', seconds: Number(seconds), format: format ?? '', label };
  }
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1), label };
  return { type: 'link', url: unescaped(target), label };
}

/** One run of text without line breaks of its own meaning. */
export function parseInline(text) {
  const nodes = [];
  let last = 0;
  const plain = (until) => {
    if (until > last) nodes.push({ type: 'text', text: unescaped(text.slice(last, until)) });
  };
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bracket, bold, italic, strike, emoji, url] = match;
    plain(match.index);
    last = match.index + whole.length;
    if (code !== undefined) nodes.push({ type: 'code', text: unescaped(code) });
    else if (bracket !== undefined) nodes.push(angle(bracket));
    else if (bold !== undefined) nodes.push({ type: 'bold', children: parseInline(bold) });
    else if (italic !== undefined) nodes.push({ type: 'italic', children: parseInline(italic) });
    else if (strike !== undefined) nodes.push({ type: 'strike', children: parseInline(strike) });
    else if (emoji !== undefined) nodes.push({ type: 'emoji', code: emoji });
    else nodes.push({ type: 'link', url: unescaped(url), label: undefined });
  }
  plain(text.length);
  return nodes;
}

const QUOTE = /^(?:>|&gt;)\s?/;
const BULLET = /^\s*[•◦▪]\s+/;

function kindOf(line) {
  if (QUOTE.test(line)) return 'quote';
  return BULLET.test(line) ? 'bullets' : 'lines';
}

/** Text outside code blocks: neighbouring lines of one kind together. */
function parseLines(text) {
  const groups = [];
  for (const line of text.split('\n')) {
    const type = kindOf(line);
    const group = groups.at(-1)?.type === type ? groups.at(-1) : undefined;
    const content = parseInline(line.replace(type === 'quote' ? QUOTE : type === 'bullets' ? BULLET : /^/, ''));
    if (group === undefined) groups.push({ type, lines: [content] });
    else group.lines.push(content);
  }
  return groups;
}

/** A whole text: `lines`, `quote`, `bullets` (each with `lines` of inline nodes) and `pre` (with `text`). */
export function parseMrkdwn(text) {
  return text.split(/```\n?/).flatMap((part, index, parts) => {
    const closed = index % 2 === 1 && index < parts.length - 1;
    if (closed) return [{ type: 'pre', text: unescaped(part.replace(/\n$/, '')) }];
    const rest =
      index % 2 === 1
        ? `\`\`\`${part}`
        : part.replace(/^\n/, index > 0 ? '' : '$&').replace(/\n$/, index < parts.length - 1 ? '' : '$&');
    return rest === '' ? [] : parseLines(rest);
  });
}
