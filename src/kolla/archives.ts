/**
 * The names in a backup volume, in every layout that Kolla's images have written. A name says what a file claims to
 * be; it is never trusted for order or completeness (archives of failed runs have normal names): LSNs tell that.
 *
 * flat-active    up to 2024.1:   `mysqlbackup-<full>.qp.xbc.xbs.gz`
 * flat-replica   2024.2 at first: `mysqlbackup-<full>.qp.mbc.mbs.gz`
 * nested-active  since 19.5/20.1: `full-<full>/mysqlbackup-<full>.qp.xbc.xbs.gz`
 * nested-replica since 19.5/20.1: `full-<full>/backup-full-<full>.mbs.gz`
 * where <full> is DD-MM-YYYY-EPOCH. Days and hours are the host's local time.
 */
type Layout = 'flat-active' | 'flat-replica' | 'nested-active' | 'nested-replica';

/** `day` is DD-MM-YYYY, `epoch` seconds since 1970. */
type Stamp = { readonly day: string; readonly epoch: number };

type ArchiveName =
  | ({ readonly kind: 'full'; readonly layout: Layout } & Stamp)
  /** Of its own time only the flat layout's active script tells the epoch; `full` is the full that the name points at. */
  | {
      readonly kind: 'incremental';
      readonly layout: Layout;
      readonly day: string | undefined;
      /** HH, or HH-MM-SS. */
      readonly time: string;
      readonly epoch: number | undefined;
      readonly full: { readonly day: string; readonly epoch: number | undefined } | undefined;
    }
  /** What the scripts note of the last full that succeeded. */
  | { readonly kind: 'state' }
  /** A directory of the nested layouts. */
  | { readonly kind: 'directory'; readonly holds: 'full' | 'incremental' }
  /** Staging of a run that is under way or that died. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'unrelated' };

const DAY = String.raw`(?:0[1-9]|[12]\d|3[01])-(?:0[1-9]|1[0-2])-20\d\d`;
const EPOCH = String.raw`[1-9]\d{8,10}`;
const HOUR = String.raw`(?:[01]\d|2[0-3])`;
const TIME = String.raw`${HOUR}-[0-5]\d-[0-6]\d`;
const ACTIVE = String.raw`\.qp\.xbc\.xbs\.gz`;
const REPLICA = String.raw`\.qp\.mbc\.mbs\.gz`;

const whole = (pattern: string) => new RegExp(`^${pattern}$`);

type Groups = Readonly<Record<string, string | undefined>>;
type Rule = { readonly pattern: RegExp; readonly read: (groups: Groups) => ArchiveName };

function fullName(layout: Layout): Rule['read'] {
  return ({ day = '', epoch }) => ({ kind: 'full', layout, day, epoch: Number(epoch) });
}

function incremental(layout: Layout): Rule['read'] {
  return ({ day, time = '', epoch, fullDay, fullEpoch }) => ({
    kind: 'incremental',
    layout,
    day,
    time,
    epoch: epoch === undefined ? undefined : Number(epoch),
    full: fullDay === undefined ? undefined : { day: fullDay, epoch: fullEpoch ? Number(fullEpoch) : undefined },
  });
}

const STAMP = `(?<day>${DAY})-(?<epoch>${EPOCH})`;
const OWN_TIME = `(?<time>${TIME})-(?<day>${DAY})`;
const FULL = `(?<fullDay>${DAY})(?:-(?<fullEpoch>${EPOCH}))?`;
const AGAIN = String.raw`\k<fullDay>(?:-\k<fullEpoch>)?`;
const INCR_DIRECTORY = `incr-${OWN_TIME}-since-${FULL}`;

const RULES: readonly Rule[] = [
  { pattern: whole(`mysqlbackup-${STAMP}${ACTIVE}`), read: fullName('flat-active') },
  { pattern: whole(`mysqlbackup-${STAMP}${REPLICA}`), read: fullName('flat-replica') },
  { pattern: whole(`full-${STAMP}/mysqlbackup-\\k<day>-\\k<epoch>${ACTIVE}`), read: fullName('nested-active') },
  { pattern: whole(`full-${STAMP}/backup-full-\\k<day>-\\k<epoch>\\.mbs\\.gz`), read: fullName('nested-replica') },
  { pattern: whole(`incremental-(?<time>${HOUR})-mysqlbackup-${STAMP}${ACTIVE}`), read: incremental('flat-active') },
  { pattern: whole(`incremental-(?<time>${HOUR})-mysqlbackup-${FULL}${REPLICA}`), read: incremental('flat-replica') },
  {
    pattern: whole(`${INCR_DIRECTORY}/incremental-\\k<time>-\\k<day>-mysqlbackup-${AGAIN}${ACTIVE}`),
    read: incremental('nested-active'),
  },
  {
    pattern: whole(`${INCR_DIRECTORY}/backup-incremental-\\k<time>-\\k<day>\\.mbs\\.gz`),
    read: incremental('nested-replica'),
  },
  { pattern: /^last_full_(?:date|file)$/, read: () => ({ kind: 'state' }) },
  { pattern: whole(`full-${STAMP}`), read: () => ({ kind: 'directory', holds: 'full' }) },
  { pattern: whole(INCR_DIRECTORY), read: () => ({ kind: 'directory', holds: 'incremental' }) },
  { pattern: /^incomplete-[^/]+(?:\/[^/]+)?$/, read: () => ({ kind: 'incomplete' }) },
];

/** Reads a path relative to the volume. What fits no layout to the letter is unrelated. */
export function parseArchiveName(path: string): ArchiveName {
  for (const { pattern, read } of RULES) {
    const match = pattern.exec(path);
    if (match !== null) return read(match.groups ?? {});
  }
  return { kind: 'unrelated' };
}

/** Whether an incremental upon that full unpacks it first, into its container: only the flat layouts know its LSN. */
export function isUnpackedForIncrementals(path: string): boolean {
  const name = parseArchiveName(path);
  return name.kind === 'full' && name.layout.startsWith('nested');
}

/** Whether a path relative to the volume claims to be a backup of that kind. */
export function isNameOf(kind: 'full' | 'incremental', path: string): boolean {
  return parseArchiveName(path).kind === kind;
}
