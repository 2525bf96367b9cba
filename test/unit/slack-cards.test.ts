import fc from 'fast-check';
import { expect, test } from 'vitest';
import { awaited, whyNotConsent } from '../../src/operation/approval.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import { canonicalJson, sha256 } from '../../src/operation/canonical.ts';
import { catalogue } from '../../src/operation/catalogue.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { type Operation, stuckAt } from '../../src/operation/operation.ts';
import { digestOf } from '../../src/operation/plan.ts';
import { alertCard, stoppingCard } from '../../src/slack/cards/alerts.ts';
import { cancelledCard, listCard, refusalCard, requestedCard, statusCard } from '../../src/slack/cards/answers.ts';
import { BACK_OUTS_SHOWN } from '../../src/slack/cards/buttons.ts';
import { readClaims } from '../../src/slack/cards/claims.ts';
import { milestoneOf } from '../../src/slack/cards/milestones.ts';
import { approveModal, declineModal, resolveModal, restoreModal } from '../../src/slack/cards/modals.ts';
import { logTail } from '../../src/slack/cards/notices.ts';
import { planFile } from '../../src/slack/cards/plan-file.ts';
import { ACTIONS, rootCard } from '../../src/slack/cards/root.ts';
import { faults, type Message, type View, viewFaults } from '../../src/slack/limits.ts';
import { clean } from '../../src/slack/text.ts';
import { isKnown } from '../../src/slack/words.ts';
import { text } from '../support/hostile.ts';
import { journal, journalOf, longest, type Told } from '../support/journals.ts';

const glance = fc.record({
  progress: fc.option(
    fc.record({
      step: fc.constant('step-0'),
      line: fc.string({ unit: 'grapheme', maxLength: 5_000, size: 'max' }),
      at: fc.nat(),
    }),
  ),
  now: fc.integer({ min: 1_790_000_000_000, max: 1_900_000_000_000 }),
});

/** Every string in a message that mrkdwn parses. */
function parsedTexts({ text, blocks }: Message): string[] {
  const found = [text];
  JSON.stringify(blocks, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'mrkdwn' && 'text' in value)
      found.push(String(value.text));
    return value;
  });
  return found;
}

function expectSendable(message: Message): void {
  expect(faults(message)).toEqual([]);
  for (const text of parsedTexts(message)) {
    // Mentions of people are the only markup; nothing that came from elsewhere is parsed.
    const rest = text.replace(/<@[UW][A-Z0-9]{2,30}>/g, '');
    expect(rest).not.toMatch(/[<>]/);
    expect(text).not.toMatch(/<!/);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(JSON.stringify(message.blocks)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u0000-\u001f]/);
}

const last = (told: readonly Told[]) => told.at(-1)?.operation ?? expect.fail('an empty journal');

test('whatever a journal holds, its root card fits into Slack and says nothing that Slack would parse', () => {
  fc.assert(
    fc.property(journal, glance, (told, look) => {
      for (const { operation } of told) expectSendable(rootCard(operation, look));
    }),
    { numRuns: 150 },
  );
});

test('a journal with every value as long as it may be still fits', () => {
  for (const filler of ['W', '"', '\\', '&'])
    for (const { event, operation } of longest(filler)) {
      const progress = { step: 'step-0', line: filler.repeat(5_000), at: operation.headAt };
      expectSendable(rootCard(operation, { progress, now: operation.headAt }));
      const milestone = milestoneOf(event, operation);
      if (milestone !== null) expectSendable(milestone.message);
    }
});

