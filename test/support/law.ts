/** What must hold of a restore at every moment, told from outside: by the watcher, the hosts' own records and the journal. */
import { expect } from 'vitest';
import type { MiniCloud } from '../../lab/mini/cloud.ts';
import { type OperationEvent, operationEvent } from '../../src/operation/events.ts';
import type { Journal } from '../../src/operation/journal.ts';
import { countStarts, type Started, startsOf } from './starts.ts';
import type { Watcher } from './watcher.ts';

/** Puts a counter before kolla-ansible; the answer tells what it was started for since. */
export async function countPlaybooks(cloud: MiniCloud): Promise<() => Promise<Started[]>> {
  await countStarts(cloud);
  const { all } = startsOf(cloud);
  let known = 0;
  return async () => {
    const found = await all();
    const since = found.slice(known);
    known = found.length;
    return since.filter((kind) => kind !== 'backup');
  };
}

/**
 * No datadir was touched without a live approval of the plan that touches it, none while a server ran on it, MariaDB was
 * not stopped before the journal said so, and the old data was there at every look. `since` (ms) is when the watch of
 * this operation began.
 */
export async function lawful(journal: Journal, id: string, watcher: Watcher, since: number): Promise<void> {
  const read = await journal.read(id);
  if (read.state !== 'sound') throw new Error(`the journal is ${read.state}`);
  expect(watcher.faults).toEqual([]);
  expect(watcher.looks()).toBeGreaterThan(10);
  const { operation } = read;
  const records = read.records.map(({ at, event }): Written => ({ at, event: operationEvent.parse(event) }));
  const stop = startOf(records, 'stop');
  for (const silence of watcher.silences.filter(({ at }) => at >= since))
    expect(stop, `MariaDB fell silent on ${silence.node} and its stop was never begun`).toBeLessThanOrEqual(silence.at);
  const exchanges = watcher.exchanges.filter(({ at }) => at >= since);
  for (const { node, at } of exchanges) {
    const step = operation.plan?.plan.steps.find(({ id, host }) => id.startsWith('swap-') && host === node);
    const started = startOf(records, step?.id ?? '');
    expect(started, `the datadir of ${node} was exchanged and that was never begun`).toBeLessThanOrEqual(at);
  }
  if (exchanges.length > 0) approvedAt(records, stop);
}

type Written = { readonly at: number; readonly event: OperationEvent };

/** When a step's start was first written (ms); Infinity where it never was. */
function startOf(records: readonly Written[], step: string): number {
  const found = records.find(({ event }) => event.type === 'step_started' && event.step === step);
  return found?.at ?? Number.POSITIVE_INFINITY;
}

/** At that moment the latest plan had an approval by another than the requester that was young enough. */
function approvedAt(records: readonly Written[], first: number): void {
  let digest = '';
  let requester = '';
  let beginMs = 0;
  let approved: number | null = null;
  let told = false;
  for (const { event, at } of records) {
    if (event.type === 'requested') requester = event.by;
    if (event.type === 'planned')
      [digest, beginMs, approved, told] = [event.digest, event.plan.approval?.beginMs ?? 0, null, false];
    if (event.type === 'approved' && event.digest === digest && event.by !== requester) approved = at;
    if (event.type === 'announced' && event.what === 'execution') told = event.digest === digest;
    if (event.type === 'expired' || event.type === 'revoked') [approved, told] = [null, false];
    if (event.type !== 'step_started' || event.step !== 'stop' || at < first) continue;
    expect(told, 'that the execution begins was told').toBe(true);
    expect(approved, 'the plan was approved').not.toBeNull();
    expect(at - (approved ?? 0), 'its approval lived').toBeLessThanOrEqual(beginMs);
  }
}
