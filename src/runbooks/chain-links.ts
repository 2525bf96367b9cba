import type { ChainLink, Facts } from '../operation/facts.ts';

/** An archive of the plan; what `lsns` are null of is known by its name alone. */
export type Link = Omit<ChainLink, 'fromLsn' | 'toLsn'> & {
  readonly fromLsn: string;
  readonly lsns: { readonly from: string; readonly to: string } | null;
};

/** The archives in the order in which they are applied. Throws where they don't continue one another. */
export function linksOf({ archive, chain }: NonNullable<Facts['restore']>): readonly Link[] {
  if (chain.length === 0) return [{ ...archive, kind: 'full', fromLsn: '0', lsns: null }];
  const broken = brokenAt(chain);
  if (broken !== null || chain.at(-1)?.path !== archive.path || chain.some(({ node }) => node !== archive.node))
    throw new TypeError(
      `not a chain of ${archive.path}: ${broken ?? 'it ends with another archive or lies elsewhere'}`,
    );
  return chain.map(({ toLsn, ...link }) => ({ ...link, lsns: { from: link.fromLsn, to: toLsn } }));
}

/** Where the first link that doesn't continue the one before begins; null where all do. */
export function brokenAt(chain: readonly Pick<ChainLink, 'kind' | 'fromLsn' | 'toLsn'>[]): string | null {
  const broken = chain.find((link, index) => {
    const before = chain[index - 1];
    return before === undefined ? link.kind !== 'full' : link.kind !== 'incremental' || link.fromLsn !== before.toLsn;
  });
  return broken?.fromLsn ?? null;
}
