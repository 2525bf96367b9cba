import { z } from 'zod';
import type { KeptDatadir } from './facts.ts';
import { type Attempts, attemptsIn, type Operation, type Track } from './operation.ts';
import type { Step } from './plan.ts';
import { type DirectoryId, directoryId } from './shapes.ts';

/** How the directories are called, on the file system of a datadir, in which operations keep data, each below its id. */
export const KEEPS = ['kolla-backup', '.kolla-backup'] as const;

/** The steps that exchange a datadir are named so, going aside in the plan and going back in its back-outs. */
const SWAP = 'swap-';
/** A step that makes a node's place for a copy is named so, with the node's number in the inventory's order. */
const STAGE = 'stage-';

/**
 * What a restore keeps on the nodes: old datadirs that were set aside and not put back; and, once it has ended, the
 * copies that are neither live nor cleared – of a way back, of a preparation that was begun anew, of a host that couldn't
 * be cleared. Nothing for any other operation. Not: what was discarded since.
 */
export function keptBy(operation: Operation): readonly KeptDatadir[] {
  const { plans, facts } = operation;
  const preparations = plans.filter((one) => one.plan.runbook === 'preparation').map(({ plan }) => plan.number);
  const latest = preparations.at(-1);
  if (latest === undefined || facts?.restore == null) return [];
  const aside = setAside(operation);
  const cleared = new Set(tracks(operation).flatMap((one) => (one.track.kind === 'clearing' ? workedOn(one) : [])));
  return facts.restore.surveys.flatMap(({ node, base, live, old, bytes }) => {
    const number = facts.nodes.findIndex(({ name }) => name === node) + 1;
    const engine = facts.nodes[number - 1]?.engine ?? 'docker';
    const directory = `${base}/${operation.id}`;
    const at = (preparation: number) => ({ node, engine, directory, data: `${directory}/${preparation}/data`, live });
    // The copy lay where the preparation had put it, and the exchange put the old data there.
    const kept: KeptDatadir[] = aside.has(node) ? [{ what: 'old', ...at(latest), old, bytes }] : [];
    if (operation.end === null || cleared.has(node)) return kept;
    for (const preparation of preparations) {
      const copy = stagedBy(attemptsIn(operation, preparation), number);
      if (copy === null || (preparation === latest && aside.has(node))) continue;
      kept.push({ what: 'copy', ...at(preparation), old: copy, bytes: null });
    }
    return kept;
  });
}

/** The nodes whose old data lies aside, as the last exchange that worked left it. */
function setAside(operation: Operation): ReadonlySet<string> {
  const aside = new Set<string>();
  for (const one of tracks(operation)) {
    if (one.track.kind === 'clearing') continue;
    for (const host of workedOn(one, SWAP)) {
      if (one.track.kind === 'plan') aside.add(host);
      else aside.delete(host);
    }
  }
  return aside;
}

type Driven = { readonly track: Track; readonly attempts: Attempts };

/** Everything that was driven, in its order. */
function tracks({ past, track, attempts }: Operation): readonly Driven[] {
  return track === null ? past : [...past, { track, attempts }];
}

/** The hosts on which a step (of this name) was seen to have worked. */
function workedOn({ track, attempts }: Driven, prefix = ''): readonly string[] {
  const worked = ({ id }: Step) => attempts.get(id)?.at(-1)?.end?.outcome === 'worked';
  return track.steps.filter((step) => step.id.startsWith(prefix) && worked(step)).map(({ host }) => host);
}

/** The directory that a preparation made for the copy on a node, as its program reported it. */
function stagedBy(attempts: Attempts, number: number): DirectoryId | null {
  const after = attempts.get(`${STAGE}${number}`)?.at(-1)?.end?.after ?? [];
  const told = after.find((one) => one.check === 'reported');
  return staged.safeParse(told?.answer.report).data?.new ?? null;
}

const staged = z.object({ new: directoryId });
