import { describe, expect, test } from 'vitest';
import { operationEvent } from '../../src/operation/events.ts';
import type { Facts } from '../../src/operation/facts.ts';
import { argvOf, digestOf, type Plan } from '../../src/operation/plan.ts';
import { MAX_EVENT_BYTES, MAX_PLAN_BYTES, sign } from '../../src/operation/record.ts';
import { COPY_SCRIPTS } from '../../src/runbooks/copy.ts';
import { largeExecution, largeFacts, largePreparation } from '../support/large-cloud.ts';

/** The largest plans that clouds can come to need: a journal takes them, and so does Slack. */

const claim = 'c'.repeat(20);
const ring = { current: 'k', keys: { k: 'a key for sizes' } };
/** What a record of this event takes (bytes). */
function recorded(event: object): number {
  const known = { ...operationEvent.parse(event) };
  return Buffer.byteLength(
    JSON.stringify(sign({ seq: 1, hash: 'f'.repeat(64) }, { operation: 'a'.repeat(20), at: 1, event: known }, ring)),
  );
}
const planned = (plan: Plan) => ({ type: 'planned', claim, plan, digest: digestOf(plan) });
const schemas = Array.from({ length: 200 }, (_, index) => ({
  ...{ name: `a_service_with_a_long_name_${index}`, tables: 400, digest: 'd'.repeat(64) },
}));
const probed = (facts: Facts) => ({
  ...{ type: 'probed', claim },
  facts: { ...facts, restore: facts.restore && { ...facts.restore, schemas } },
});

describe('a journal takes', () => {
  test.each([3, 4, 5, 7, 9])('both plans of a restore of %i nodes, and what the probe found', (nodes) => {
    const facts = largeFacts(nodes, 31);
    for (const plan of [largePreparation(facts), largeExecution(facts)]) {
      expect(Buffer.byteLength(JSON.stringify(plan))).toBeLessThan(MAX_PLAN_BYTES);
      expect(recorded(planned(plan))).toBeLessThan(MAX_EVENT_BYTES);
    }
    expect(recorded(probed(facts))).toBeLessThan(MAX_EVENT_BYTES);
  });

  test('the longest chain that is restored', () => {
    const facts = largeFacts(5, 200);
    expect(recorded(planned(largePreparation(facts)))).toBeLessThan(MAX_EVENT_BYTES);
    expect(recorded(probed(facts))).toBeLessThan(MAX_EVENT_BYTES);
  });

  test('what stands beside a plan in its record, whatever its size', () => {
    const plan = largePreparation(largeFacts(3, 1));
    const beside = recorded(planned(plan)) - Buffer.byteLength(JSON.stringify(plan));
    expect(beside).toBeLessThan(MAX_EVENT_BYTES - MAX_PLAN_BYTES);
  });
});

test('a chain’s scripts stand once in the plan, and are what runs', () => {
  const plan = largePreparation(largeFacts(3, 31));
  expect(plan.sources).toMatchObject(COPY_SCRIPTS);
  expect(JSON.stringify(plan).split('mbstream -x -C /copy')).toHaveLength(2);
  for (const [id, script] of [
    ['unpack', COPY_SCRIPTS.unpack],
    ['unpack-30', COPY_SCRIPTS.unpack],
    ['prepare', COPY_SCRIPTS.prepare],
    ['apply-30', COPY_SCRIPTS.apply],
  ] as const) {
    const program = plan.steps.find((one) => one.id === id)?.program ?? expect.fail(id);
    const argv = argvOf(plan, program);
    expect(argv[argv.indexOf('-c') + 1]).toBe(script);
  }
});
