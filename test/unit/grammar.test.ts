import { describe, expect, test } from 'vitest';
import type { OperationEvent } from '../../src/operation/events.ts';
import { fold } from '../../src/operation/fold.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { nextMove } from '../../src/operation/next.ts';
import type { Operation } from '../../src/operation/operation.ts';
import {
  EMPTY_HEAD,
  type Head,
  type JournalRecord,
  type Keyring,
  sign,
  verifyChain,
} from '../../src/operation/record.ts';
import { sampleFacts, samplePlan, samplePlanned, sampleRequest } from '../support/sample.ts';

const id = 'a'.repeat(20);
const claim = 'c'.repeat(20);
const ring: Keyring = { current: 'k1', keys: { k1: 'secret of the journal' } };

function journalOf(...events: OperationEvent[]): JournalRecord[] {
  let head: Head = EMPTY_HEAD;
  return events.map((event, index) => {
    const record = sign(head, { operation: id, at: 1000 + index, event }, ring);
    head = { seq: record.seq, hash: record.hash };
    return record;
  });
}

function operationAfter(...events: OperationEvent[]): Operation {
  const folded = fold(journalOf(...events));
  if (!folded.ok) throw new Error(folded.why);
  return folded.operation;
}

const begun: OperationEvent[] = [
  sampleRequest(),
  { type: 'claimed', claim, worker: 'w' },
  { type: 'probed', claim, facts: sampleFacts },
  samplePlanned(id, claim),
];
const started = (step: string, attempt = 1): OperationEvent => ({
  type: 'step_started',
  claim,
  plan: 1,
  step,
  attempt,
  checks: [],
});
const finished = (step: string, outcome: 'worked' | 'failed' | 'not_begun', attempt = 1): OperationEvent => ({
  type: 'step_finished',
  claim,
  plan: 1,
  step,
  attempt,
  outcome,
  exit: null,
  checks: [],
  problem: null,
});

describe('the grammar of a journal', () => {
  const sent = [...begun, started('take-backup')];
  const worked = [...sent, finished('take-backup', 'worked')];
  const refusals: [string, OperationEvent[], OperationEvent][] = [
    ['a step twice', sent, started('take-backup', 2)],
    ['a step that worked', worked, started('take-backup', 2)],
    ['a later step first', begun, started('find-archive')],
    ['a step that the plan has not', begun, started('wipe')],
    ['an attempt out of order', [...sent, finished('take-backup', 'not_begun')], started('take-backup', 3)],
    ['the end of a step that is not under way', begun, finished('take-backup', 'worked')],
    ['the end of another attempt', sent, finished('take-backup', 'worked', 2)],
    ['success with a step missing', worked, { type: 'succeeded', claim }],
    ['cancel after a change was started', sent, { type: 'cancelled', by: 'U0ALICE' }],
    [
      'an event of another driver',
      sent,
      { ...finished('take-backup', 'worked'), claim: 'd'.repeat(20) } as OperationEvent,
    ],
    ['a second plan', begun, samplePlanned(id, claim)],
    [
      'anything after the end',
      [...begun, { type: 'cancelled', by: 'U0ALICE' }],
      { type: 'claimed', claim, worker: 'w' },
    ],
    ['a release of what has changed nothing', begun, { type: 'release_asked', by: 'U0ALICE', reason: 'why' }],
    ['a release that nobody asked for', sent, { type: 'released', by: 'U0BOB' }],
    [
      'a release by one person',
      [...sent, { type: 'release_asked', by: 'U0ALICE', reason: 'why' }],
      { type: 'released', by: 'U0ALICE' },
    ],
    [
      'a failure while a change is under way',
      sent,
      { type: 'failed', claim, problem: { code: 'STEP_FAILED', params: {} }, remains: [] },
    ],
    ['a second request', begun, sampleRequest()],
  ];
  test.each(refusals)('refuses %s', (_, events, event) => {
    expect(illegal(operationAfter(...events), event)).not.toBeNull();
    const folded = fold(journalOf(...events, event));
    expect(folded).toMatchObject({ ok: false, seq: events.length + 1 });
  });

  test('a step that never began may be sent again, and may be cancelled', () => {
    const operation = operationAfter(...sent, finished('take-backup', 'not_begun'));
    expect(illegal(operation, started('take-backup', 2))).toBeNull();
    expect(illegal(operation, { type: 'cancelled', by: 'U0ALICE' })).toBeNull();
    expect(nextMove(operation, operation.headAt)).toMatchObject({ move: 'start', attempt: 2 });
  });

  test('an event of a later version stops the fold and is named', () => {
    const records = journalOf(...begun);
    const last = records.at(-1);
    const head = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
    const strange = sign(head, { operation: id, at: 5000, event: { type: 'beamed_up', by: 'U0ALICE' } }, ring);
    expect(fold([...records, strange])).toMatchObject({ ok: false, seq: 5, type: 'beamed_up' });
  });
});

