/**
 * Journals that earlier versions wrote (`npm run demo -- --journals DIR`): what waits for approval, or has destroyed
 * something, while the software is upgraded must be read as it was meant, and its digest must still be the one approved.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { operationEvent } from '../../src/operation/events.ts';
import { fold } from '../../src/operation/fold.ts';
import { digestOf } from '../../src/operation/plan.ts';
import { verifyChain } from '../../src/operation/record.ts';

const root = join(import.meta.dirname, '../fixtures/journals');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));

describe.each(files)('%s', (file) => {
  const lines = readFileSync(join(root, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const verdict = verifyChain(lines, null);
  const records = verdict.ok ? verdict.records : [];

  test('verifies, and is followed to its end', () => {
    expect(verdict).toMatchObject({ ok: true });
    const folded = fold(records);
    expect(folded).toMatchObject({ ok: true, operation: { end: { how: 'succeeded' } } });
  });

  test('each event is read with all that was written', () => {
    for (const { event } of records) expect(operationEvent.parse(event)).toMatchObject(event);
  });

  test('each beginning of it is followed, too: an upgrade may come at any moment', () => {
    for (let until = 1; until <= records.length; until += 1)
      expect(fold(records.slice(0, until))).toMatchObject({ ok: true });
  });

  test('each plan has the digest that people saw', () => {
    for (const { event } of records) {
      const known = operationEvent.parse(event);
      if (known.type === 'planned') expect(digestOf(known.plan)).toBe(known.digest);
    }
  });
});

test('there are journals of each kind', () => {
  expect(files.map((name) => name.split('/').at(-1)?.slice(0, 3))).toEqual(expect.arrayContaining(['BKP', 'RST']));
});
