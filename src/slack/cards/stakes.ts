import type { RichTextElement } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import { otherThanNoted } from '../../runbooks/trial.ts';
import { clean, duration, grouped, moment, size } from '../text.ts';
import { sentencesOf } from '../words.ts';
import { goneWarnings } from './gone.ts';
import { expectedOutage } from './outage.ts';
import { code, onHost, say, strong } from './parts.ts';
import { comparison, drops, keyRows, placesOf, snapshotOf, trialOf, undone } from './reports.ts';

/** What is at stake in a restore, line by line, from what the preparation and the probe found. */

type Line = readonly RichTextElement[];

/** An age in ms, without seconds once there are hours. */
const age = (ms: number) => duration(ms < 3_600_000 ? ms : Math.floor(ms / 60_000) * 60_000);

/** How far the databases go back; `now` in ms. */
export function backLine(operation: Operation, now: number): Line {
  const snapshot = snapshotOf(operation);
  if (snapshot === null) return [strong('The databases go back '), say('to a time that the archive does not tell.')];
  const zone = snapshot.sure ? '' : ' (by a clock of the backup host whose zone is not known)';
  return [
    strong(`The databases go back ${age(now - snapshot.at)}`),
    say(`, from now to ${moment(snapshot.at)}, the end of the backup’s snapshot${zone}.`),
  ];
}

/** How many transactions that undoes. */
export function undoneLine(operation: Operation): Line {
  const counted = undone(trialOf(operation)?.galera ?? null, comparison(operation)?.live?.position ?? null);
  return 'count' in counted
    ? [strong(`Undone: ${grouped(counted.count)} transactions`), say(' that were committed since.')]
    : [strong('How many transactions that undoes cannot be known: '), say(`${counted.why}.`)];
}

export function lastWriteLine(operation: Operation, now: number): Line {
  const at = comparison(operation)?.live?.lastWriteAt ?? null;
  return at === null
    ? [strong('Last write: '), say('not known.')]
    : [strong('Last write: '), say(`${moment(at)}, ${now - at < 60_000 ? 'just' : age(now - at)} before this card.`)];
}

/** The rows of key tables as text, numbers first so that a narrow screen cuts nothing that matters. */
export function rowsTable(operation: Operation, max: number): string | null {
  const rows = keyRows(trialOf(operation)?.findings ?? null, comparison(operation)?.live?.findings ?? null);
  if (rows.length === 0) return null;
  const shown = rows.slice(0, max);
  const cell = (value: number | null) => (value === null ? '?' : grouped(value));
  const width = Math.max(6, ...shown.flatMap(({ live, copy }) => [cell(live).length, cell(copy).length]));
  const line = (live: string, copy: string, table: string) =>
    `${live.padStart(width)}  ${copy.padStart(width)}  ${table}`;
  return [
    line('now', 'backup', ''),
    ...shown.map(
      (row) => `${line(cell(row.live), cell(row.copy), clean(row.table, 40))}${drops(row) ? '  ◄ DROP' : ''}`,
    ),
    ...(rows.length > shown.length ? [`… and ${rows.length - shown.length} more tables`] : []),
  ].join('\n');
}

/** Names in a line, at most `max` of them. */
export function named(names: readonly string[], max: number): string {
  const shown = names.slice(0, max).map((name) => clean(name, 60));
  return names.length > max ? `${shown.join(', ')} and ${names.length - max} more` : shown.join(', ');
}

export function schemaLine(operation: Operation, max: number): Line {
  const compared = comparison(operation);
  const copy = trialOf(operation)?.findings ?? null;
  if (compared?.live == null || copy === null)
    return [strong('Schemas: '), say('not compared, for the live databases or the copy could not be asked.')];
  const inCopy = new Set(copy.schemas.map(({ name }) => name));
  const missing = compared.live.findings.schemas.map(({ name }) => name).filter((name) => !inCopy.has(name));
  const older = compared.older.filter((name) => !missing.includes(name));
  if (missing.length + older.length === 0)
    return [
      strong('Schemas: '),
      say(`all ${compared.live.findings.schemas.length} are in the copy, at the same revision.`),
    ];
  return [
    strong('⚠️ Schemas: '),
    say(
      [
        ...(missing.length > 0 ? [`not in the copy: ${named(missing, max)}`] : []),
        ...(older.length > 0 ? [`of another revision than the live ones: ${named(older, max)}`] : []),
      ].join('; '),
    ),
  ];
}

export function accountsLine(operation: Operation, max: number): Line {
  const changed = trialOf(operation)?.accountsChanged ?? null;
  if (changed === null) return [strong('Accounts: '), say('not known whether a password differs.')];
  return changed.length === 0
    ? [strong('Accounts: '), say('every password is the same as today.')]
    : [
        strong(`⚠️ ${changed.length} accounts have another password in the copy: `),
        say(`${named(changed, max)}. Their services cannot log in until kolla-ansible reconfigures them.`),
      ];
}

