import type { CloudConfig, Config } from '../config.ts';
import { connectClouds } from '../connect.ts';
import type { CloudHosts } from '../engine/hosts.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { Keyring } from '../operation/record.ts';
import { askDeploy, type DeployFacts } from './ask-deploy.ts';
import { askHost, askOutlived, type HostFacts, type HostPlace } from './ask-host.ts';
import { askNode, type NodeFacts } from './ask-node.ts';
import { askPlace, type PlaceFacts } from './ask-place.ts';
import { askRedis } from './ask-redis.ts';
import { askSlack, type SlackFacts, type SlackTokens } from './ask-slack.ts';
import { bad, type Check, good, judged, type Seen, type Verdict } from './check.ts';
import { deployPaths, judgeDeploy, judgePaths } from './judge-deploy.ts';
import { judgeHost } from './judge-host.ts';
import { judgeCluster, judgeImages, judgeNode } from './judge-node.ts';
import { judgePlace } from './judge-place.ts';
import { judgeRedis } from './judge-redis.ts';
import { judgeSlack, judgeSlackCloud } from './judge-slack.ts';
import { deployLogin, loginOf } from './logins.ts';
import { type CheckId, TITLES } from './titles.ts';

/** Looks at everything at once, and puts what was found into the order in which people read it. */

const GIB = 1_073_741_824;

export type Setup = {
  readonly config: Config;
  /** The clouds to look at; all where none is named. */
  readonly clouds: readonly string[];
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

type Found = { readonly id: CheckId; readonly verdict: Verdict };

export async function examine(setup: Setup): Promise<readonly Check[]> {
  const { config, redisUrl, ring, tokens, slackApi } = setup;
  const chosen = Object.fromEntries(Object.entries(config.clouds).filter(([id]) => setup.clouds.includes(id)));
  const connected = connectClouds(config);
  const apart = connectClouds(config);
  try {
    const [slack, redis, place, ...clouds] = await Promise.all([
      askSlack(tokens, slackApi, chosen),
      askRedis(redisUrl, ring),
      askPlace(redisUrl, setup.paths),
      ...Object.entries(chosen).map(async ([id, cloud]) => {
        const [hosts, others] = [connected.hostsOf(id), apart.hostsOf(id)];
        if (hosts === null || others === null) throw new TypeError(`${id} is not in the config`);
        return { id, cloud, ...(await askCloud(id, config, cloud, hosts, others)) };
      }),
    ]);
    return [
      ...checksOf('This machine', judgeEnvironment(setup.environment)),
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

type CloudSeen = {
  readonly id: string;
  readonly cloud: CloudConfig;
  readonly backupHost: string | null;
  readonly deploy: { readonly host: HostFacts; readonly more: DeployFacts };
  readonly nodes: readonly { readonly host: HostFacts; readonly more: NodeFacts }[];
};

/** All hosts of a cloud at once: a silent one holds nobody up. */
async function askCloud(
  id: string,
  { run_directory: runDirectory, ssh }: Config,
  cloud: CloudConfig,
  hosts: CloudHosts,
  apart: CloudHosts,
): Promise<Omit<CloudSeen, 'id' | 'cloud'>> {
  const paths = deployPaths(cloud).map(({ path }) => path);
  const onDeploy = { host: hosts.deploy, apart: apart.deploy, login: deployLogin(ssh, cloud), paths, runDirectory };
  const deploy = seeHost(onDeploy, (look) => askDeploy(id, cloud, hosts.deploy, look));
  const backupHost = deploy.then(({ more: { inventory } }) => takesBackups(cloud, inventory));
  const nodes = Object.entries(cloud.nodes).map(([name, node]) => {
    const place = {
      host: hosts.node(name),
      apart: apart.node(name),
      login: loginOf(ssh, node.ssh),
      paths: [],
      runDirectory,
    };
    return seeHost(place, (look) => askNode(hosts, { node: name, engine: node.engine }, cloud.unit, backupHost, look));
  });
  return { deploy: await deploy, backupHost: await backupHost, nodes: await Promise.all(nodes) };
}

async function seeHost<M>(place: HostPlace, ask: (look: HostFacts['look']) => Promise<M>) {
  const { from, look } = await askHost(place);
  const [outlived, more] = await Promise.all([askOutlived(place, look), ask(look)]);
  return { host: { name: place.host.name, login: place.login, from, look, outlived }, more };
}

/** The config's backup host, else the first node of the inventory, as Kolla has it. */
const takesBackups = ({ backup_host: named }: CloudConfig, inventory: DeployFacts['inventory']): string | null =>
  named ?? ('seen' in inventory ? (inventory.seen[0]?.name ?? null) : null);

const checksOf = (about: string, found: readonly Found[]): readonly Check[] =>
  found.map(({ id, verdict }) => ({ id, title: TITLES[id], about, ...verdict }));

function cloudChecks(config: Config, place: PlaceFacts, slack: SlackFacts, seen: CloudSeen): readonly Check[] {
  const { id, cloud, deploy, nodes, backupHost } = seen;
  const floorBytes = config.limits.free_space_gib * GIB;
  const about = (host: string) => `Cloud ${id}, ${host}`;
  const ofSlack = slack.clouds.find((one) => one.cloud === id);
  const places = {
    nodes: nodes.map(({ host }) => host),
    service: 'seen' in deploy.more.service ? deploy.more.service.seen.host : null,
    addresses: [
      ...Object.values(cloud.nodes).map(({ ssh }) => ssh.address),
      ...('seen' in deploy.more.inventory ? deploy.more.inventory.seen.map(({ address }) => address) : []),
    ],
  };
  return [
    ...checksOf(`Cloud ${id}`, [
      ...(ofSlack === undefined ? [] : judgeSlackCloud(ofSlack)),
      { id: 'cloud.galera', verdict: judgeCluster(nodes.map(({ more }) => more)) },
      {
        id: 'cloud.images',
        verdict: judgeImages(
          id,
          nodes.map(({ more }) => more),
          deploy.more.settings,
        ),
      },
      ...judgePlace(place, places),
    ]),
    ...checksOf(about('deploy host'), [
      ...judgeHost(deploy.host),
      { id: 'deploy.paths', verdict: judged(deploy.host.look, (look) => judgePaths(cloud, look)) },
      ...judgeDeploy(deploy.more),
    ]),
    ...nodes.flatMap(({ host, more }) => {
      const terms = { unit: cloud.unit, takesBackups: host.name === backupHost, floorBytes };
      return checksOf(about(host.name), [...judgeHost(host), ...judgeNode(more, host.look, deploy.more, terms)]);
    }),
  ];
}
