/** The control surface over HTTP, for another process and for the page: `POST /control/<verb>` with JSON. */
import { z } from 'zod';
import type { Control } from './control-type.ts';

const who = z.string().min(1);
const place = z.strictObject({ channel: who, ts: who });
const choice = z.union([z.string(), z.array(z.string())]);
const patience = z.strictObject({ waitMs: z.int().min(0).max(60_000).exactOptional() }).exactOptional();
const times = z.int().min(1).exactOptional();
const kind = z.enum([
  'member',
  'guest',
  'single-channel guest',
  'bot',
  'app user',
  'workflow bot',
  'deactivated',
  'invited',
  'external',
]);
const fault = z.strictObject({
  answer: z.enum(['429', '500', 'hang', 'drop', 'error']),
  committed: z.boolean().exactOptional(),
  retryAfter: z.number().min(0).exactOptional(),
  error: z.string().exactOptional(),
});
const newUser = z.strictObject({
  name: who,
  realName: z.string().exactOptional(),
  kind: kind.exactOptional(),
  channels: z.array(who).exactOptional(),
});
const newChannel = z.strictObject({
  name: who,
  private: z.boolean().exactOptional(),
  external: z.boolean().exactOptional(),
  bot: z.boolean().exactOptional(),
  members: z.array(who).exactOptional(),
});
const channelChange = z.strictObject({
  bot: z.boolean().exactOptional(),
  external: z.boolean().exactOptional(),
  pendingExternal: z.boolean().exactOptional(),
  archived: z.boolean().exactOptional(),
});
const settings = z.strictObject({
  filesForbidden: z.boolean().exactOptional(),
  shareMs: z.number().min(0).nullable().exactOptional(),
  plan: z.enum(['paid', 'free']).exactOptional(),
  tierLimits: z.boolean().exactOptional(),
  channelLimit: z.boolean().exactOptional(),
  ephemeralsSurviveReload: z.boolean().exactOptional(),
  ackMs: z.int().min(1).exactOptional(),
});

type Verb = (control: Control, body: unknown) => unknown;

function verb<S extends z.ZodType>(schema: S, run: (control: Control, input: z.output<S>) => unknown): Verb {
  return (control, body) => run(control, schema.parse(body));
}

const nothing = z.strictObject({});
const object = z.strictObject;

const verbs: Readonly<Record<string, Verb>> = {
  'add-user': verb(newUser, (c, a) => c.addUser(a)),
  'set-user-kind': verb(object({ user: who, kind }), (c, a) => c.setUserKind(a.user, a.kind)),
  'add-channel': verb(newChannel, (c, a) => c.channel(c.addChannel(a).id)),
  'change-channel': verb(object({ channel: who, change: channelChange }), (c, a) =>
    c.changeChannel(a.channel, a.change),
  ),
  'add-group': verb(object({ handle: who, members: z.array(who) }), (c, a) => c.addGroup(a)),
  'set-group-members': verb(object({ group: who, members: z.array(who) }), (c, a) =>
    c.setGroupMembers(a.group, a.members),
  ),
  user: verb(object({ user: who }), (c, a) => c.user(a.user)),
  channel: verb(object({ channel: who }), (c, a) => c.channel(a.channel)),
  group: verb(object({ group: who }), (c, a) => c.group(a.group)),
  slash: verb(object({ user: who, channel: who, command: who, text: z.string().default(''), patience }), (c, a) =>
    c.slash(a.user, a.channel, a.command, a.text, a.patience),
  ),
  click: verb(object({ user: who, message: place, actionId: who, choice: choice.exactOptional(), patience }), (c, a) =>
    c.click(a.user, a.message, a.actionId, a.choice, a.patience),
  ),
  'click-in-view': verb(object({ user: who, actionId: who, choice: choice.exactOptional(), patience }), (c, a) =>
    c.clickInView(a.user, a.actionId, a.choice, a.patience),
  ),
  submit: verb(object({ user: who, fields: z.record(z.string(), choice) }), (c, a) => c.submit(a.user, a.fields)),
  'close-view': verb(object({ user: who }), (c, a) => c.closeView(a.user)),
  say: verb(object({ user: who, channel: who, text: who, threadTs: who.exactOptional() }), (c, a) =>
    c.say(a.user, a.channel, a.text, a.threadTs),
  ),
  'delete-message': verb(place, (c, a) => c.deleteMessage(a)),
  reload: verb(object({ user: who }), (c, a) => c.reload(a.user)),
  messages: verb(object({ channel: who }), (c, a) => c.messages(a.channel)),
  thread: verb(place, (c, a) => c.thread(a.channel, a.ts)),
  ephemerals: verb(object({ user: who }), (c, a) => c.ephemerals(a.user)),
  view: verb(object({ user: who }), (c, a) => c.view(a.user)),
  files: verb(nothing, (c) => c.files().map(({ content, ...file }) => ({ ...file, text: content?.toString() ?? '' }))),
  calls: verb(object({ method: who.exactOptional() }), (c, a) => c.calls(a.method)),
  connections: verb(nothing, (c) => c.connections()),
  acks: verb(nothing, (c) => c.acks()),
  fail: verb(object({ target: who, fault, times }), (c, a) => c.fail(a.target, a.fault, a.times)),
  'clear-faults': verb(nothing, (c) => c.clearFaults()),
  'drop-sockets': verb(nothing, (c) => c.dropSockets()),
  'disconnect-sockets': verb(object({ reason: z.enum(['warning', 'refresh_requested', 'link_disabled']) }), (c, a) =>
    c.disconnectSockets(a.reason),
  ),
  'duplicate-envelopes': verb(object({ times }), (c, a) => c.duplicateEnvelopes(a.times)),
  'take-away': verb(nothing, (c) => c.takeAway()),
  'bring-back': verb(nothing, (c) => c.bringBack()),
  'revoke-token': verb(object({ token: z.enum(['bot', 'app']) }), (c, a) => c.revokeToken(a.token)),
  'restore-tokens': verb(nothing, (c) => c.restoreTokens()),
  'set-scopes': verb(object({ scopes: z.array(who) }), (c, a) => c.setScopes(a.scopes)),
  'set-commands': verb(
    object({ commands: z.array(object({ command: who, hint: z.string(), description: z.string() })) }),
    (c, a) => c.setCommands(a.commands),
  ),
  set: verb(settings, (c, a) => c.set(a)),
  advance: verb(object({ ms: z.int().min(0) }), (c, a) => c.advance(a.ms)),
};

/** Sets become lists. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (_, inner: unknown) => (inner instanceof Set ? [...inner] : inner)));
}

/** The result as JSON; undefined for an unknown verb. Rejects with `ZodError`, `Impossible` or `Refusal`. */
export async function runVerb(control: Control, name: string, body: unknown): Promise<unknown> {
  const found = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  return found === undefined ? undefined : plain(await found(control, body));
}
