import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { People } from '../config.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import { troubleOf } from './web.ts';

/** How long an answer of Slack about a person or group serves for asking. An approval is looked up anew. */
export const CACHE_MS = 60_000;
/** How many answers are remembered. */
const CACHE_MAX = 500;

/** Who we are in Slack: the workspace, and the organization where there is one. */
export type Home = { readonly team: string; readonly enterprise: string | null };
export type Allowed = { readonly ok: true } | { readonly ok: false; readonly problem: Problem };

/** Asks Slack who somebody is. Whatever isn't known for certain is a refusal. */
export interface Authority {
  /** Whether `person` is a full, active member of this workspace. */
  member(person: string, fresh?: boolean): Promise<Allowed>;
  /** Whether `person` is one and among `people`; `cloud` is for the refusal's words. */
  among(person: string, people: People, cloud: string, fresh?: boolean): Promise<Allowed>;
}

const flag = z.boolean().optional();
const user = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  deleted: flag,
  is_bot: flag,
  is_app_user: flag,
  is_workflow_bot: flag,
  is_connector_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_stranger: flag,
  is_invited_user: flag,
  enterprise_user: z.object({ enterprise_id: z.string().optional() }).optional(),
});
type User = z.infer<typeof user>;

const BOTS = ['is_bot', 'is_app_user', 'is_workflow_bot', 'is_connector_bot'] as const;
const GUESTS = ['is_restricted', 'is_ultra_restricted'] as const;

/** Why somebody may never ask, whoever is listed; null for a full member. */
function unfit(one: User, home: Home): Problem | null {
  const refuse = (code: Problem['code']): Problem => ({ code, params: { person: one.id } });
  if (one.is_stranger === true || !isHome(one, home)) return refuse('PERSON_EXTERNAL');
  if (one.deleted === true) return refuse('PERSON_DEACTIVATED');
  if (BOTS.some((name) => one[name] === true) || one.id === 'USLACKBOT') return refuse('PERSON_BOT');
  if (GUESTS.some((name) => one[name] === true)) return refuse('PERSON_GUEST');
  if (one.is_invited_user === true) return refuse('PERSON_INVITED');
  return null;
}

function isHome(one: User, home: Home): boolean {
  if (one.team_id === home.team) return true;
  return home.enterprise !== null && one.enterprise_user?.enterprise_id === home.enterprise;
}

export function authority(client: WebClient, home: Home, now: () => number = Date.now): Authority {
  const users = cache<User>(now);
  const groups = cache<ReadonlySet<string>>(now);

  async function member(person: string, fresh = false): Promise<Allowed> {
    const known = fresh ? undefined : users.get(person);
    try {
      const one = known ?? user.parse((await client.users.info({ user: person })).user);
      if (one.id !== person) return no({ code: 'PERSON_UNKNOWN', params: { person } });
      users.set(person, one);
      const problem = unfit(one, home);
      return problem === null ? { ok: true } : no(problem);
    } catch (error) {
      return no(lookupProblem(error, 'users.info', { person }));
    }
  }

  /** The members of a group as Slack names them now. */
  async function inGroup(group: string, fresh: boolean): Promise<ReadonlySet<string>> {
    const known = fresh ? undefined : groups.get(group);
    if (known) return known;
    const found = await membersOf(client, group);
    groups.set(group, found);
    return found;
  }

  async function among(person: string, people: People, cloud: string, fresh = false): Promise<Allowed> {
    const fit = await member(person, fresh);
    if (!fit.ok || people.users.includes(person)) return fit;
    let unanswered: Problem | null = null;
    for (const group of people.groups) {
      try {
        if ((await inGroup(group, fresh)).has(person)) return { ok: true };
      } catch (error) {
        unanswered ??= lookupProblem(error, 'usergroups.users.list', { group });
      }
    }
    return no(unanswered ?? { code: 'PERSON_NOT_LISTED', params: { person, cloud } });
  }

  return { member, among };
}

/** The members of a group, as Slack names them now. */
async function membersOf(client: WebClient, group: string): Promise<ReadonlySet<string>> {
  const answer = await client.usergroups.users.list({ usergroup: group });
  return new Set(z.array(z.string()).parse(answer.users));
}

/** The same for whoever only looks; rejects with the problem for which a person would be refused. */
export async function lookIntoGroup(client: WebClient, group: string): Promise<ReadonlySet<string>> {
  try {
    return await membersOf(client, group);
  } catch (cause) {
    const { code, params } = lookupProblem(cause, 'usergroups.users.list', { group });
    throw new KollaBackupError(code, params, { cause });
  }
}

function no(problem: Problem): Allowed {
  return { ok: false, problem };
}

const REFUSALS: Readonly<Record<string, Problem['code']>> = {
  user_not_found: 'PERSON_UNKNOWN',
  user_not_visible: 'PERSON_UNKNOWN',
  no_such_subteam: 'SLACK_GROUP_UNKNOWN',
  subteam_not_found: 'SLACK_GROUP_UNKNOWN',
  plan_upgrade_required: 'SLACK_GROUPS_PLAN',
  paid_teams_only: 'SLACK_GROUPS_PLAN',
  missing_scope: 'SLACK_SCOPE_MISSING',
};

/** The refusal for a look-up that Slack didn't answer, in its own words where it gave a reason. */
function lookupProblem(error: unknown, method: string, about: Readonly<Record<string, string>>): Problem {
  const trouble =
    error instanceof z.ZodError
      ? ({ kind: 'unsure', reason: 'an answer without its fields' } as const)
      : troubleOf(error);
  const known =
    trouble.kind === 'refused' && Object.hasOwn(REFUSALS, trouble.error) ? REFUSALS[trouble.error] : undefined;
  if (known !== undefined && trouble.kind === 'refused')
    return { code: known, params: { ...about, method, scope: trouble.needed ?? 'of its kind' } };
  const reason =
    trouble.kind === 'rate' ? 'too many calls' : trouble.kind === 'refused' ? trouble.error : trouble.reason;
  return { code: 'SLACK_UNANSWERED', params: { method, reason } };
}

type Cache<T> = { get(key: string): T | undefined; set(key: string, value: T): void };

/** Remembers answers, never failures, for `CACHE_MS`. */
function cache<T>(now: () => number): Cache<T> {
  const held = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    get: (key) => {
      const one = held.get(key);
      return one !== undefined && one.until > now() ? one.value : undefined;
    },
    set: (key, value) => {
      const oldest = held.keys().next().value;
      if (held.size >= CACHE_MAX && oldest !== undefined) held.delete(oldest);
      const present = held.get(key);
      // An answer out of the cache doesn't prolong itself.
      if (present?.value !== value || present.until <= now()) held.set(key, { value, until: now() + CACHE_MS });
    },
  };
}
