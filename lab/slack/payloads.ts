/** What Slack sends to the app, key by key. */
import type { Interactive } from './blocks/elements.ts';
import { actionJson, type Choice } from './choices.ts';
import { messageJson } from './messages.ts';
import type { Channel, Ephemeral, Message, State, User } from './model.ts';
import { newResponseUrl } from './response-url.ts';
import { newTrigger, type Values, type View, viewJson } from './views.ts';

/** `origin` is the server that response addresses lead to. */
export type Context = { readonly state: State; readonly origin: () => string };

function teamOf(state: State, user: User) {
  return { id: user.teamId, domain: user.teamId === state.team.id ? state.team.domain : 'another-team' };
}

const person = (user: User) => ({ id: user.id, username: user.name, name: user.name, team_id: user.teamId });

export function slashPayload(context: Context, user: User, channel: Channel, command: string, text: string) {
  const { state } = context;
  const origin = { user: user.id, channel: channel.id, message: undefined, threadTs: undefined };
  return {
    token: state.tokens.verification,
    team_id: state.team.id,
    team_domain: state.team.domain,
    channel_id: channel.id,
    channel_name: channel.kind === 'im' ? 'directmessage' : channel.kind === 'private' ? 'privategroup' : channel.name,
    user_id: user.id,
    user_name: user.name,
    command,
    text,
    api_app_id: state.app.id,
    is_enterprise_install: 'false',
    response_url: context.origin() + newResponseUrl(state, 'commands', origin),
    trigger_id: newTrigger(state, user.id),
  };
}

function common(context: Context, user: User) {
  const { state } = context;
  return {
    user: person(user),
    api_app_id: state.app.id,
    token: state.tokens.verification,
    trigger_id: newTrigger(state, user.id),
    team: teamOf(state, user),
    enterprise: null,
    is_enterprise_install: false,
  };
}

export type Clicked = { readonly blockId: string; readonly element: Interactive; readonly choice: Choice | undefined };

const isEphemeral = (message: Message | Ephemeral): message is Ephemeral => !('byBot' in message);

/** A click in a message. */
export function messageActionPayload(
  context: Context,
  user: User,
  message: Message | Ephemeral,
  clicked: Clicked,
  values: Values,
) {
  const { state } = context;
  const channel = state.channels.get(message.channel);
  const ephemeral = isEphemeral(message);
  const thread = message.threadTs === undefined ? {} : { thread_ts: message.threadTs };
  const reference = { ts: message.ts, ephemeral };
  const origin = { user: user.id, channel: message.channel, message: reference, threadTs: message.threadTs };
  const container = { message_ts: message.ts, channel_id: message.channel, is_ephemeral: ephemeral };
  return {
    type: 'block_actions',
    ...common(context, user),
    container: { type: 'message', ...container, ...thread },
    channel: { id: message.channel, name: channel?.name || 'directmessage' },
    // Slack leaves an ephemeral message out of the payload.
    ...(ephemeral ? {} : { message: messageJson(state, message) }),
    state: { values },
    response_url: context.origin() + newResponseUrl(state, 'actions', origin),
    actions: [actionJson(state, clicked.element, clicked.blockId, clicked.choice)],
  };
}

/** A click in a modal. */
export function viewActionPayload(context: Context, user: User, view: View, clicked: Clicked, values: Values) {
  const { state } = context;
  return {
    type: 'block_actions',
    ...common(context, user),
    container: { type: 'view', view_id: view.id },
    view: viewJson(state, view, values),
    actions: [actionJson(state, clicked.element, clicked.blockId, clicked.choice)],
  };
}

export function submissionPayload(context: Context, user: User, view: View, values: Values) {
  const { state } = context;
  return {
    type: 'view_submission',
    ...common(context, user),
    view: viewJson(state, view, values),
    response_urls: [],
  };
}

export function closedPayload(context: Context, user: User, view: View, cleared: boolean) {
  const { trigger_id: _, ...rest } = common(context, user);
  return { type: 'view_closed', ...rest, view: viewJson(context.state, view), is_cleared: cleared };
}
