import { MARIABACKUP, MARIADB } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import { DEPLOY } from '../operation/plan.ts';
import type { Execution } from './execution.ts';
import { stillGone } from './without.ts';

/** What the approval rests on, seen once more just before the first thing that can't be undone. */
export function beforeTheStop({ facts, restore, nodes, backupHost, manifest }: Execution): readonly Check[] {
  const refs = nodes.map(({ ref }) => ref);
  const copy = backupHost.exchange;
  return [
    ...stillGone(facts, refs),
    { check: 'journals-remembered', hosts: [DEPLOY, ...nodes.map(({ name }) => name)] },
    {
      check: 'nodes-as-planned',
      nodes: nodes.map(({ ref, survey }) => ({
        node: ref,
        machineId: survey.machineId,
        live: survey.live,
        old: survey.old,
        image: survey.imageId,
      })),
    },
    { check: 'copy-unchanged', node: backupHost.name, data: copy.other, is: [...copy.new], manifest },
    { check: 'service-as-planned', nodes: refs, container: MARIADB, served: restore.served },
    // Last, for the others take time.
    { check: 'nobody-else-now', nodes: refs, container: MARIABACKUP },
  ];
}
