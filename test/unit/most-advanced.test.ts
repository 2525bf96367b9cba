import { expect, test } from 'vitest';
import { conditionAskers } from '../../src/engine/condition-askers.ts';
import type { Answered } from '../../src/operation/checks.ts';
import type { Attempts, Operation } from '../../src/operation/operation.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { idleDrive } from '../support/idle-drive.ts';
import { awaitingSample, NODES } from '../support/restore-sample.ts';

/** Whether a way back may begin at a node whose position isn't known, for it was killed. */

const [FIRST, SECOND] = NODES;

const UUID = '5ffef8dc-e907-11f1-848a-6ee6f332f22d';

/** The same with what the holds have read: of the first node nothing. */
function unknownOfFirst(operation: Operation): Operation {
  const held = (attempts: Attempts): Attempts =>
    new Map(
      [...attempts].map(([id, all]) => {
        if (!id.startsWith('hold-')) return [id, all];
        const position = { uuid: UUID, seqno: id === 'hold-1' ? '-1' : '900', safe_to_bootstrap: '0' };
        const read: Answered = { check: 'reported', answer: { report: { state: 'held', position }, problem: null } };
        return [id, all.map((one) => (one.end === null ? one : { ...one, end: { ...one.end, after: [read] } }))];
      }),
    );
  const past = operation.past.map((one) => ({ ...one, attempts: held(one.attempts) }));
  return { ...operation, attempts: held(operation.attempts), past };
}

/** What a way back from the first node is told before its recovery. */
async function told(story: ReturnType<typeof awaitingSample>): Promise<unknown> {
  story.backOut('way-back.1');
  story.drive('recover');
  const plan = story.now().plan?.plan.number ?? 0;
  const holds = NODES.map((node, index) => ({ node, plan, step: `hold-${index + 1}` }));
  const check = { check: 'most-advanced', node: FIRST, holds } as const;
  const drive = idleDrive({ operation: () => unknownOfFirst(story.now()) });
  const context = { drive, timeLimitMs: 1, patience: <T>(_: string, question: () => Promise<T>) => question() };
  const answer = await conditionAskers['most-advanced'](check, context);
  return judge(check, { check: 'most-advanced', answer });
}

test('it may, for its data may be the newest; not once a way back may have served from others', async () => {
  const story = awaitingSample();
  story.approve();
  story.begin();
  story.drive('recover');
  story.start(story.step('recover'));
  story.end(story.step('recover'), 1, 'failed');
  expect(await told(story)).toBeNull();
  story.start(story.step('recover'));
  story.end(story.step('recover'), 1, 'failed');
  expect(await told(story)).toMatchObject({ code: 'NODE_IS_BEHIND', params: { host: FIRST, ahead: SECOND } });
});
