import { expect, test } from 'vitest';
import { byHand } from '../../src/slack/cards/by-hand.ts';
import { awaitingSample, NODES, staged } from '../support/restore-sample.ts';

test('who goes on by hand after a release is told of the holds and where the old data is', () => {
  const story = awaitingSample();
  expect(byHand(story.now())).toEqual([]);
  story.approve();
  story.begin();
  story.drive('recover');
  const told = JSON.stringify(byHand(story.now()));
  expect(told).toContain('.service.d/90-kolla-backup-hold.conf');
  for (const node of NODES) expect(told).toContain(node);
  expect(told).toContain(staged());
});
