import type { CloudConfig } from '../config.ts';
import { quoteHost } from '../kolla/quoted.ts';
import type { DeployFacts } from './ask-deploy.ts';
import { bad, good, judged, type Verdict, warning, worrying } from './check.ts';
import type { Look } from './look.ts';
import type { CheckId } from './titles.ts';

/** What is found of Kolla Ansible on the deploy host. */

type Found = { readonly id: CheckId; readonly verdict: Verdict };

export function judgeDeploy(cloud: CloudConfig, facts: DeployFacts): readonly Found[] {
  const { release, inventory, backups, recoveries, service } = facts;
  return [
    {
      id: 'deploy.release',
      verdict: judged(release, ({ release: version, dialect, newer }) =>
        newer
          ? warning(
              `kolla-ansible ${version} is newer than what is known; its own help shows that it is called as before.`,
              'Look for a version of this software that knows it.',
            )
          : good(`kolla-ansible ${version}, called the ${dialect} way; it takes the config’s arguments.`),
      ),
    },
    {
      id: 'deploy.inventory',
      verdict: judged(inventory, (nodes) =>
        good(`Inventory and config name the same nodes: ${nodes.map(({ name }) => name).join(', ')}.`),
      ),
    },
    {
      id: 'deploy.backups',
      verdict:
        'problem' in backups
          ? worrying(backups.problem)
          : judged(backups, (why) => (why === null ? judgeBackupHost(cloud, facts) : bad(why))),
    },
    {
      id: 'deploy.recoveries',
      verdict: judged(recoveries, (why) =>
        why === null ? good('Recovery takes restored data, and rolls out no innodb_force_recovery.') : bad(why),
      ),
    },
    {
      id: 'deploy.service',
      verdict:
        'problem' in service
          ? worrying(service.problem)
          : judged(service, ({ host, port }) => good(`Services find the databases at ${host}:${port}.`)),
    },
  ];
}

/** Archives are looked for on the node that the config or the inventory names; Kolla may be told another. */
function judgeBackupHost({ backup_host: named }: CloudConfig, { inventory, settings }: DeployFacts): Verdict {
  const expected = named ?? ('seen' in inventory ? inventory.seen[0]?.name : undefined);
  const told = 'seen' in settings ? settings.seen.backupHost : null;
  if (told !== null && expected !== undefined && told !== expected)
    return warning(
      `mariadb_backup_host is ${quoteHost(told)}, but backups are expected on ${expected}.`,
      'Set backup_host of this cloud in the config to the host that mariadb_backup_host names.',
    );
  return good(`mariabackup is enabled${told === null ? '' : `, on ${told}`}; it copies and locks the same node.`);
}

/** The paths of the deploy host that the config names, and what each must be. */
export function deployPaths({ deploy_host: host, inventories }: CloudConfig) {
  return [
    { setting: 'deploy_host.cwd', path: host.cwd, is: ['directory'] },
    { setting: 'deploy_host.config_directory', path: host.config_directory, is: ['directory'] },
    ...inventories.map((path) => ({ setting: 'inventories', path, is: ['file', 'program', 'directory'] })),
  ] as const;
}

/** Whether each is there: a missing inventory is an empty one for Ansible, and a missing folder ends a run before it begins. */
export function judgePaths(cloud: CloudConfig, { paths }: Look): Verdict {
  const wanted = deployPaths(cloud);
  for (const { setting, path, is } of wanted) {
    const found = paths[path] ?? 'missing';
    if (is.some((one) => one === found)) continue;
    const why = { missing: 'is not there', unreadable: 'cannot be read' }[found as string] ?? `is a ${found}`;
    return bad({ code: 'DEPLOY_PATH_MISSING', params: { path, setting, why } });
  }
  return good(`All ${wanted.length} of the config are there.`);
}