describe('journals of the version before restores', () => {
  /** As they were written then: without the fields that came with restores. */
  function asWritten(event: OperationEvent): OperationEvent {
    const { sources: _, approval: __, backOuts: ___, clearing: ____, ...plan } = samplePlan(id);
    const { restore: _____, discard: ______, ...facts } = sampleFacts;
    const old = event.type === 'planned' ? { ...event, plan } : event.type === 'probed' ? { ...event, facts } : event;
    return old as OperationEvent;
  }
  const sent = [...begun, started('take-backup')];
  const problem = { code: 'STEP_FAILED', params: {} };
  const asked: OperationEvent = { type: 'release_asked', by: 'U0ALICE', reason: 'nobody can tell' };
  const endings: [string, OperationEvent[], string | undefined][] = [
    ['under way', sent, undefined],
    [
      'worked',
      [
        ...sent,
        finished('take-backup', 'worked'),
        started('find-archive'),
        finished('find-archive', 'worked'),
        { type: 'succeeded', claim },
      ],
      'succeeded',
    ],
    ['failed', [...sent, finished('take-backup', 'failed'), { type: 'failed', claim, problem, remains: [] }], 'failed'],
    ['cancelled', [...begun, { type: 'cancelled', by: 'U0ALICE' }], 'cancelled'],
    [
      'cancelled after its program never began',
      [...sent, finished('take-backup', 'not_begun'), { type: 'cancelled', by: 'U0ALICE' }],
      'cancelled',
    ],
    ['released', [...sent, asked, { type: 'released', by: 'U0BOB' }], 'released'],
    [
      'released after its program never began',
      [...sent, asked, finished('take-backup', 'not_begun'), { type: 'released', by: 'U0BOB' }],
      'released',
    ],
    [
      'unclear, told and eased',
      [
        ...sent,
        { type: 'attention', claim, problem },
        { type: 'eased', claim },
        { type: 'step_unclear', claim, plan: 1, step: 'take-backup', attempt: 1, problem },
        { type: 'failed', claim, problem, remains: [] },
      ],
      'failed',
    ],
  ];
  test.each(endings)('one that was %s folds', (_, events, how) => {
    const records = journalOf(...events.map(asWritten));
    expect(verifyChain(records, ring)).toMatchObject({ ok: true });
    const folded = fold(records);
    if (!folded.ok) throw new Error(`${folded.type}: ${folded.why}`);
    expect(folded.operation.end?.how).toBe(how);
    expect(folded.operation.plan?.plan).toEqual(samplePlan(id));
  });
});

describe('the chain', () => {
  const records = journalOf(...begun, started('take-backup'), finished('take-backup', 'worked'));

  test('verifies with and without the key', () => {
    expect(verifyChain(records, ring)).toMatchObject({ ok: true, head: { seq: 6 } });
    expect(verifyChain(records, null)).toMatchObject({ ok: true });
  });

  test.each([
    [
      'changed',
      (list: JournalRecord[]) => list.map((one) => (one.seq === 3 ? { ...one, at: one.at + 1 } : one)),
      'hash',
    ],
    ['removed', (list: JournalRecord[]) => list.filter((one) => one.seq !== 3), 'order'],
    ['swapped', ([one, two, ...rest]: JournalRecord[]) => [two, one, ...rest], 'order'],
    [
      'of another operation',
      (list: JournalRecord[]) => list.map((one) => (one.seq === 3 ? { ...one, operation: 'b'.repeat(20) } : one)),
      'operation',
    ],
    [
      'with a field more',
      (list: JournalRecord[]) => list.map((one) => (one.seq === 3 ? { ...one, extra: 1 } : one)),
      'shape',
    ],
  ])('notices an event %s', (_, forge, flaw) => {
    expect(verifyChain(forge(records), ring)).toMatchObject({ ok: false, flaw: { flaw } });
  });

  test('an event forged by somebody without the key is not believed, with the key of another neither', () => {
    const head = { seq: 6, hash: records.at(-1)?.hash ?? '' };
    const event = { type: 'succeeded', claim };
    const forged = sign(head, { operation: id, at: 9000, event }, { current: 'k1', keys: { k1: 'guessed' } });
    expect(verifyChain([...records, forged], ring)).toMatchObject({ ok: false, flaw: { seq: 7, flaw: 'mac' } });
    const stranger = sign(head, { operation: id, at: 9000, event }, { current: 'k9', keys: { k9: 'guessed' } });
    expect(verifyChain([...records, stranger], ring)).toMatchObject({ ok: false, flaw: { seq: 7, flaw: 'key' } });
    expect(verifyChain([...records, forged], null)).toMatchObject({ ok: true });
  });
});
