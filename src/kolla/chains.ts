import { compareLsn } from './xtrabackup.ts';

/**
 * Which archives together are one restore point: a full, or a full and the incrementals that lead to the chosen one.
 * Every layout of Kolla's images gives the same answer, for only LSNs are asked, as the archives themselves tell them:
 * an incremental holds what changed after `fromLsn`, so exactly an archive that ends there comes before it. Names and
 * their dates decide nothing.
 */

/** A complete archive, where it lies. `at` is when it was made (ms since the epoch), by a journal or else as far as it tells that. */
export type ChainArchive = {
  readonly node: string;
  readonly path: string;
  readonly kind: 'full' | 'incremental';
  readonly fromLsn: string;
  readonly toLsn: string;
  /** Where the redo log in it ends. */
  readonly lastLsn: string;
  /** MariaDB's series that made it ("10.11"). */
  readonly series: string;
  readonly at: number;
  /** Which datadir was copied: LSNs of two say nothing about each other. Absent or null: not known. */
  readonly datadir?: string | null;
  /** The node on which it was taken; absent: not known, for an archive may be copied to another. */
  readonly takenOn?: string;
};

/** The chain that ends with an archive, or where it breaks off. */
export type ChainFound<A extends ChainArchive> =
  /** The full first; the last is the chosen one. */
  | { readonly kind: 'chain'; readonly links: readonly A[] }
  /**
   * No archive on the node ends at `lsn`, where the first of `links` begins; or (`apart`) one does, but of another datadir
   * or node.
   */
  | {
      readonly kind: 'gap';
      readonly lsn: string;
      readonly links: readonly [A, ...A[]];
      readonly elsewhere: readonly string[];
      readonly apart: boolean;
    }
  /** The databases were restored at that moment (ms) between two archives: they hold parts of two histories. */
  | { readonly kind: 'restore_inside'; readonly at: number; readonly links: readonly A[] };

/**
 * The chain that ends with `chosen`. `archives` are the complete ones of the cloud, in any order; `restores` the moments
 * (ms) at which its databases were replaced. LSNs say nothing across a restore, nor from one datadir to another: they may
 * fit by chance and mix two histories, and mariabackup says that all went well.
 */
export function chainTo<A extends ChainArchive>(
  chosen: A,
  archives: readonly A[],
  restores: readonly number[],
): ChainFound<A> {
  const dead = new Set<A>();
  /** Lengthens `links` to the left until they begin with a full; the first failure that it met where that can't be. */
  function grow(links: readonly [A, ...A[]]): ChainFound<A> {
    const [head] = links;
    if (head.kind === 'full') return { kind: 'chain', links };
    const before = archives.filter((one) => one.node === head.node && precedes(one, head));
    const sound = before.filter(
      (one) => links.every((link) => sameData(one, link)) && restoreBetween(one, head, restores) === null,
    );
    const [nearest] = before.toSorted(byPreference(head));
    const restored = nearest === undefined ? null : restoreBetween(nearest, head, restores);
    let failure: ChainFound<A> =
      restored !== null && sound.length === 0
        ? { kind: 'restore_inside', at: restored, links }
        : {
            kind: 'gap',
            lsn: head.fromLsn,
            links,
            elsewhere: elsewhere(head),
            apart: before.length > 0 && sound.length === 0,
          };
    for (const [index, one] of sound.toSorted(byPreference(head)).entries()) {
      if (dead.has(one)) continue;
      const found = grow([one, ...links]);
      if (found.kind === 'chain') return found;
      if (index === 0) failure = found;
      dead.add(one);
    }
    return failure;
  }
  const elsewhere = (head: A) => [
    ...new Set(
      archives
        .filter((one) => one.node !== head.node && precedes(one, head) && sameData(one, head))
        .map(({ node }) => node),
    ),
  ];
  return grow([chosen]);
}

/** Whether an archive ends exactly where `next` begins, and could have been made before it. */
function precedes(one: ChainArchive, next: ChainArchive): boolean {
  return (
    one.toLsn === next.fromLsn &&
    one.series === next.series &&
    compareLsn(one.lastLsn, next.lastLsn) <= 0 &&
    // An incremental in which nothing changed leads nowhere: what ends where it does leads there without it.
    (one.kind === 'full' || compareLsn(one.fromLsn, one.toLsn) < 0)
  );
}

/** Whether both may be of the same data: a node or datadir that isn't known may be any. */
function sameData(a: ChainArchive, b: ChainArchive): boolean {
  const alike = (one: string | null | undefined, other: typeof one) => one == null || other == null || one === other;
  return alike(a.takenOn, b.takenOn) && alike(a.datadir, b.datadir);
}

/** Fulls first, for fewer parts are fewer risks; then what was made last before `next`. */
function byPreference(next: ChainArchive) {
  const rank = ({ kind, at }: ChainArchive) => (kind === 'full' ? 0 : 2) + (at <= next.at ? 0 : 1);
  const distance = ({ at }: ChainArchive) => Math.abs(next.at - at);
  return (a: ChainArchive, b: ChainArchive) => rank(a) - rank(b) || distance(a) - distance(b);
}

function restoreBetween(one: ChainArchive, next: ChainArchive, restores: readonly number[]): number | null {
  return restores.find((at) => at >= Math.min(one.at, next.at) && at <= Math.max(one.at, next.at)) ?? null;
}
