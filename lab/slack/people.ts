/** People, channels and user groups as the Web API shows them. */

import type { Channel, Group, State, User } from './model.ts';
import { Refusal } from './refusal.ts';
import { newId } from './state.ts';

/** `users.info`, with every key by which somebody could be told apart from a full member. */
export function userJson(user: User) {
  const names = { real_name: user.realName, display_name: user.name };
  const common = { id: user.id, team_id: user.teamId, name: user.name, deleted: user.deleted, color: user.colour };
  const profile = {
    ...names,
    real_name_normalized: user.realName,
    display_name_normalized: user.name,
    title: '',
    phone: '',
    skype: '',
    status_text: '',
    status_emoji: '',
    avatar_hash: '',
    first_name: user.realName.split(' ')[0] ?? '',
    last_name: user.realName.split(' ').slice(1).join(' '),
    team: user.teamId,
  };
  const kinds = {
    is_bot: user.isBot,
    is_app_user: user.isAppUser,
    ...(user.isWorkflowBot ? { is_workflow_bot: true } : {}),
    ...(user.isConnectorBot ? { is_connector_bot: true } : {}),
    ...(user.isStranger ? { is_stranger: true } : {}),
    ...(user.isInvitedUser ? { is_invited_user: true } : {}),
  };
  // Slack leaves a deactivated user's roles away.
  if (user.deleted) return { ...common, real_name: user.realName, profile, ...kinds, updated: 0 };
  return {
    ...common,
    real_name: user.realName,
    tz: 'Europe/Berlin',
    tz_label: 'Central European Time',
    tz_offset: 3_600,
    profile,
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.isRestricted,
    is_ultra_restricted: user.isUltraRestricted,
    ...kinds,
    updated: 0,
    is_email_confirmed: true,
    who_can_share_contact_card: 'EVERYONE',
  };
}

/** `conversations.info`. */
export function channelJson(state: State, channel: Channel) {
  if (channel.kind === 'im') {
    const other = [...channel.members].find((id) => id !== state.app.botUser);
    return { id: channel.id, created: 0, is_archived: false, is_im: true, is_org_shared: false, user: other ?? '' };
  }
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    created: 0,
    creator: '',
    is_archived: channel.isArchived,
    is_general: false,
    unlinked: 0,
    is_shared: channel.isExtShared,
    is_org_shared: false,
    is_ext_shared: channel.isExtShared,
    is_pending_ext_shared: channel.isPendingExtShared,
    pending_shared: [],
    pending_connected_team_ids: [],
    context_team_id: state.team.id,
    is_member: channel.members.has(state.app.botUser),
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    previous_names: [],
  };
}

/** `usergroups.list`. */
export function groupJson(state: State, group: Group, options: { users: boolean; count: boolean }) {
  return {
    id: group.id,
    team_id: state.team.id,
    is_usergroup: true,
    is_subteam: true,
    name: group.name,
    description: '',
    handle: group.handle,
    is_external: false,
    date_create: 0,
    date_update: 0,
    date_delete: group.disabled ? 1 : 0,
    auto_type: null,
    auto_provision: false,
    enterprise_subteam_id: '',
    created_by: '',
    updated_by: '',
    deleted_by: null,
    prefs: { channels: [], groups: [] },
    ...(options.users ? { users: group.users } : {}),
    ...(options.count ? { user_count: group.users.length } : {}),
  };
}

/** The app's view of a channel: a private one that it isn't in doesn't exist. */
export function visibleChannel(state: State, id: string): Channel {
  const channel = state.channels.get(id);
  const inside = channel?.members.has(state.app.botUser) === true;
  if (channel === undefined || (channel.kind !== 'public' && !inside)) throw new Refusal('channel_not_found');
  return channel;
}

/** A channel that the app is in. Throws `channel_not_found` or `not_in_channel`. */
export function joinedChannel(state: State, id: string): Channel {
  const channel = visibleChannel(state, id);
  if (!channel.members.has(state.app.botUser)) throw new Refusal('not_in_channel');
  return channel;
}

/** The app's conversation with one person, made if there is none. */
export function directMessage(state: State, user: User): Channel {
  const { botUser } = state.app;
  for (const channel of state.channels.values())
    if (channel.kind === 'im' && channel.members.has(user.id) && channel.members.has(botUser)) return channel;
  const id = newId('D');
  const channel: Channel = {
    id,
    name: '',
    kind: 'im',
    isExtShared: false,
    isPendingExtShared: false,
    isArchived: false,
    members: new Set([user.id, botUser]),
  };
  state.channels.set(id, channel);
  state.changes.tell({ kind: 'workspace' });
  return channel;
}