test('whatever an event holds, its thread reply fits into Slack, and ends, refusals and failures are told', () => {
  const silent = new Set(['requested', 'probed', 'claimed', 'step_started', 'step_finished', 'announced']);
  const met = new Map<string, number>();
  fc.assert(
    fc.property(journal, (told) => {
      for (const { event, operation } of told) {
        const milestone = milestoneOf(event, operation);
        if (milestone === null) expect(silent).toContain(event.type);
        else expectSendable(milestone.message);
        if (event.type === 'announced') expect(milestone !== null).toBe(event.what === 'plan');
        if (event.type === 'planned') expect(milestone?.plan === true).toBe(event.plan.approval !== null);
      }
    }),
    { numRuns: 200 },
  );
  // The same journals each time: whether the generator meets every kind must not be a matter of luck.
  for (const told of fc.sample(journal, { numRuns: 600, seed: 1 }))
    for (const { event } of told) met.set(event.type, (met.get(event.type) ?? 0) + 1);
  const every = [
    'planned',
    'announced',
    'step_started',
    'step_finished',
    'step_unclear',
    'approved',
    'declined',
    'revoked',
    'expired',
    'voided',
    'given_up',
    'clearing',
    'cleared',
    'backing_out',
    'acknowledged',
    'resolution_asked',
    'resolved',
    'refused',
    'cancelled',
    'attention',
    'eased',
    'release_asked',
    'released',
    'succeeded',
    'failed',
  ];
  for (const type of every) expect(met.get(type) ?? 0, type).toBeGreaterThan(0);
});

test('lists, status and refusals fit into Slack', () => {
  fc.assert(
    fc.property(fc.array(journal, { minLength: 1, maxLength: 12 }), glance, (all, look) => {
      const operations = all.map(last);
      const listed = operations.map((operation) => ({ id: operation.id, at: operation.requestedAt, operation }));
      expectSendable(listCard('lab', [...listed, { id: 'b'.repeat(20), at: 0, operation: null }], look.now));
      const running = operations.slice(0, 3).map((operation) => [operation, look] as const);
      const kept = operations.map(({ label, head }) => ({
        label,
        kept: {
          node: head.hash.repeat(4),
          engine: 'docker' as const,
          directory: '/',
          data: '<!channel>'.repeat(100),
          live: '/',
          old: [0, 0] as [number, number],
          bytes: null,
        },
        since: 0,
      }));
      expectSendable(statusCard('lab', { running, good: operations[0] ?? null, kept, now: look.now }));
      for (const { event } of all.flat()) if (event.type === 'failed') expectSendable(refusalCard(event.problem));
    }),
    { numRuns: 30 },
  );
});

/** The buttons of a message, by their action ids, with what they claim. */
function buttonsOf({ blocks }: Message) {
  const all = blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  return new Map(all.flatMap((one) => (one.type === 'button' ? [[one.action_id ?? '', readClaims(one.value)]] : [])));
}

/** The buttons that the heart allows at this moment, by their action ids. */
function allowed(operation: Operation): string[] {
  const stored = awaited(operation);
  const shown = { plan: stored?.plan.number ?? 0, digest: stored?.digest ?? '' };
  const may = (by: string, what: 'approve' | 'decline' | 'revoke') =>
    whyNotConsent(operation, { by, ...shown }, what) === null;
  const stuck = stuckAt(operation);
  const sent = { plan: operation.track?.number ?? 1, step: stuck?.step.id ?? '', attempt: stuck?.attempt.attempt ?? 1 };
  const says = (what: 'ran' | 'not_run') =>
    illegal(operation, { type: 'resolution_asked', by: 'U0EVE', ...sent, says: what, reason: 'x' }) === null;
  const agree = illegal(operation, { type: 'resolved', by: 'U0EVE', ...sent }) === null;
  const said = agree ? operation.resolution?.says : undefined;
  const ids: [string, boolean][] = [
    [ACTIONS.cancel, illegal(operation, { type: 'cancelled', by: 'U0EVE' }) === null],
    [ACTIONS.approve, may('U0EVE', 'approve')],
    [ACTIONS.decline, may('U0EVE', 'decline')],
    [ACTIONS.revoke, operation.consent.approvals.some(({ by }) => may(by, 'revoke'))],
    [
      ACTIONS.acknowledge,
      operation.acknowledged === null && illegal(operation, { type: 'acknowledged', by: 'U0EVE' }) === null,
    ],
    [ACTIONS.ran, says('ran') && said !== 'ran'],
    [ACTIONS.notRun, says('not_run') && said !== 'not_run'],
    [ACTIONS.agree, agree],
    [
      ACTIONS.gone,
      (operation.plan?.plan.nodes ?? []).some(
        ({ name }) => illegal(operation, { type: 'gone_asked', by: 'U0EVE', host: name, reason: 'x' }) === null,
      ),
    ],
    [
      ACTIONS.goneAgree,
      operation.goneAsked !== null &&
        illegal(operation, { type: 'gone', by: 'U0EVE', host: operation.goneAsked.host }) === null,
    ],
    ...offeredBackOuts(operation)
      .slice(0, BACK_OUTS_SHOWN)
      .map(({ id }): [string, boolean] => [`${ACTIONS.backOut}:${id}`, true]),
  ];
  return ids.flatMap(([id, may]) => (may ? [id] : []));
}

