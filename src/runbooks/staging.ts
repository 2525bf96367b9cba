import type { Step } from '../operation/plan.ts';
import type { Node } from './nodes.ts';
import type { ProgramRequests } from './programs/requests.ts';
import { programStep } from './steps.ts';

/** The directory in which an operation makes its copy on a node, and later keeps the old data: made, and removed. */

/** It lies on the datadir's file system, outside every volume. */
const operationDirectory = ({ survey }: Node, operation: string) => `${survey.base}/${operation}`;
const stagingDirectory = (node: Node, operation: string, number: number) =>
  `${operationDirectory(node, operation)}/${number}`;

/** Where preparation `number` makes its copy: in the directory that `stage` makes. */
export const copyDirectory = (node: Node, operation: string, number: number) =>
  `${stagingDirectory(node, operation, number)}/data`;

/** Makes the directory of preparation `number` there; `room` in bytes. */
export function stage(
  node: Node,
  operation: string,
  number: number,
  room: Pick<ProgramRequests['stage'], 'needBytes' | 'floorBytes' | 'incrementals'>,
): Step {
  const { survey, ref, name } = node;
  const { live, uid, gid, mode } = survey;
  const directory = stagingDirectory(node, operation, number);
  const work = { id: `stage-${node.number}`, title: `Make a directory of the operation’s own on ${name}`, host: name };
  const request = { directory, live, engine: ref.engine, label: operation, uid, gid, mode, ...room };
  return programStep({ ...work, touches: 'change' }, 'stage', request);
}

/** Removes a node's copy and containers of this operation; refused where old data lies. */
export function clear(node: Node, operation: string): Step {
  const { survey, ref, name, number } = node;
  const work = { id: `clear-${number}`, title: `Remove what was prepared on ${name}`, host: name };
  // A journal that was set back doesn't know what the copy has become since.
  const before: Step['before'] = [{ check: 'journals-remembered', hosts: [name] }];
  return programStep({ ...work, touches: 'change', before }, 'clear', {
    directory: operationDirectory(node, operation),
    engine: ref.engine,
    label: operation,
    live: survey.live,
    keep: [survey.old],
  });
}