/** Where each node's old data go. */
export function placeLines(operation: Operation, max: number): readonly Line[] {
  const places = placesOf(operation);
  const rows = places.slice(0, max).map(({ node, aside, bytes, live }): Line => {
    const big = bytes === null ? '' : ` (${size(bytes)})`;
    if (aside === null)
      return [
        say('⚠️ '),
        onHost(node),
        strong(' is left to be overwritten'),
        say(` by the state transfer${big}: `),
        path(live),
      ];
    return [say('• '), onHost(node), say(`${big} → `), path(aside.path)];
  });
  return [
    [strong('Old data is set aside, not erased'), say(', and stays there until people discard it:')],
    ...rows,
    ...(places.length > max ? [[say(`… and ${places.length - max} more nodes`)]] : []),
  ];
}

const path = (value: string | null) => (value === null ? say('a path not known here') : code(clean(value, 130)));

/** How long MariaDB will be away. */
export function outageWords(operation: Operation): string {
  const bytes = trialOf(operation)?.bytes ?? null;
  const { from, to } = expectedOutage(bytes, operation.plan?.plan.nodes.length ?? 1);
  const coarse = (ms: number) => duration(Math.ceil(ms / 10_000) * 10_000);
  const transfer =
    bytes === null ? 'state transfers of a size not known come on top' : `with state transfers of ${size(bytes)}`;
  return `${coarse(from)} to ${coarse(to)} without MariaDB, ${transfer}; an estimate`;
}

/** Free space when old and new data both lie there. */
export function spaceLine(operation: Operation, max: number): Line {
  const copy = trialOf(operation)?.bytes ?? null;
  const after = placesOf(operation).map(({ node, freeBytes, aside, bytes }) => {
    const gained = aside === null ? (bytes ?? 0) : 0;
    return { node, left: freeBytes === null || copy === null ? null : freeBytes + gained - copy };
  });
  const words = after.map(({ node, left }) =>
    left === null ? `${clean(node, 64)} not known` : `${clean(node, 64)} ${left < 0 ? 'none' : `about ${size(left)}`}`,
  );
  return [strong('Free space after: '), say(named(words, max))];
}

/** What somebody who approves should have read last. */
export function warnings(operation: Operation, max: number): readonly string[] {
  const { facts, wish } = operation;
  const trial = trialOf(operation);
  const compared = comparison(operation);
  const live = compared?.live ?? null;
  const dropped = keyRows(trial?.findings ?? null, live?.findings ?? null).filter(drops);
  const overwritten = placesOf(operation).filter(({ aside }) => aside === null);
  const [copyVersion, liveVersion] = [trial?.findings?.serverVersion, live?.findings.serverVersion];
  return [
    ...goneWarnings(operation),
    ...(dropped.length > 0
      ? [
          `Far fewer rows than live: ${named(
            dropped.map(({ table }) => table),
            max,
          )}.`,
        ]
      : []),
    ...(wish.kind === 'restore' && wish.olderSchemas
      ? ['Older schemas are meant: services of today may not work with them until they are brought up to date.']
      : []),
    ...(live === null ? ['Nothing live could be asked: what would be lost is not known.'] : []),
    ...(facts?.restore?.served === false ? ['The cluster had no service when this was planned.'] : []),
    ...(overwritten.length > 0
      ? [
          `Old data that nothing keeps: ${named(
            overwritten.map(({ node }) => node),
            max,
          )}.`,
        ]
      : []),
    ...(wish.kind === 'restore' && (facts?.restore?.archive.sha256 ?? wish.archive.sha256) === null
      ? ['The archive was named by hand; no backup of ours had proven it.']
      : []),
    ...(copyVersion && liveVersion && copyVersion !== liveVersion
      ? [`MariaDB ${clean(copyVersion, 60)} in the copy, ${clean(liveVersion, 60)} live.`]
      : []),
    ...tablesDiffer(operation, max),
    ...suspected(operation, max),
  ];
}

/** What the copy holds otherwise than was noted when its backup was taken. */
function tablesDiffer(operation: Operation, max: number): readonly string[] {
  const [copy, noted] = [trialOf(operation)?.findings ?? null, operation.facts?.restore?.schemas];
  const differing = copy === null || noted === undefined ? [] : otherThanNoted(copy, noted);
  if (differing.length === 0) return [];
  const { wrong, next } = sentencesOf({
    code: 'ARCHIVE_TABLES_DIFFER',
    params: { differing: named(differing, max) },
  });
  return [`${wrong} ${next}`];
}

/** What the probe found only suspicious, in two sentences each; `max` of them. */
export function suspected({ facts }: Pick<Operation, 'facts'>, max: number): readonly string[] {
  const all = facts?.suspicions ?? [];
  const shown = all.slice(0, max).map((one) => {
    const { wrong, next } = sentencesOf(one);
    return `${wrong} ${next}`;
  });
  return all.length > max ? [...shown, `And ${all.length - max} more.`] : shown;
}
