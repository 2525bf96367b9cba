import { type EventType, type OperationEvent, operationEvent, type Wish } from './events.ts';
import { fold } from './fold.ts';
import { type Flaw, type Head, type JournalRecord, type Keyring, verifyChain } from './record.ts';

/** What looking at a journal found. Exit codes: 0 good, 1 found something, 2 couldn't look. */
export type Audit = {
  readonly exit: 0 | 1 | 2;
  /** What was found, the worst first. */
  readonly lines: readonly string[];
  /** How many records there are, and the highest of them whose head was remembered elsewhere; 0 for none. */
  readonly records: number;
  readonly shown: number;
  /** From this record on nothing is certain; null when no record is in doubt. */
  readonly doubtFrom: number | null;
};

/** The verdict in a few words. What was written after the last head that is known elsewhere could be cut unseen. */
export function verdictOf({ exit, shown, records }: Audit): string {
  if (exit === 1) return 'something is wrong';
  if (exit === 2) return 'it could not be looked at in full';
  return shown === 0 ? 'it could not be compared' : `nothing wrong found: shown up to record ${shown} of ${records}`;
}

/** What each flaw means, for people. */
const FLAWS = {
  shape: 'it is not a record',
  order: 'its number does not follow: something is missing, doubled or out of order',
  operation: 'it belongs to another operation',
  link: 'it does not name its predecessor’s hash: a record was changed, removed or put in',
  hash: 'its hash does not fit its content: it was changed after it was written',
  time: 'it is older than its predecessor',
  key: 'it is signed with a key that is not in the keyring',
  mac: 'its signature is wrong: it was not written by our bot or workers',
  head: 'the journal’s end is not the one that Redis names: its tail was cut or written by hand',
} as const satisfies Record<Flaw['flaw'], string>;

