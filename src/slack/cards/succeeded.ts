import type { KnownBlock, RichTextElement } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import { duration, esc } from '../text.ts';
import { backupButton } from './buttons.ts';
import { endLines } from './ends.ts';
import { missingNodes } from './gone.ts';
import { code, lines, mention, person, say, strong } from './parts.ts';
import { wishOn } from './phases.ts';
import { type Milestone, reply } from './replies.ts';

/** What the OpenStack services still believe, and what puts each right; the most important first. */
const RECONCILE = [
  'Before starting services that act by themselves (Ironic, Octavia, Masakari, Heat), look at what they would do: they act on old truth.',
  'Instances, volumes and ports made since the backup run without an owner; their addresses may be given out twice. Adopt or stop them.',
  'Those deleted since the backup are in the databases again: delete them again.',
  'Instances that migrated since: set their host right before nova-compute restarts there, or its evacuation clean-up may delete guests.',
  'Placement: nova-manage placement audit, then heal_allocations.',
  'OVN: never run a repair before adopting; it deletes what Neutron does not know.',
  'Volumes: compare cinder’s list with the storage; detach and attach records are old too.',
  'Keystone: users that were revoked, old passwords and roles are valid again. Fernet keys are files and stayed.',
  'Database accounts: kolla-ansible reconfigure -t mariadb, where a password changed since.',
  'Services that still log database errors after five minutes need a restart. RabbitMQ needs no reset.',
  'Load balancers and images made since are gone from the databases; what they left behind is not.',
] as const;

export function succeeded(operation: Operation): Milestone {
  const { label, by, cloud, wish, end } = operation;
  if (end?.how === 'backed_out') return backedOut(operation);
  const what = `${label}, the ${wishOn(wish, cloud)}, succeeded`;
  const took =
    wish.kind === 'backup' ? [] : [say(` ${duration(operation.headAt - operation.requestedAt)} after the request.`)];
  return reply(
    operation,
    `${mention(by)} ${esc(what)}`,
    [[say('✅ '), person(by), strong(` ${what}.`), ...took], ...endLines(operation)],
    { head: true, mrkdwn: true, more: wish.kind === 'restore' ? afterwards(operation) : [] },
  );
}

function backedOut(operation: Operation): Milestone {
  const { label, by, cloud, wish } = operation;
  const what = `${label}, the ${wishOn(wish, cloud)}, was backed out`;
  return reply(
    operation,
    `${mention(by)} ${esc(what)}`,
    [[say('↩️ '), person(by), strong(` ${what}.`)], ...endLines(operation)],
    { head: true, mrkdwn: true },
  );
}

function afterwards(operation: Operation): readonly KnownBlock[] {
  const { label } = operation;
  const missing = missingNodes(operation);
  const points: readonly (readonly RichTextElement[])[] = RECONCILE.map((one) => [say(`☐ ${one}`)]);
  return [
    lines([strong('To reconcile now, for it came back as it was then')], ...points),
    lines(
      [
        strong(missing.length === 0 ? 'Take a full backup now: ' : `Take a full backup once ${missing} is back: `),
        say('incremental backups need one of the restored cluster.'),
        ...(missing.length === 0 ? [] : [say(' Until then a backup is refused, for every node is asked.')]),
      ],
      [say('When the old data is no longer wanted: '), code(`/kolla-backup discard ${label} <reason>`)],
    ),
    backupButton(operation),
  ];
}
