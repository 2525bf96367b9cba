import type { Problem } from '../operation/catalogue.ts';
import type { PeopleFacts, SlackCloudFacts, SlackFacts } from './ask-slack.ts';
import { bad, good, judged, type Seen, unknown, type Verdict, warning, worrying } from './check.ts';
import type { CheckId } from './titles.ts';

/** What is found of Slack. */

type Found = { readonly id: CheckId; readonly verdict: Verdict };

/** Of the app itself. */
export function judgeSlack({ bot, app, signing, files }: SlackFacts): readonly Found[] {
  return [
    {
      id: 'slack.bot-token',
      verdict: judged(bot, ({ self, home }) => good(`Slack takes it: ${self.user} of the workspace ${home.team}.`)),
    },
    ...(app === null
      ? []
      : [
          {
            id: 'slack.app-token' as const,
            verdict: judged(app, () => good('Slack gives it a connection (Socket Mode is on).')),
          },
        ]),
    ...(signing === null
      ? []
      : [
          {
            id: 'slack.signing-secret' as const,
            verdict: judged(signing, () => good('It is set; whether it is the app’s, Slack’s first request shows.')),
          },
        ]),
    {
      id: 'slack.scopes',
      verdict: 'problem' in bot ? unknown('Not looked at: the bot’s token is not good.') : judged(bot, judgeScopes),
    },
    {
      id: 'slack.files',
      verdict: judged(files, () => good('Slack would take an upload (asked for, nothing was sent).')),
    },
  ];
}

function judgeScopes({ missingScopes }: { readonly missingScopes: readonly string[] }): Verdict {
  if (missingScopes.length === 0) return good('Each of manifest.yml is there.');
  return bad({ code: 'SLACK_SCOPE_MISSING', params: { scope: missingScopes.join(', '), method: 'the bot' } });
}

/** Of one cloud's channel and people. */
export function judgeSlackCloud(facts: SlackCloudFacts): readonly Found[] {
  const channels = facts.channels.map(
    ({ id, as, problem }): Found => ({
      id: as === 'channel' ? 'slack.channel' : 'slack.alert-channel',
      verdict: judged(problem, (why) =>
        why === null ? good(`The bot is in ${id}, which is not shared or archived.`) : bad(why),
      ),
    }),
  );
  const called = facts.alertGroup;
  return [
    ...channels,
    { id: 'slack.requesters', verdict: judgeRole('requesters', facts.people.requesters) },
    { id: 'slack.approvers', verdict: judgeApprovers(facts) },
    ...(called === null ? [] : [{ id: 'slack.alert-group' as const, verdict: judgeAlertGroup(called) }]),
  ];
}

const fitPersons = ({ persons }: PeopleFacts) => persons.filter(({ problem }) => problem === null).map(({ id }) => id);

function judgeRole(role: string, people: Seen<PeopleFacts> | null): Verdict {
  if (people === null) return unknown(`The config names no ${role}.`);
  return judged(people, (facts) => {
    const unread = facts.groups.flatMap(({ members }) => ('problem' in members ? [members.problem] : []));
    const able = fitPersons(facts).length + facts.omitted;
    const [first] = unread;
    if (first !== undefined) return able > 0 ? worrying(first) : bad(first);
    const empty = facts.groups
      .filter(({ members }) => 'seen' in members && members.seen.length === 0)
      .map(({ id }) => id);
    const whoToName = `Put people into the group in Slack, or name them under \`${role}\` in the config.`;
    if (able === 0)
      return {
        ...warning(
          `Nobody may act as one of the ${role}${empty.length > 0 ? `: the group ${empty.join(', ')} is empty` : ''}.`,
          whoToName,
        ),
        result: 'bad',
        code: role === 'approvers' ? 'APPROVER_NOT_LISTED' : 'PERSON_NOT_LISTED',
      };
    if (empty.length > 0) return warning(`The group ${empty.join(', ')} among the ${role} is empty.`, whoToName);
    const unfit = facts.persons.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    const [one] = unfit;
    if (one !== undefined) return worrying(one);
    return good(`${able} full ${able === 1 ? 'member' : 'members'} of the workspace.`);
  });
}

/** Beside what is true of any role: every requester needs enough others. */
function judgeApprovers({ cloud, people, approvals }: SlackCloudFacts): Verdict {
  const { approvers, requesters } = people;
  if (approvers === null) {
    const problem: Problem = { code: 'APPROVERS_MISSING', params: { cloud } };
    return worrying(problem);
  }
  const own = judgeRole('approvers', approvers);
  if (own.result === 'bad' || own.result === 'unknown' || !('seen' in approvers)) return own;
  const able = new Set(fitPersons(approvers.seen));
  const asking = requesters !== null && 'seen' in requesters ? fitPersons(requesters.seen) : [];
  if (approvers.seen.omitted > 0) return own;
  const short = asking.filter((id) => able.size - (able.has(id) ? 1 : 0) < approvals);
  if (short.length === 0) return own;
  const finding = `${approvals === 1 ? 'An approval' : `${approvals} approvals`} by others cannot be had for what ${short.length === asking.length ? 'any requester' : short.join(', ')} asks: ${able.size} ${able.size === 1 ? 'person' : 'persons'} may approve.`;
  const remedy = 'Name more approvers, or fewer `approvals`, in the config.';
  return { ...warning(finding, remedy), ...(short.length === asking.length ? { result: 'bad' as const } : {}) };
}

function judgeAlertGroup({ id, members }: { readonly id: string; readonly members: Seen<readonly string[]> }): Verdict {
  return judged(members, (found) =>
    found.length > 0
      ? good(`${found.length} in the group ${id} are called when an operation needs people.`)
      : warning(
          `The group ${id}, which is called when an operation needs people, is empty.`,
          'Put people into the group in Slack, or name another under `alerts` in the config.',
        ),
  );
}