test('the card has exactly the buttons that the heart allows at that moment, and none after the end', () => {
  fc.assert(
    fc.property(journal, glance, (told, look) => {
      for (const { operation } of told) {
        const buttons = buttonsOf(rootCard(operation, look));
        expect([...buttons.keys()].toSorted()).toEqual(allowed(operation).toSorted());
        if (operation.end !== null) expect(buttons.size).toBe(0);
        for (const [id, claims] of buttons) {
          expect(id).not.toBe(ACTIONS.backup);
          expect(claims).toMatchObject({ operation: operation.id, ...operation.head });
        }
        expect(buttonsOf(rootCard(operation, look, false)).size).toBe(0);
      }
    }),
    { numRuns: 200 },
  );
  // The same journals each time: whether the generator meets every button must not be a matter of luck.
  const met = new Set(
    fc
      .sample(journal, { numRuns: 800, seed: 1 })
      .flatMap((told) => told.flatMap(({ operation }) => allowed(operation).map((id) => id.split(':')[0] ?? ''))),
  );
  const { backup: _, ...onTheRoot } = ACTIONS;
  expect([...met].toSorted()).toEqual(Object.values(onTheRoot).toSorted());
});

test('a button claims the plan, step or back-out that it was shown for', () => {
  fc.assert(
    fc.property(journalOf('restore'), glance, (told, look) => {
      for (const { operation } of told) {
        const shown = { plan: operation.plan?.plan.number, digest: operation.plan?.digest };
        for (const [id, claims] of buttonsOf(rootCard(operation, look))) {
          const [kind, which] = id.split(':');
          if (['approve', 'decline', 'revoke', 'back_out'].includes(kind ?? '')) expect(claims).toMatchObject(shown);
          if (kind === ACTIONS.backOut) expect(claims?.backOut).toBe(which);
          if (id.startsWith('resolve')) expect(claims?.step).toBe(stuckAt(operation)?.step.id);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('the card to approve has its buttons in the moment of its event, and carries the digest', () => {
  let met = 0;
  fc.assert(
    fc.property(fc.oneof(journalOf('restore'), journalOf('discard')), (told) => {
      for (const { event, operation } of told) {
        if (event.type !== 'announced' || event.what !== 'plan') continue;
        // Told once more, perhaps by a second bot, it may be too late for anybody to approve it.
        if (operation.consent.announcedAt !== operation.headAt) continue;
        const card = milestoneOf(event, operation)?.message ?? expect.fail('no card');
        const ids = [...buttonsOf(card).keys()];
        expect(ids.includes(ACTIONS.approve) && ids.includes(ACTIONS.decline)).toBe(true);
        expect(JSON.stringify(card.blocks)).toContain(operation.plan?.digest);
        met += 1;
      }
    }),
    { numRuns: 200 },
  );
  // Journals are random: about forty of them come so far.
  expect(met).toBeGreaterThan(10);
});

function expectOpenable(view: View): void {
  expect(viewFaults(view)).toEqual([]);
  expectSendable({ text: view.title.text, blocks: view.blocks.filter(({ type }) => type !== 'input') });
}

test('every modal fits into Slack, whatever the journal holds', () => {
  fc.assert(
    fc.property(fc.oneof(journalOf('restore'), journalOf('discard')), (told) => {
      for (const { operation } of told)
        for (const view of [
          approveModal(operation),
          declineModal(operation),
          resolveModal(operation, 'ran'),
          resolveModal(operation, 'not_run'),
        ])
          expectOpenable(view);
    }),
    { numRuns: 60 },
  );
  const archive = fc.record({
    id: fc.uuid(),
    path: text(512),
    node: text(250),
    bytes: fc.maxSafeNat(),
    sha256: fc.constant(null),
    at: fc.integer({ min: 0, max: 1_900_000_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(archive, { maxLength: 130 }), fc.option(text(512)), fc.nat(), (archives, typed, which) => {
      const chosen = which % 2 === 0 ? typed : (archives[which % Math.max(1, archives.length)]?.path ?? null);
      expectOpenable(restoreModal({ cloud: 'c'.repeat(40), archives, chosen, now: 1_790_000_000_000 }));
    }),
    { numRuns: 60 },
  );
});

test('the plan’s file holds every argument, and ends with the text that the digest is of', () => {
  fc.assert(
    fc.property(fc.oneof(journalOf('restore'), journalOf('discard')), (told) => {
      for (const { operation } of told.filter(({ event }) => event.type === 'planned')) {
        const plan = operation.plan ?? expect.fail('no plan');
        const { text: file } = planFile(operation);
        const last = file.trimEnd().split('\n').at(-1) ?? '';
        expect(sha256(last)).toBe(plan.digest);
        expect(last).toBe(canonicalJson(JSON.parse(JSON.stringify(plan.plan))));
        expect(digestOf(plan.plan)).toBe(plan.digest);
        const above = file.slice(0, -last.length - 1);
        for (const { program } of [...plan.plan.steps, ...plan.plan.backOuts.flatMap(({ steps }) => steps)])
          for (const part of program?.argv ?? [])
            if (typeof part === 'string' && /^[\w ]+$/.test(part)) expect(above).toContain(part);
        // What is hidden or turned around is written as its number above the one exact line.
        expect(above).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]/);
      }
    }),
    { numRuns: 100 },
  );
});

test('what is said before and about an interrupted restore fits, and calls those whom it is told to', () => {
  const call = '<!subteam^S0OPS> <@U0BOB>';
  fc.assert(
    fc.property(journal, (told) => {
      for (const { operation } of told) {
        expectSendable(stoppingCard(operation));
        expectSendable(alertCard(operation, '<!channel> everybody'));
        expect(faults(alertCard(operation, call))).toEqual([]);
        expect(alertCard(operation, call).text.startsWith(call)).toBe(true);
        expectSendable(requestedCard(operation, { channel: null, link: null }, null));
        expectSendable(cancelledCard(operation, { channel: null, link: null }));
      }
    }),
    { numRuns: 60 },
  );
});

test('every refusal fits with every value as long as it may be, and no entity or mention is cut', () => {
  for (const code of Object.keys(catalogue).filter(isKnown))
    for (const filler of ['&', '<', 'U0ALICE00']) {
      const { wrong, done, next } = catalogue[code];
      const names = [...`${wrong}${done}${next}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      const params = Object.fromEntries(names.map((name) => [name, filler.repeat(2_000)]));
      const card = refusalCard({ code, params: { ...params, person: 'U0ALICE00' } });
      expectSendable(card);
      expect(card.text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
    }
});

test('of a log that cannot be attached its very end is shown, whatever stands before it', () => {
  const shownOf = (log: string) => {
    const card = logTail('take-backup', log, 'access_denied');
    expectSendable(card);
    return JSON.stringify(card.blocks);
  };
  // What grows when it is cleaned, and what goes.
  expect(shownOf(`${'\tx\n'.repeat(2_000)}the last line\n`)).toContain('the last line"');
  const hidden = shownOf(`${'seen\n'.repeat(600)}${'\u200b'.repeat(2_600)}\nthe last line\n`);
  expect(hidden).toContain('the last line"');
  expect(hidden.match(/seen/g)?.length ?? 0).toBeGreaterThan(400);
});

test('text from elsewhere is one line without invisible characters, never longer than its cap', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.integer({ min: 1, max: 300 }), (text, max) => {
      const shown = clean(text, max);
      expect(shown.length).toBeLessThanOrEqual(max);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(shown.isWellFormed()).toBe(true);
    }),
  );
});
