/** What a method of the Web API is here, and the kinds of arguments that methods take. */
import { z } from 'zod';
import { slackMessages } from '../blocks/issues.ts';
import type { Tier } from '../limits.ts';
import type { State } from '../model.ts';
import { Refusal } from '../refusal.ts';

export type Call = {
  readonly state: State;
  /** `http://127.0.0.1:port`, of the Web API's server. */
  readonly origin: string;
  /** A fresh address for one WebSocket. */
  readonly socketUrl: () => string;
};

export type Answer = Readonly<Record<string, unknown>>;

export type Method = {
  readonly tier: Tier;
  /** The kind of token that it takes. */
  readonly token: 'bot' | 'app' | 'any';
  /** Whether arguments may come as a JSON body; where not, Slack doesn't read them. */
  readonly json: boolean;
  /** Whether `team_id` means something to it; Slack ignores it elsewhere, and the SDK adds it on its own. */
  readonly teamId: boolean;
  /** All of these must have been granted. */
  readonly scopes: readonly string[];
  /** Arguments as they came, without the token. Throws a `Refusal`. */
  readonly handle: (raw: Readonly<Record<string, unknown>>, call: Call) => Answer;
};

type Spec<S extends z.ZodType> = Partial<Pick<Method, 'token' | 'json' | 'teamId' | 'scopes'>> & {
  readonly tier: Tier;
  readonly args: S;
  readonly run: (args: z.output<S>, call: Call) => Answer;
};

/** Puts the check of the arguments before what a method does. */
export function method<S extends z.ZodType>(spec: Spec<S>): Method {
  return {
    tier: spec.tier,
    token: spec.token ?? 'bot',
    json: spec.json ?? true,
    teamId: spec.teamId ?? false,
    scopes: spec.scopes ?? [],
    handle(raw, call) {
      const parsed = spec.args.safeParse(raw);
      if (parsed.success) return spec.run(parsed.data, call);
      throw new Refusal('invalid_arguments', { messages: slackMessages(parsed.error, '') });
    },
  };
}

const TRUE: readonly unknown[] = ['true', '1', 1, true];
const given = z.string().min(1);

export const arg = {
  text: z.string(),
  id: given,
  ts: z.string().regex(/^\d+\.\d{6}$/, 'must be a valid timestamp'),
  /** Forms carry `true`, `false`, `1`, `0`. */
  flag: z
    .union([z.boolean(), z.enum(['true', 'false', '1', '0']), z.literal([0, 1])])
    .transform((value) => TRUE.includes(value)),
  count: z.union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number)]),
  /** JSON, as a string or a value; the method itself reads it and names the error. */
  json: z.unknown(),
} as const;

/** Known arguments that the stand-in doesn't imitate: they are refused by name, never ignored. */
export function notImitated<const N extends string>(...names: readonly N[]) {
  const never = z.undefined({ error: 'is not imitated by this stand-in' }).optional();
  return Object.fromEntries(names.map((name) => [name, never]));
}

/** Throws `missing_scope` unless all are granted. */
export function needScopes(state: State, needed: readonly string[]): void {
  const { scopes } = state.settings;
  if (needed.every((scope) => scopes.includes(scope))) return;
  throw new Refusal('missing_scope', { extra: { needed: needed.join(','), provided: scopes.join(',') } });
}

const CHANNEL_SCOPES = { public: 'channels', private: 'groups', im: 'im' } as const;

/** `channels:read`, `groups:history` and the like, by the kind of the channel. */
export function needChannelScope(state: State, id: string, right: 'read' | 'history'): void {
  const kind = state.channels.get(id)?.kind ?? 'public';
  needScopes(state, [`${CHANNEL_SCOPES[kind]}:${right}`]);
}
