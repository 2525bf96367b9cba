import type { ConfigText, Mistake } from './config-text.ts';

/** Secrets that somebody wrote into the config file: they belong into the environment, and into no message. */
const SECRETS = [
  { pattern: /\bxox[a-z](?:\.[a-z]+)?-/i, what: 'a token of Slack', variable: 'SLACK_BOT_TOKEN' },
  { pattern: /\bxapp-/i, what: 'an app-level token of Slack', variable: 'SLACK_APP_TOKEN' },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY/, what: 'a private key', variable: null },
  { pattern: /^rediss?:\/\//i, what: 'the address of Redis', variable: 'REDIS_URL' },
  { pattern: /^https:\/\/hooks\.slack\.com\//i, what: 'a webhook of Slack', variable: null },
] as const;

const kindOf = (text: string) => SECRETS.find(({ pattern }) => pattern.test(text));

export function looksSecret(text: string): boolean {
  return kindOf(text) !== undefined;
}

export function secretsIn({ scalars }: ConfigText): Mistake[] {
  return scalars.flatMap(({ text, line, column }) => {
    const kind = kindOf(text);
    if (kind === undefined) return [];
    const instead =
      kind.variable === null
        ? 'Take it out, and replace it if others could read the file'
        : `Take it out and set ${kind.variable} in the environment; if others could read the file, replace it`;
    return [
      { line, column, where: '', said: `This is ${kind.what}, and secrets do not stand in this file. ${instead}.` },
    ];
  });
}
