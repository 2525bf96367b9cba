import { expect, test } from 'vitest';
import { keptBy } from '../../src/operation/kept.ts';
import { awaitingSample, COPY, NODES, type restoreSample, staged } from '../support/restore-sample.ts';

const kept = (story: ReturnType<typeof restoreSample>) =>
  keptBy(story.now()).map(({ what, node, data }) => [what, node, data]);

function executed() {
  const story = awaitingSample();
  story.approve();
  story.begin();
  return story;
}

test('nothing before a datadir was exchanged, though the copy lies there: it is still wanted', () => {
  const story = executed();
  expect(kept(story)).toEqual([]);
  story.drive('swap-1');
  expect(kept(story)).toEqual([]);
});

test('old data from the moment when it was set aside, on each node that was', () => {
  const story = executed();
  story.drive('swap-2');
  expect(kept(story)).toEqual([['old', NODES[0], staged()]]);
  story.drive();
  story.succeed();
  expect(kept(story)).toEqual(NODES.map((node) => ['old', node, staged()]));
});

test('a way back leaves the copy, known by its own directory', () => {
  const story = executed();
  story.drive('recover');
  story.start(story.step('recover'));
  story.end(story.step('recover'), 1000, 'failed');
  story.needPeople();
  story.backOut('way-back.1');
  story.drive();
  story.succeed();
  expect(story.now().end?.how).toBe('backed_out');
  expect(kept(story)).toEqual(NODES.map((node) => ['copy', node, staged()]));
  expect(keptBy(story.now()).every(({ old }) => old[1] === COPY[1])).toBe(true);
});

test('what was withdrawn and cleared keeps nothing', () => {
  const story = awaitingSample();
  story.cancel();
  story.clear();
  expect(story.now().end?.how).toBe('cancelled');
  expect(kept(story)).toEqual([]);
});

test('a host that could not be cleared keeps its copy', () => {
  const story = awaitingSample();
  story.cancel();
  story.tell({ type: 'clearing', claim: 'c'.repeat(20), number: 3 });
  story.drive('clear-3');
  story.start(story.step('clear-3'));
  story.end(story.step('clear-3'), 1000, 'failed');
  story.tell({ type: 'cleared', claim: 'c'.repeat(20), left: [] });
  expect(kept(story)).toEqual([['copy', NODES[2], staged()]]);
});
