import type { Config } from '../config.ts';
import { connectClouds } from '../connect.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { Keyring } from '../operation/record.ts';
import { askCloud } from './ask-cloud.ts';
import { askLogs } from './ask-logs.ts';
import { askPlace } from './ask-place.ts';
import { askRedis } from './ask-redis.ts';
import { askSlack, type SlackTokens } from './ask-slack.ts';
import { bad, type Check, good, type Seen } from './check.ts';
import { checksOf, cloudChecks, type Found } from './cloud-checks.ts';
import { judgeLogs } from './judge-logs.ts';
import { judgeRedis } from './judge-redis.ts';
import { judgeSlack } from './judge-slack.ts';

/** Looks at everything at once, and puts what was found into the order in which people read it. */

export type Setup = {
  readonly config: Config;
  /** The clouds to look at; all where none is named. */
  readonly clouds: readonly string[];
  /** The socket of SSH_AUTH_SOCK. */
  readonly agent: string | undefined;
  readonly redisUrl: Seen<string>;
  /** Of variables that are wrong and no check of their own is about. */
  readonly environment: readonly Problem[];
  /** Null where there is no usable key here. */
  readonly ring: Keyring | null;
  readonly tokens: SlackTokens;
  readonly slackApi: string;
  /** Paths of this machine whose storage matters. */
  readonly paths: readonly string[];
};

export async function examine(setup: Setup): Promise<readonly Check[]> {
  const { config, redisUrl, ring, tokens, slackApi } = setup;
  const chosen = Object.fromEntries(Object.entries(config.clouds).filter(([id]) => setup.clouds.includes(id)));
  const connected = connectClouds(config, setup.agent);
  const apart = connectClouds(config, setup.agent);
  try {
    const asked = askRedis(redisUrl, ring);
    const [logs, slack, redis, place, ...clouds] = await Promise.all([
      askLogs(config.log_directory),
      askSlack(tokens, slackApi, chosen),
      asked,
      asked.then(({ directory }) => askPlace(redisUrl, setup.paths, directory)),
      ...Object.entries(chosen).map(async ([id, cloud]) => {
        const [hosts, others] = [connected.hostsOf(id), apart.hostsOf(id)];
        if (hosts === null || others === null) throw new TypeError(`${id} is not in the config`);
        return askCloud({ id, cloud, hosts, apart: others }, config, setup.agent);
      }),
    ]);
    return [
      ...checksOf('This machine', [
        ...judgeEnvironment(setup.environment),
        { id: 'setup.logs', verdict: judgeLogs(logs) },
      ]),
      ...checksOf('Slack', judgeSlack(slack)),
      ...checksOf(`Redis ${redis.url}`.trimEnd(), judgeRedis(redis)),
      ...clouds.flatMap((one) => cloudChecks(config, place, slack, one)),
    ];
  } finally {
    await Promise.all([connected.close(), apart.close()]);
  }
}

function judgeEnvironment(problems: readonly Problem[]): readonly Found[] {
  const verdicts = problems.length === 0 ? [good('Every variable is as it must be.')] : problems.map((one) => bad(one));
  return verdicts.map((verdict) => ({ id: 'setup.environment', verdict }));
}
