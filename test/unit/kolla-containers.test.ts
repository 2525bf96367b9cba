import { expect, test } from 'vitest';
import { mayRun } from '../../src/kolla/containers.ts';

/** Answers of docker 20.10 and podman 4.3. */
test.each([
  ['running 2026-11-26T01:10:45.646056039Z', true],
  ['created 0001-01-01T00:00:00Z', true],
  ['created 0001-01-01 00:00:00 +0000 UTC', true],
  ['exited 2026-11-26 01:12:45.646056039 +0000 UTC', false],
  ['stopped 2026-11-26 01:12:45.646056039 +0000 UTC', false],
  // podman, after its machine lost power while the container ran
  ['created 2026-11-26 01:12:57.565255808 +0000 UTC', false],
  ['paused 2026-11-26T01:10:45.646056039Z', true],
])('%s: may it run? %s', (answer, runs) => {
  expect(mayRun(`${answer}\n`)).toBe(runs);
});
