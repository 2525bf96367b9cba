/** auth.*, team.*, users.* and usergroups.* */
import { z } from 'zod';
import type { State } from '../model.ts';
import { groupJson, userJson } from '../people.ts';
import { Refusal } from '../refusal.ts';
import { arg, method } from './method.ts';

const test = method({
  tier: 't5',
  args: z.strictObject({}),
  run(_, { state }) {
    const { team, app, users } = state;
    return {
      url: `https://${team.domain}.slack.com/`,
      team: team.name,
      user: users.get(app.botUser)?.name ?? '',
      team_id: team.id,
      user_id: app.botUser,
      bot_id: app.botId,
      is_enterprise_install: false,
    };
  },
});

const teamInfo = method({
  tier: 't3',
  scopes: ['team:read'],
  args: z.strictObject({ team: arg.id.optional(), domain: arg.id.optional() }),
  run({ team, domain }, { state }) {
    if ((team ?? state.team.id) !== state.team.id || (domain ?? state.team.domain) !== state.team.domain)
      throw new Refusal('team_not_found');
    return { team: { ...state.team, email_domain: '', icon: { image_default: true } } };
  },
});

const userInfo = method({
  tier: 't4',
  json: false,
  scopes: ['users:read'],
  args: z.strictObject({ user: arg.id, include_locale: arg.flag.optional() }),
  run(args, { state }) {
    const user = state.users.get(args.user);
    if (user === undefined) throw new Refusal('user_not_found');
    return { user: { ...userJson(user), ...(args.include_locale ? { locale: 'en-US' } : {}) } };
  },
});

function needGroups(state: State, team: string | undefined): void {
  if (state.settings.plan === 'free') throw new Refusal('plan_upgrade_required');
  if ((team ?? state.team.id) !== state.team.id) throw new Refusal('invalid_team');
}

const groupList = method({
  tier: 't2',
  json: false,
  teamId: true,
  scopes: ['usergroups:read'],
  args: z.strictObject({
    include_count: arg.flag.optional(),
    include_disabled: arg.flag.optional(),
    include_users: arg.flag.optional(),
    team_id: arg.id.optional(),
  }),
  run(args, { state }) {
    needGroups(state, args.team_id);
    const shown = [...state.groups.values()].filter((group) => args.include_disabled || !group.disabled);
    const options = { users: args.include_users ?? false, count: args.include_count ?? false };
    return { usergroups: shown.map((group) => groupJson(state, group, options)) };
  },
});

const groupUsers = method({
  tier: 't2',
  json: false,
  teamId: true,
  scopes: ['usergroups:read'],
  args: z.strictObject({
    usergroup: arg.id,
    include_disabled: arg.flag.optional(),
    team_id: arg.id.optional(),
  }),
  run(args, { state }) {
    needGroups(state, args.team_id);
    const group = state.groups.get(args.usergroup);
    if (group === undefined || (group.disabled && !args.include_disabled)) throw new Refusal('no_such_subteam');
    return { users: group.users };
  },
});

export const people = {
  'auth.test': test,
  'team.info': teamInfo,
  'users.info': userInfo,
  'usergroups.list': groupList,
  'usergroups.users.list': groupUsers,
} as const;