/** A journal as one JSON line a record: what an auditor keeps, and what `auditFile` reads. */
export function journalLines(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Who checks the signatures: a keyring here, nobody, or whoever read the journal has done it and found this. */
type Signatures =
  | { readonly by: Keyring }
  | { readonly by: 'nobody' }
  | { readonly by: 'reader'; readonly flaw: Flaw | null };

/**
 * Looks at a journal: its chain, its signatures, whether this version can follow it, and the heads that were remembered
 * elsewhere, without which a cut tail can't be seen.
 */
export function audit(lines: readonly unknown[], signatures: Signatures, heads: readonly Head[]): Audit {
  if (lines.length === 0 && heads.length === 0)
    return { exit: 2, lines: ['There is no record to look at.'], records: 0, shown: 0, doubtFrom: null };
  const verdict = verifyChain(lines, typeof signatures.by === 'string' ? null : signatures.by);
  const sound = verdict.ok ? verdict.records : verdict.sound;
  const chain = verdict.ok
    ? `The chain verifies: ${sound.length} records, the last ${verdict.head.hash}.`
    : `Record ${verdict.flaw.seq} is wrong: ${FLAWS[verdict.flaw.flaw]}. The ${sound.length} before it verify.`;
  const flaw = signatures.by === 'reader' ? signatures.flaw : null;
  const compared = compareHeads(sound, heads);
  const folded = fold(sound);
  const followed = folded.ok || sound.length === 0;
  const said = [
    { rank: verdict.ok ? 2 : 0, lines: [chain] },
    { rank: flaw === null ? 2 : 0, lines: [signedLine(signatures)] },
    { rank: compared.good ? 2 : 0, lines: compared.lines },
    {
      rank: 1,
      lines: followed
        ? []
        : [`This version cannot follow record ${folded.seq} (${oneLine(folded.type)}): ${folded.why}.`],
    },
  ].toSorted((one, other) => one.rank - other.rank);
  const doubts = [verdict.ok ? null : verdict.flaw.seq, flaw?.seq ?? null, compared.rewrittenFrom];
  return {
    exit: said.some(({ rank }) => rank === 0) ? 1 : followed ? 0 : 2,
    lines: said.flatMap((one) => one.lines),
    records: lines.length,
    shown: compared.shown,
    doubtFrom: least(doubts),
  };
}

function least(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((one) => one !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function signedLine(signatures: Signatures): string {
  if (signatures.by === 'nobody') return 'The signatures were not checked: there is no key here.';
  if (signatures.by === 'reader' && signatures.flaw !== null)
    return `Read with the keyring, record ${signatures.flaw.seq} is wrong: ${FLAWS[signatures.flaw.flaw]}.`;
  return 'The records that verify are signed with a key of the keyring.';
}

/** A value out of a journal in a text of lines: it must not be able to look like another line. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
}

/** How many heads that don't fit are named one by one. */
const HEADS_NAMED = 10;

type Compared = {
  readonly good: boolean;
  readonly lines: readonly string[];
  /** The highest record whose head was shown; 0 for none. */
  readonly shown: number;
  /** The first record that is another than the one that was shown. */
  readonly rewrittenFrom: number | null;
};

function compareHeads(records: readonly JournalRecord[], heads: readonly Head[]): Compared {
  if (heads.length === 0)
    return {
      good: true,
      lines: ['It could not be compared: there are no heads from elsewhere, so a cut tail would not be seen.'],
      shown: 0,
      rewrittenFrom: null,
    };
  const fits = ({ seq, hash }: Head) => records[seq - 1]?.hash === hash;
  const strange = heads.filter((head) => !fits(head));
  const shown = heads.filter(fits).reduce((most, { seq }) => Math.max(most, seq), 0);
  if (strange.length === 0)
    return { good: true, lines: [`All ${heads.length} heads that were shown are in it.`], shown, rewrittenFrom: null };
  const named = strange.slice(0, HEADS_NAMED).map(({ seq, hash }) => {
    const present = records[seq - 1];
    return present === undefined
      ? `Record ${seq} (${hash}) was shown and is not in it: the journal was cut.`
      : `Record ${seq} was shown as ${hash} and is ${present.hash} now: the journal was rewritten.`;
  });
  const more = strange.length > HEADS_NAMED ? [`… and ${strange.length - HEADS_NAMED} more.`] : [];
  return {
    good: false,
    lines: [`${strange.length} of ${heads.length} heads that were shown do not fit:`, ...named, ...more],
    shown,
    rewrittenFrom: least(strange.map(({ seq }) => (records[seq - 1] === undefined ? null : seq))),
  };
}

/** Looks at an exported journal, one JSON record a line. */
export function auditFile(
  text: string,
  { keyring, heads = [] }: { keyring: Keyring | null; heads?: readonly Head[] },
): { readonly text: string; readonly exit: 0 | 1 | 2 } {
  const rows = text.split('\n').filter((line) => line.trim() !== '');
  const found = audit(rows.map(parsed), keyring === null ? { by: 'nobody' } : { by: keyring }, heads);
  const verdict = found.exit === 0 ? [`Verdict: ${verdictOf(found)}.`] : [];
  return { exit: found.exit, text: `${[...verdict, ...found.lines].join('\n')}\n` };
}

function parsed(row: string): unknown {
  try {
    return JSON.parse(row);
  } catch {
    return null;
  }
}

type Summaries = { readonly [K in EventType]: (event: Extract<OperationEvent, { type: K }>) => string };

/** What was asked for, in words. */
function wishWords(wish: Wish): string {
  switch (wish.kind) {
    case 'backup':
      return `a ${wish.type} backup`;
    case 'restore':
      return `a restore from ${wish.archive.path}`;
    case 'discard':
      return `discarding what ${wish.label} set aside`;
  }
}

const reasonOf = (wish: Wish) => ('reason' in wish ? `: ${oneLine(wish.reason)}` : '');

const summaries: Summaries = {
  requested: ({ label, wish, cloud, by }) =>
    `${by} asked for ${label}: ${wishWords(wish)} of ${cloud}${reasonOf(wish)}`,
  claimed: ({ worker }) => `${worker} drives from here on`,
  probed: ({ facts }) =>
    `Kolla Ansible ${facts.release}, nodes ${facts.nodes.map(({ name }) => name).join(', ')}, backup host ${facts.backupHost}`,
  planned: ({ plan, digest }) => `plan ${plan.number}, ${plan.steps.length} steps, digest ${digest}`,
  step_started: ({ step, attempt }) => `${step}, sending ${attempt}`,
  step_finished: ({ step, outcome, exit, problem }) =>
    `${step} ${outcome}${exit ? `, exit ${exit.code ?? exit.signal ?? '?'}` : ''}${problem ? `, ${problem.code}` : ''}`,
  step_unclear: ({ step, problem }) => `${step}: nobody can tell how it ended, ${problem.code}`,
  announced: ({ what, digest, eligible }) =>
    what === 'plan'
      ? `the plan ${digest} stands in the thread`
      : `that it begins stands in the thread; ${eligible.join(', ')} may still approve`,
  approved: ({ by, plan, digest }) => `${by} approves plan ${plan}, ${digest}`,
  declined: ({ by, plan, reason }) => `${by} declines plan ${plan}: ${oneLine(reason)}`,
  revoked: ({ by, problem }) => `the approval of ${by} counts no more${problem ? `: ${problem.code}` : ', taken back'}`,
  expired: ({ what, why }) => `the ${what}, by ${why}`,
  voided: ({ plan, problem }) => `plan ${plan}: ${problem.code}`,
  given_up: ({ problem }) => problem.code,
  clearing: ({ number }) => `track ${number}: what was prepared is removed`,
  cleared: ({ left }) => (left.length === 0 ? 'nothing is left' : `left on ${left.map(({ host }) => host).join(', ')}`),
  backing_out: ({ by, backOut, number }) => `${by} starts the back-out ${backOut} as track ${number}`,
  acknowledged: ({ by }) => `${by} is on it`,
  resolution_asked: ({ by, step, says, reason }) => `${by} says of ${step}: ${says}; ${oneLine(reason)}`,
  resolved: ({ by, step }) => `${by} agrees about ${step}`,
  gone_asked: ({ by, host, reason }) => `${by} says that ${host} is gone for good: ${oneLine(reason)}`,
  gone: ({ by, host }) => `${by} agrees that ${host} is gone; it could not be told that anything is over`,
  refused: ({ by, asked, problem }) => `${by} asked to ${asked}: ${problem.code}`,
  cancelled: ({ by }) => `by ${by}`,
  attention: ({ problem }) => problem.code,
  release_asked: ({ by, reason }) => `${by} asks to give the cloud back: ${oneLine(reason)}`,
  released: ({ by }) => `${by} agrees; the cloud is given back`,
  eased: () => 'it can be asked again',
  succeeded: () => '',
  failed: ({ problem, remains }) =>
    `${problem.code}${remains.length > 0 ? `; looked for remains on ${remains.map(({ host }) => host).join(', ')}` : ''}`,
};

/** Before each record of which it isn't certain that it is what was written. */
const DOUBTFUL = 'UNVERIFIED  ';

/**
 * A journal for people: a line a record, in UTC. Records from `doubtFrom` on are marked, and those that can't be read
 * are said to be so.
 */
export function timeline(lines: readonly unknown[], doubtFrom: number | null): string {
  const verdict = verifyChain(lines, null);
  const sound = verdict.ok ? verdict.records : verdict.sound;
  const told = sound.map(({ at, seq, event, hash }) => {
    const known = operationEvent.safeParse(event);
    // Each event goes to its own function; the table can't tell the compiler so.
    const summary = known.success
      ? (summaries[known.data.type] as (event: OperationEvent) => string)(known.data)
      : 'an event that this version does not know';
    const mark = doubtFrom !== null && seq >= doubtFrom ? DOUBTFUL : '';
    const time = new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC');
    return `${mark}${time}  ${String(seq).padStart(4)}  ${oneLine(event.type).padEnd(13)}  ${oneLine(summary)}  [${hash.slice(0, 16)}]\n`;
  });
  const unsound = lines.length - sound.length;
  return told.join('') + (unsound > 0 ? `… and ${unsound} records that do not verify; see the JSON lines.\n` : '');
}
