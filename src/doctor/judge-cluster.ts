import { wholeCluster } from '../kolla/galera.ts';
import type { Settings } from '../kolla/settings.ts';
import { clusterSeen } from '../runbooks/cluster-seen.ts';
import { oneImage } from '../runbooks/judge-survey.ts';
import { otherImage } from '../runbooks/surveyed.ts';
import type { NodeFacts } from './ask-node.ts';
import { bad, good, type Seen, unknown, type Verdict, warning, worrying } from './check.ts';
import { refusedNow } from './see.ts';

/** What is found of all nodes together. */

/** The image that all containers have: a restore starts its copy in it, and recovery is told to use it. */
export function judgeImages(cloud: string, nodes: readonly NodeFacts[], settings: Seen<Settings>): Verdict {
  const seen = surveyed(nodes);
  if (seen.length < nodes.length) return unknown('Not looked at: a node could not be surveyed.');
  const image = oneImage(
    cloud,
    seen.map(({ survey }) => survey),
  );
  if ('problem' in image) return bad(image.problem);
  const [other] = otherImage('seen' in settings ? settings.seen : null, seen);
  return other === undefined ? good(`All nodes have ${image.name}.`) : worrying(other);
}

const surveyed = (nodes: readonly NodeFacts[]) =>
  nodes.flatMap(({ ref, survey }) => ('seen' in survey ? [{ node: ref, survey: survey.seen }] : []));

/** Of all nodes together: one cluster, of all of them and of no others. */
export function judgeCluster(nodes: readonly NodeFacts[]): Verdict {
  const answers = nodes.flatMap(({ status }) => ('seen' in status ? [status.seen] : []));
  if (answers.length < nodes.length) return unknown('Not looked at: a node could not be asked.');
  const refused = refusedNow(() => void clusterSeen(answers, []));
  if (refused !== null) return bad(refused);
  const why = wholeCluster(answers.map((one) => ({ node: one.node, status: one.answered ? one.status : null })));
  return why === null
    ? good('All nodes are Primary and Synced, in one cluster.')
    : warning(
        `It is not whole: ${why}.`,
        'Bring the node back; a restore is possible all the same, a backup only where the backup host is a full member.',
      );
}
