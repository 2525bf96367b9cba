import type { KeptDatadir } from '../../operation/facts.ts';
import type { Operation } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { clean, esc, size } from '../text.ts';
import { code, lines, onHost, say, strong } from './parts.ts';

/** How many restores and, of each, how many nodes a card names. */
const RESTORES_SHOWN = 3;
const NODES_SHOWN = 5;
const PATH_SHOWN = 140;

type Kept = { readonly operation: Operation; readonly kept: readonly KeptDatadir[] };

/** A card with what old data is kept, and how it is removed; as it was where there is none. */
export function withKept({ text, blocks }: Message, kept: readonly Kept[]): Message {
  if (kept.length === 0) return { text, blocks };
  const shown = kept.slice(0, RESTORES_SHOWN).map(({ operation: { label }, kept: on }) => {
    const bytes = on.reduce((sum, one) => sum + one.bytes, 0);
    const where = on
      .slice(0, NODES_SHOWN)
      .map(({ node, data, bytes: each }) => [onHost(node), say(` ${size(each)} `), code(clean(data, PATH_SHOWN))]);
    return lines(
      [strong(`Old data that ${label} has set aside: `), say(`${size(bytes)} on ${on.length} nodes`)],
      ...where,
      [say('To remove it for good: '), code(`/kolla-backup discard ${label} <reason>`)],
    );
  });
  const labels = kept.map(({ operation }) => operation.label).join(', ');
  return { text: `${text}. ${esc(clean(`Old data is kept by ${labels}`, 300))}`, blocks: [...blocks, ...shown] };
}
