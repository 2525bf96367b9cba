import { WebClient } from '@slack/web-api';
import type { CloudConfig, Config, People } from '../config.ts';
import type { Problem } from '../operation/catalogue.ts';
import { type Authority, authority, lookIntoGroup } from '../slack/authorize.ts';
import { channelProblems, type Identity, mayConnect, mayUpload, whoAmI } from '../slack/identity.ts';
import { clientOptions, type Log } from '../slack/web.ts';
import type { Seen } from './check.ts';
import { see, seeAfter } from './see.ts';

/** One who is named by the config or by a group: null where they are a full member, otherwise why they may do nothing. */
export type Person = { readonly id: string; readonly problem: Problem | null };

export type PeopleFacts = {
  readonly groups: readonly { readonly id: string; readonly members: Seen<readonly string[]> }[];
  readonly persons: readonly Person[];
  /** How many weren't looked at, for there are too many. */
  readonly omitted: number;
};

type Role = 'requesters' | 'approvers';

export type SlackCloudFacts = {
  readonly cloud: string;
  readonly approvals: number;
  readonly channels: readonly {
    readonly id: string;
    readonly as: 'channel' | 'alerts';
    readonly problem: Seen<Problem | null>;
  }[];
  readonly people: Readonly<Record<Role, Seen<PeopleFacts> | null>>;
  readonly alertGroup: { readonly id: string; readonly members: Seen<readonly string[]> } | null;
};

export type SlackFacts = {
  readonly bot: Seen<Identity>;
  /** Null where Slack sends signed requests instead. */
  readonly app: Seen<true> | null;
  readonly signing: Seen<true> | null;
  readonly files: Seen<true>;
  readonly clouds: readonly SlackCloudFacts[];
};

/** `hears`: what the bot needs besides its token, by the way in which Slack reaches it. */
export type SlackTokens = {
  readonly bot: Seen<string>;
  readonly hears: { readonly by: 'socket' | 'http'; readonly secret: Seen<string> };
};

/** How many persons of one role are looked at one by one. */
const PERSONS_MAX = 50;

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What Slack says of tokens, channels and people. Nothing is posted, and nothing is uploaded. */
export async function askSlack(tokens: SlackTokens, apiUrl: string, clouds: Config['clouds']): Promise<SlackFacts> {
  const client = (token: string) => new WebClient(token, clientOptions(apiUrl, silent));
  const { by, secret } = tokens.hears;
  const [bot, app] = await Promise.all([
    withToken(tokens.bot, (token) => whoAmI(client(token))),
    by === 'http'
      ? null
      : withToken(secret, async (token) => {
          await mayConnect(client(token));
          return true as const;
        }),
  ]);
  const web = 'seen' in tokens.bot ? client(tokens.bot.seen) : null;
  const known: Seen<{ web: WebClient; people: Authority }> =
    'seen' in bot && web !== null
      ? { seen: { web, people: authority(web, bot.seen.home) } }
      : { blocked: 'the bot’s token is not good' };
  const files = await seeAfter(known, '', async ({ web }) => {
    await mayUpload(web);
    return true as const;
  });
  const found = await Promise.all(Object.entries(clouds).map(([id, cloud]) => askCloud(known, id, cloud)));
  const signing = by === 'http' ? ('seen' in secret ? { seen: true as const } : secret) : null;
  return { bot, app, signing, files, clouds: found };
}

async function withToken<T>(token: Seen<string>, question: (token: string) => Promise<T>): Promise<Seen<T>> {
  return 'seen' in token ? see(() => question(token.seen)) : token;
}

type Known = Seen<{ readonly web: WebClient; readonly people: Authority }>;

async function askCloud(known: Known, id: string, cloud: CloudConfig): Promise<SlackCloudFacts> {
  const { channel, alerts, requesters, approvers, approvals } = cloud;
  const wanted = [
    { id: channel, as: 'channel' as const },
    ...(alerts.channel === undefined || alerts.channel === channel
      ? []
      : [{ id: alerts.channel, as: 'alerts' as const }]),
  ];
  const [channels, asking, approving, called] = await Promise.all([
    Promise.all(
      wanted.map(async (one) => ({
        ...one,
        problem: await seeAfter(known, '', async ({ web }) => {
          const [problem] = await channelProblems(web, { [id]: { channel: one.id } });
          return problem ?? null;
        }),
      })),
    ),
    seeAfter(known, '', (slack) => askPeople(slack, requesters)),
    approvers === undefined ? null : seeAfter(known, '', (slack) => askPeople(slack, approvers)),
    alerts.group === undefined ? null : askGroup(known, alerts.group),
  ]);
  return { cloud: id, approvals, channels, people: { requesters: asking, approvers: approving }, alertGroup: called };
}

async function askGroup(known: Known, id: string) {
  return { id, members: await seeAfter(known, '', async ({ web }) => [...(await lookIntoGroup(web, id))]) };
}

async function askPeople(
  { web, people }: { readonly web: WebClient; readonly people: Authority },
  wanted: People,
): Promise<PeopleFacts> {
  const groups = await Promise.all(
    wanted.groups.map(async (id) => ({ id, members: await see(async () => [...(await lookIntoGroup(web, id))]) })),
  );
  const all = [
    ...new Set([...wanted.users, ...groups.flatMap(({ members }) => ('seen' in members ? members.seen : []))]),
  ];
  const persons: Person[] = [];
  for (const id of all.slice(0, PERSONS_MAX)) {
    const allowed = await people.member(id);
    persons.push({ id, problem: allowed.ok ? null : allowed.problem });
  }
  return { groups, persons, omitted: Math.max(0, all.length - PERSONS_MAX) };
}
