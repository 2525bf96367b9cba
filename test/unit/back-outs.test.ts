import { describe, expect, test } from 'vitest';
import { advance } from '../../src/operation/advance.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import type { Answered } from '../../src/operation/checks.ts';
import type { Attempts, Operation, Track } from '../../src/operation/operation.ts';
import type { BackOut, Plan, Step } from '../../src/operation/plan.ts';
import { heldPosition } from '../../src/runbooks/reports.ts';

/** What may be done when a restore is stuck, and how far each node's old data went, out of its tracks. */

const UUID = '5ffef8dc-e907-11f1-848a-6ee6f332f22d';
const step = (id: string, touches: Step['touches'] = 'destroy'): Step => ({
  id,
  title: id,
  host: 'node-a',
  touches,
  program: touches === 'read' ? null : { argv: ['true'], cwd: '/', env: {}, redact: [] },
  timeLimitMs: 1000,
  before: [],
  after: [],
});
const STEPS = [step('stop'), step('hold-1', 'change'), step('swap-1'), step('recover'), step('confirm', 'read')];
const backOut = (id: string, leads: BackOut['leads'], again: string[] = []): BackOut => ({
  id,
  title: id,
  does: id,
  offered: { from: id === 'start-again' ? 'stop' : 'hold-1', until: id === 'start-again' ? 'stop' : null },
  node: null,
  steps: leads === 'end' ? [step('hold-1', 'change'), step('swap-1'), step('recover')] : [],
  leads,
  again,
});
const BACK_OUTS = [
  backOut('way-back', 'end'),
  backOut('start-again', 'end'),
  backOut('try-again', 'resume', ['hold-1', 'swap-1']),
  { ...backOut('look-again', 'resume'), offered: { from: 'recover', until: 'recover' }, anew: ['recover'] },
];
const plan: Plan = {
  v: 1,
  operation: 'a'.repeat(20),
  number: 2,
  cloud: 'lab',
  runbook: 'restore',
  release: '17.9.0',
  nodes: [{ name: 'node-a', address: '192.0.2.1' }],
  backupHost: 'node-a',
  steps: STEPS,
  sources: {},
  approval: { needed: 1, waitMs: 1000, beginMs: 1000 },
  backOuts: BACK_OUTS,
  clearing: [],
};
const PLAN: Track = { number: 2, kind: 'plan', steps: STEPS, backOut: null };
const way = (number: number): Track => {
  const [first = backOut('way-back', 'end')] = BACK_OUTS;
  return { number, kind: 'back_out', steps: first.steps, backOut: first };
};

const held = (seqno: string): Answered => ({
  check: 'reported',
  answer: {
    report: {
      state: 'held',
      position: seqno === 'none' ? null : { uuid: UUID, seqno, safe_to_bootstrap: '0' },
    },
    problem: null,
  },
});
type Ended = { readonly outcome?: 'worked' | 'failed' | 'unclear'; readonly seqno?: string; readonly code?: number };
const attemptsOf = (ends: Readonly<Record<string, Ended>>): Attempts =>
  new Map(
    Object.entries(ends).map(([id, { outcome = 'worked', seqno, code }]) => {
      const exit = code === undefined ? null : { code, signal: null };
      const after = seqno === undefined ? [] : [held(seqno)];
      return [id, [{ attempt: 1, startedAt: 1, before: [], end: { at: 2, outcome, exit, after, problem: null } }]];
    }),
  );

const begun = advance(
  null,
  {
    type: 'requested',
    label: 'RST-1',
    cloud: 'lab',
    wish: {
      kind: 'restore',
      archive: { path: 'full.gz', node: null, sha256: null },
      reason: 'lost',
      olderSchemas: false,
    },
    by: 'U0ALICE',
    place: null,
  },
  { operation: plan.operation, seq: 1, at: 0, hash: 'f'.repeat(64) },
);

/** An operation whose tracks have been driven so far, the last one being driven. */
function driven(...tracks: readonly (readonly [Track, Readonly<Record<string, Ended>>])[]): Operation {
  const all = tracks.map(([track, ends]) => ({ track, attempts: attemptsOf(ends) }));
  const last = all.at(-1) ?? { track: PLAN, attempts: new Map() };
  const stored = { plan, digest: 'd'.repeat(64), at: 0 };
  return { ...begun, plan: stored, plans: [stored], ...last, past: all.slice(0, -1) };
}
const offered = (operation: Operation) => offeredBackOuts(operation).map(({ id }) => id);
const FAILED = { outcome: 'failed' } as const;

