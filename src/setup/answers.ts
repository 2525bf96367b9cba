import { resolve } from 'node:path';
import type { z } from 'zod';
import { slackChannel, slackGroup, slackUser } from '../config.ts';
import { unixUser } from '../login-config.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { cloudId } from '../operation/ids.ts';
import type { Asker, Question } from './ask.ts';
import { type CloudInput, draft, type SshInput } from './draft.ts';
import { type HostPlace, type InitOptions, readHostPlace, usualFiles } from './init-options.ts';

/** What only people know. Each answer comes from an option, or else is asked; both are checked alike. */

const KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const LOCAL = 'local';

/** What a schema finds wrong with an answer; null where nothing is. */
const against = (schema: z.ZodType) => (answer: string) => {
  const message = schema.safeParse(answer).error?.issues[0]?.message;
  return message === undefined ? null : `It is not ${message}.`;
};

const words = (answer: string) => answer.split(/[\s,]+/).filter((word) => word !== '');

/** The given answer, checked, or else that of the question. */
async function answer(given: string | undefined, question: Question, ask: Asker): Promise<string> {
  if (given === undefined) return ask.text(question);
  const reason = question.check?.(given) ?? null;
  if (reason !== null)
    throw new KollaBackupError('INIT_ANSWER_WRONG', { option: question.option, reason: reason.replace(/\.$/, '') });
  return given;
}

export function askCloudName({ cloud }: InitOptions, ask: Asker): Promise<string> {
  const given = cloud ?? (ask.terminal ? undefined : 'prod');
  const what = 'The name by which people call the cloud in Slack';
  return answer(given, { what, option: '--cloud', proposed: 'prod', check: against(cloudId) }, ask);
}

/** Null where kolla-ansible is on this machine. */
export async function askDeployHost({ deployHost }: InitOptions, ask: Asker): Promise<HostPlace | null> {
  const what = 'Where kolla-ansible is: [user@]address[:port], or local for this machine';
  const check = (text: string) =>
    text === LOCAL || readHostPlace(text) !== null ? null : 'Write [user@]address[:port], or local.';
  const text = await answer(deployHost, { what, option: '--deploy-host', check }, ask);
  return text === LOCAL ? null : readHostPlace(text);
}

/** The hosts on the way to all others; throws INIT_ANSWER_WRONG. */
export function jumpsOf({ jumps }: InitOptions): HostPlace[] {
  return jumps.map((text) => {
    const place = readHostPlace(text);
    if (place !== null) return place;
    throw new KollaBackupError('INIT_ANSWER_WRONG', { option: '--jump', reason: 'it is not [user@]address[:port]' });
  });
}

/** How hosts are logged in to: root, unless the deploy host's login was given with another. */
export async function askSsh(
  options: InitOptions,
  place: HostPlace | null,
  ask: Asker,
): Promise<SshInput & { readonly known_hosts: [string, ...string[]] }> {
  const { user, keyFiles, agent, knownHosts } = options;
  const given = user ?? place?.user ?? 'root';
  const name = await answer(given, { what: 'User', option: '--user', check: against(unixUser) }, ask);
  const keys = keyFiles.length > 0 || agent !== undefined ? [...keyFiles] : usualFiles(KEYS).slice(0, 1);
  const key = { what: 'Private key that logs in to the hosts', option: '--key-file or --agent' };
  if (keys.length === 0 && agent === undefined) keys.push(resolve(await ask.text(key)));
  const [known, ...more] = knownHosts.length > 0 ? knownHosts : usualFiles(['known_hosts']).slice(0, 1);
  const file = { what: 'known_hosts file for their host keys', option: '--known-hosts' };
  const jump = jumpsOf(options);
  return {
    user: name,
    ...(keys.length > 0 ? { key_files: keys } : {}),
    ...(agent === undefined ? {} : { agent: agent === 'env' ? true : agent }),
    known_hosts: [known ?? resolve(await ask.text(file)), ...more],
    ...(jump.length > 0 ? { jump } : {}),
    // Whoever isn't root must become it.
    ...(name === 'root' ? {} : { sudo: true }),
  };
}

type People = Pick<CloudInput, 'channel' | 'requesters' | 'approvers'>;

/** Users and groups by their ids. */
function listed(ids: readonly string[]) {
  const users = ids.filter((id) => !id.startsWith('S'));
  const groups = ids.filter((id) => id.startsWith('S'));
  return { ...(users.length > 0 ? { users } : {}), ...(groups.length > 0 ? { groups } : {}) };
}

/** The channel, who may ask, and who may approve; none of the last means that restores are refused. */
export async function askPeople(
  { channel, requesters, approvers }: InitOptions,
  ssh: SshInput,
  ask: Asker,
): Promise<People> {
  const ids = against(slackUser.or(slackGroup));
  const strange = (text: string) => words(text).find((id) => ids(id) !== null);
  const idsOnly = (text: string) => {
    const id = strange(text);
    return id === undefined ? null : `“${id}” is no id: people have U…, user groups S….`;
  };
  const room = { what: 'Id of the cloud’s channel in Slack (C…)', option: '--channel', check: against(slackChannel) };
  const askers: Question = {
    what: 'Who may ask for backups and restores: ids of people (U…) and user groups (S…)',
    option: '--requester',
    check: (text) => (words(text).length === 0 ? 'Somebody must.' : idsOnly(text)),
  };
  const given = (list: readonly string[]) => (list.length > 0 ? list.join(' ') : undefined);
  const chosen: People = {
    channel: await answer(channel, room, ask),
    requesters: listed(words(await answer(given(requesters), askers, ask))),
  };
  const deciders: Question = {
    what: 'Who may approve a restore (U…, S…); nobody: restores are refused',
    option: '--approver',
    check: (text) => idsOnly(text) ?? unsatisfiable(ssh, { ...chosen, ...approving(text) }),
  };
  const text = await answer(given(approvers) ?? (ask.terminal ? undefined : ''), deciders, ask);
  return { ...chosen, ...approving(text) };
}

const approving = (text: string) => (words(text).length === 0 ? {} : { approvers: listed(words(text)) });

/** Why nobody could ever approve, as the config would be refused for it. */
function unsatisfiable(ssh: SshInput, cloud: Partial<CloudInput>): string | null {
  const issues = draft(ssh, cloud).error?.issues ?? [];
  const message = issues.find(({ path }) => path.includes('approvals'))?.message;
  return message === undefined ? null : `This ${message}.`;
}
