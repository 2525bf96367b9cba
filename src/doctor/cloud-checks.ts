import type { Config } from '../config.ts';
import type { CloudSeen } from './ask-cloud.ts';
import type { NodeFacts } from './ask-node.ts';
import type { PlaceFacts } from './ask-place.ts';
import type { SlackFacts } from './ask-slack.ts';
import { type Check, judged, type Verdict } from './check.ts';
import { judgeNobodysBackups } from './judge-backups.ts';
import { judgeCluster, judgeImages } from './judge-cluster.ts';
import { judgeDeploy, judgePaths } from './judge-deploy.ts';
import { judgeHost } from './judge-host.ts';
import { judgeNode, type NodeTerms } from './judge-node.ts';
import { judgePlace } from './judge-place.ts';
import { judgeSlackCloud } from './judge-slack.ts';
import { type CheckId, TITLES } from './titles.ts';

const GIB = 1_073_741_824;

export type Found = { readonly id: CheckId; readonly verdict: Verdict };

export const checksOf = (about: string, found: readonly Found[]): readonly Check[] =>
  found.map(({ id, verdict }) => ({ id, title: TITLES[id], about, ...verdict }));

/** All that is found of one cloud, in the order in which people read it. */
export function cloudChecks(config: Config, place: PlaceFacts, slack: SlackFacts, seen: CloudSeen): readonly Check[] {
  const { id, cloud, deploy, nodes, backupHost } = seen;
  const floorBytes = Math.round(config.limits.free_space_gib * GIB);
  const source = sourceOf(nodes.find(({ host }) => host.name === backupHost)?.more);
  const about = (host: string) => `Cloud ${id}, ${host}`;
  const ofSlack = slack.clouds.find((one) => one.cloud === id);
  const places = {
    nodes: nodes.map(({ host }) => host),
    service: 'seen' in deploy.more.service ? deploy.more.service.seen.host : null,
    addresses: [
      ...Object.values(cloud.nodes).map(({ ssh }) => ssh.address),
      ...nodes.flatMap(({ host: { login } }) => ('seen' in login.target ? login.target.seen.address : [])),
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
      ...(backupHost === null ? judgeNobodysBackups() : []),
      ...judgePlace(place, places),
    ]),
    ...checksOf(about('deploy host'), [
      ...judgeHost(deploy.host),
      { id: 'deploy.paths', verdict: judged(deploy.host.look, (look) => judgePaths(cloud, look)) },
      ...judgeDeploy(cloud, deploy.more),
    ]),
    ...nodes.flatMap(({ host, more }) => {
      const terms = { unit: cloud.unit, takesBackups: host.name === backupHost, floorBytes, source };
      return checksOf(about(host.name), [...judgeHost(host), ...judgeNode(more, host.look, deploy.more, terms)]);
    }),
  ];
}

/** Whose datadir a backup copies. */
function sourceOf(node: NodeFacts | undefined): NodeTerms['source'] {
  if (node === undefined || !('seen' in node.survey)) return null;
  const { datadir } = node.survey.seen;
  return datadir === null ? null : { node: node.ref.node, bytes: datadir.bytes };
}