describe('back-outs are offered', () => {
  test('while the stop has not worked: the nodes that stopped may be started again', () => {
    expect(offered(driven([PLAN, { stop: FAILED }]))).toEqual(['start-again']);
  });
  test('to try again only what does nothing twice, or only looks', () => {
    const until = (id: string) => {
      const ids = STEPS.map((one) => one.id);
      const before = ids.slice(0, ids.indexOf(id)).map((one) => [one, {}] as const);
      return driven([PLAN, { ...Object.fromEntries(before), [id]: FAILED }]);
    };
    expect(offered(until('swap-1'))).toEqual(['way-back', 'try-again']);
    expect(offered(until('recover'))).toEqual(['way-back']);
    expect(offered(until('confirm'))).toEqual(['way-back', 'try-again']);
    expect(offered(driven([PLAN, { stop: {}, 'hold-1': {}, 'swap-1': { outcome: 'unclear' } }]))).toEqual(['way-back']);
  });
  test('to look again at how a recovery ended, where its program did, and no other one is sent', () => {
    const before = { stop: {}, 'hold-1': {}, 'swap-1': {} };
    const failed = driven([PLAN, { ...before, recover: { ...FAILED, code: 2 } }]);
    expect(offered(failed)).toEqual(['way-back', 'look-again']);
    // What must be true before it was not: nothing was sent, so nothing can have come of it since.
    expect(offered(driven([PLAN, { ...before, recover: FAILED }]))).toEqual(['way-back']);
    expect(offered(driven([PLAN, { ...before, recover: { outcome: 'unclear', code: 2 } }]))).toEqual(['way-back']);
    const event = { type: 'backing_out', by: 'U0BOB', plan: 2, backOut: 'look-again', number: 3 } as const;
    const again = advance(failed, event, { operation: failed.id, seq: 9, at: 9, hash: 'e'.repeat(64) });
    expect(again.track).toEqual(PLAN);
    expect(again.attempts.get('recover')).toMatchObject([{ attempt: 1, startedAt: 1, end: null }]);
    // What was said of it at first stays.
    expect(again.past.flatMap(({ attempts }) => attempts.get('recover') ?? [])).toMatchObject([
      { end: { outcome: 'failed' } },
    ]);
  });
  test('once a way back was begun, to go on with that and never with the plan', () => {
    const plan = [PLAN, { stop: {}, 'hold-1': {}, 'swap-1': FAILED }] as const;
    expect(offered(driven(plan, [way(3), { 'hold-1': {}, 'swap-1': {}, recover: FAILED }]))).toEqual(['way-back']);
    const away = driven(plan, [way(3), { 'hold-1': FAILED }]);
    expect(offered(away)).toEqual(['way-back', 'try-again']);
    const event = { type: 'backing_out', by: 'U0BOB', plan: 2, backOut: 'try-again', number: 4 } as const;
    const again = advance(away, event, { operation: away.id, seq: 9, at: 9, hash: 'e'.repeat(64) });
    expect(again.track).toMatchObject({ number: 3, kind: 'back_out', backOut: { id: 'way-back' } });
    expect(again.attempts.get('hold-1')?.at(-1)?.end).toMatchObject({ outcome: 'failed', again: true });
    expect(again.resumedAt).toBe(9);
  });
});

describe('where a node’s old data stood', () => {
  const position = (operation: Operation) => heldPosition(operation, 2, 'hold-1')?.seqno ?? null;
  test('is what the last hold read that saw it', () => {
    const plan = [PLAN, { stop: {}, 'hold-1': { seqno: '7' } }] as const;
    expect(position(driven(plan))).toBe('7');
    // Somebody started it by hand in between.
    expect(position(driven(plan, [way(3), { 'hold-1': { seqno: '9' } }]))).toBe('9');
    expect(position(driven(plan, [way(3), { 'hold-1': { seqno: '-1' } }]))).toBe('-1');
    expect(position(driven(plan, [way(3), { 'hold-1': FAILED }]))).toBe('7');
  });
  test('is not what was read of the copy', () => {
    const plan = [PLAN, { stop: {}, 'hold-1': { seqno: '7' }, 'swap-1': {} }] as const;
    const back = [way(3), { 'hold-1': { seqno: '99' }, 'swap-1': {}, recover: FAILED }] as const;
    expect(position(driven(plan, back))).toBe('7');
    expect(position(driven(plan, back, [way(4), { 'hold-1': { seqno: '8' } }]))).toBe('8');
  });
  test('is not forgotten where an exchange may have happened, and the copy has no place', () => {
    for (const outcome of ['failed', 'unclear'] as const) {
      const plan = [PLAN, { stop: {}, 'hold-1': { seqno: '7' }, 'swap-1': { outcome } }] as const;
      expect(position(driven(plan, [way(3), { 'hold-1': { seqno: 'none' } }]))).toBe('7');
      expect(position(driven(plan, [way(3), { 'hold-1': { seqno: '9' } }]))).toBe('9');
    }
  });
  test('is none that a journal could not keep', () => {
    expect(position(driven([PLAN, { stop: {}, 'hold-1': { seqno: 'x' } }]))).toBe(null);
  });
  test('is not known where no hold has read it', () => {
    expect(position(driven([PLAN, { stop: FAILED }]))).toBe(null);
    expect(position(driven([PLAN, { stop: FAILED }], [way(3), { 'hold-1': { seqno: '5' } }]))).toBe('5');
  });
});
