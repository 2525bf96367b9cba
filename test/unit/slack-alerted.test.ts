import { expect, test } from 'vitest';
import type { CloudConfig } from '../../src/config.ts';
import { alerted } from '../../src/slack/alerts.ts';

const cloud = (more: Pick<CloudConfig, 'approvers'> & Partial<Pick<CloudConfig, 'alerts'>>) =>
  ({ alerts: {}, requesters: { users: ['U0ASKS'], groups: [] }, ...more }) as unknown as CloudConfig;

test('an alert calls everybody who may approve, of every group, or the group that is named for it', () => {
  const approvers = { users: ['U0BOB', 'U0DAVE'], groups: ['S0DAY', 'S0NIGHT'] };
  expect(alerted(cloud({ approvers }))).toBe('<!subteam^S0DAY> <!subteam^S0NIGHT> <@U0BOB> <@U0DAVE>');
  expect(alerted(cloud({ approvers, alerts: { group: 'S0CALL' } }))).toBe('<!subteam^S0CALL>');
  expect(alerted(cloud({ approvers: undefined }))).toBe('<@U0ASKS>');
});
