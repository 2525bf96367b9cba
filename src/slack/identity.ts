import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Home } from './authorize.ts';
import type { CloudChannels } from './clouds.ts';
import { startProblem } from './sockets.ts';
import type { Self } from './thread.ts';
import { troubleOf } from './web.ts';

/** The scopes that the bot uses; the app's manifest asks for these and no others. */
export const SCOPES = [
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

const identity = z.object({
  team_id: z.string(),
  enterprise_id: z.string().nullish(),
  user_id: z.string(),
  bot_id: z.string().nullish(),
  response_metadata: z.object({ scopes: z.array(z.string()).optional() }).optional(),
});

export type Identity = { readonly self: Self; readonly home: Home; readonly missingScopes: readonly string[] };

/** Who the bot is. Rejects with SLACK_TOKEN_REFUSED or SLACK_UNREACHABLE. */
export async function whoAmI(client: WebClient): Promise<Identity> {
  try {
    const said = identity.parse(await client.auth.test());
    const granted = said.response_metadata?.scopes;
    return {
      self: { user: said.user_id, bot: said.bot_id ?? null },
      home: { team: said.team_id, enterprise: said.enterprise_id ?? null },
      missingScopes: granted === undefined ? [] : SCOPES.filter((scope) => !granted.includes(scope)),
    };
  } catch (error) {
    throw startProblem(error, 'SLACK_BOT_TOKEN', 'auth.test');
  }
}

/** Whether the app-level token may open connections; the address that Slack gives is used by nobody. */
export async function mayConnect(client: WebClient): Promise<void> {
  try {
    await client.apps.connections.open({});
  } catch (error) {
    throw startProblem(error, 'SLACK_APP_TOKEN', 'apps.connections.open');
  }
}

/** Whether files may be uploaded: asks for the address of an upload, to which nothing is sent. */
export async function mayUpload(client: WebClient): Promise<void> {
  try {
    await client.files.getUploadURLExternal({ filename: 'kolla-backup-doctor.txt', length: 1 });
  } catch (cause) {
    const trouble = troubleOf(cause);
    if (trouble.kind !== 'refused') throw startProblem(cause, 'SLACK_BOT_TOKEN', 'files.getUploadURLExternal');
    if (trouble.error === 'missing_scope')
      throw new KollaBackupError('SLACK_SCOPE_MISSING', {
        scope: trouble.needed ?? 'files:write',
        method: 'files.getUploadURLExternal',
      });
    throw new KollaBackupError('SLACK_FILES_FORBIDDEN', { error: trouble.error }, { cause });
  }
}

const channelInfo = z.object({
  is_member: z.boolean().optional(),
  is_archived: z.boolean().optional(),
  is_ext_shared: z.boolean().optional(),
  is_pending_ext_shared: z.boolean().optional(),
});

/** Why the clouds' channels can't be used as they are; empty when all can. */
export async function channelProblems(client: WebClient, clouds: CloudChannels): Promise<readonly Problem[]> {
  const found: Problem[] = [];
  for (const [cloud, { channel }] of Object.entries(clouds)) {
    const reason = await channelReason(client, channel);
    if (reason !== null) found.push({ code: 'SLACK_CHANNEL_UNUSABLE', params: { cloud, channel, reason } });
  }
  return found;
}

async function channelReason(client: WebClient, channel: string): Promise<string | null> {
  try {
    const info = channelInfo.parse((await client.conversations.info({ channel })).channel);
    if (info.is_archived) return 'it is archived';
    if (info.is_ext_shared || info.is_pending_ext_shared) return 'it is shared with another organization';
    return info.is_member ? null : 'the bot is not in it';
  } catch (error) {
    const trouble = troubleOf(error);
    return trouble.kind === 'refused' ? `Slack says ${trouble.error}` : 'Slack did not answer';
  }
}
