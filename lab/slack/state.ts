/** The workspace in memory, as it begins. */
import { randomBytes } from 'node:crypto';
import { makeChanges } from './changes.ts';
import { makeClock } from './clock.ts';
import type { SlashCommand, State, User } from './model.ts';

const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `U0…` and ten more letters or digits. */
export function newId(prefix: string): string {
  return `${prefix}0${[...randomBytes(9)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('')}`;
}

export const secret = () => randomBytes(18).toString('hex');

export const DEFAULT_SCOPES = [
  'commands',
  'chat:write',
  'users:read',
  'usergroups:read',
  'files:write',
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
] as const;

const DEFAULT_COMMAND: SlashCommand = {
  command: '/kolla-backup',
  hint: 'full | list | status | help',
  description: 'Back up and restore the databases of a cloud',
};

/** A workspace with nobody in it but the app. */
export function emptyState(): State {
  const team = { id: newId('T'), name: 'Cloud Lab', domain: 'cloud-lab' };
  const botUser = newId('U');
  const state: State = {
    clock: makeClock(),
    changes: makeChanges(),
    team,
    app: { id: newId('A'), botId: newId('B'), botUser },
    tokens: {
      bot: `xoxb-${secret()}`,
      app: `xapp-1-${secret()}`,
      verification: secret(),
      signing: randomBytes(16).toString('hex'),
    },
    settings: {
      scopes: [...DEFAULT_SCOPES],
      appScopes: ['connections:write'],
      revoked: new Set(),
      filesForbidden: false,
      shareMs: 0,
      plan: 'paid',
      tierLimits: false,
      channelLimit: false,
      ephemeralsSurviveReload: true,
      ackMs: 3_000,
      commands: [DEFAULT_COMMAND],
      requestUrls: [],
    },
    users: new Map(),
    channels: new Map(),
    groups: new Map(),
    messages: new Map(),
    ephemerals: [],
    files: new Map(),
    uploads: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    stacks: new Map(),
  };
  const bot = { ...blankUser(botUser, team.id, 'kolla-backup'), realName: 'Kolla Backup', isBot: true };
  state.users.set(botUser, bot);
  return state;
}

const COLOURS = ['674b1b', '3c769f', '9f3c69', '2e7d4f', 'b0561a', '684b9c', '9c3b32', '4b6c68'];

/** A full member of the team, to be changed into what else is wanted. `place` chooses a colour. */
export function blankUser(id: string, teamId: string, name: string, place = 0): User {
  return {
    id,
    teamId,
    name,
    realName: name,
    colour: COLOURS[place % COLOURS.length] ?? '616061',
    deleted: false,
    isBot: false,
    isAppUser: false,
    isWorkflowBot: false,
    isConnectorBot: false,
    isRestricted: false,
    isUltraRestricted: false,
    isStranger: false,
    isInvitedUser: false,
  };
}
