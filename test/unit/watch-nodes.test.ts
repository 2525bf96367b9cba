import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newsOf, type Sight, sightOf } from '../../src/engine/watch-nodes.ts';
import { localHost } from '../../src/hosts/local.ts';
import type { Problem } from '../../src/operation/catalogue.ts';

/** Nodes that fall silent or start anew while a playbook works on them. */

const HOST = 'node-1';
const ELAPSED_MS = 300_000;
const well: Sight = { ageMs: 9_000_000 };
const young: Sight = { ageMs: 60_000 };
const about = (problem: Problem | null) => ({
  attention: problem === null ? null : { problem, at: 1 },
  step: 'Recover',
  elapsedMs: ELAPSED_MS,
});
const silence = { code: 'NODE_FELL_SILENT', params: { host: HOST, step: 'Recover', seconds: '60' } } as const;
const restart = { code: 'NODE_RESTARTED', params: { host: HOST, step: 'Recover' } } as const;
const other = { code: 'STEP_OVERDUE', params: { host: 'deploy', step: 'Recover', minutes: '30' } } as const;

describe('what is told of a node', () => {
  test.each<[string, readonly Sight[], Problem | null, ReturnType<typeof newsOf>]>([
    ['it is on', [well], null, null],
    ['it missed twice', ['silent', 'silent'], null, null],
    ['it missed three times', ['silent', 'silent', 'silent'], null, { attention: silence }],
    ['that was told', ['silent', 'silent', 'silent'], silence, null],
    ['it answers again', ['silent', 'silent', well], silence, 'eased'],
    ['it answers again, started anew', ['silent', 'silent', young], silence, { attention: restart }],
    ['it started anew between two looks', [well, young], null, { attention: restart }],
    ['that was told', [young, young], restart, null],
    ['something else needs people', ['silent', 'silent', 'silent'], other, null],
    ['an answer that says nothing is no silence', ['silent', 'silent', 'unknown'], null, null],
  ])('%s', (_, sights, attention, news) => {
    expect(newsOf(HOST, sights, about(attention))).toEqual(news);
  });

  test("another node's silence is left alone", () => {
    const told = { ...silence, params: { ...silence.params, host: 'node-2' } };
    expect(newsOf(HOST, [well], about(told))).toBeNull();
  });

  test('whatever is seen, in the end a node that stays on leaves no attention of a silence', () => {
    const sight = fc.constantFrom<Sight>(well, 'silent', 'unknown');
    fc.assert(
      fc.property(fc.array(sight), (random) => {
        let attention: Problem | null = null;
        const sights: Sight[] = [];
        for (const one of [...random, well]) {
          sights.push(one);
          const news = newsOf(HOST, sights.slice(-3), about(attention));
          if (news !== null) attention = news === 'eased' ? null : news.attention;
        }
        expect(attention).toBeNull();
      }),
    );
  });
});

test('a machine says how long it has been on', async () => {
  const sight = await sightOf(localHost({ name: 'here', sudo: false }));
  expect(sight).toEqual({ ageMs: expect.any(Number) });
});
