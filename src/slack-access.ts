import type { z } from 'zod';
import { type Environment, SLACK_TOKENS } from './load-config.ts';
import { KollaBackupError } from './operation/catalogue.ts';
import type { BotParts } from './slack/app.ts';
import type { slackSettings } from './slack-config.ts';

type Access = Pick<BotParts, 'tokens' | 'hearing'>;

/** The secrets that only the bot needs, for the way that was chosen. Throws ENVIRONMENT_INVALID where one isn't set. */
export function slackAccess(environment: Environment, { mode, listen }: z.infer<typeof slackSettings>): Access {
  const tokens = { bot: needed(environment, 'SLACK_BOT_TOKEN') };
  if (mode === 'socket') return { tokens, hearing: { by: 'socket', appToken: needed(environment, 'SLACK_APP_TOKEN') } };
  const signingSecret = needed(environment, 'SLACK_SIGNING_SECRET');
  return { tokens, hearing: { by: 'http', signingSecret, listen: readListen(listen) } };
}

function needed(
  environment: Environment,
  variable: 'SLACK_BOT_TOKEN' | 'SLACK_APP_TOKEN' | 'SLACK_SIGNING_SECRET',
): string {
  const value = environment[variable];
  if (value === undefined)
    throw new KollaBackupError('ENVIRONMENT_INVALID', { variable, reason: `is not set. It stands ${SLACK_TOKENS}` });
  return value;
}

function readListen(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
