import { BACKUP_CONFIG, lockPlace } from '../kolla/backup-config.ts';
import { BACKUP_VOLUME, DATADIR_VOLUME, MARIADB } from '../kolla/names.ts';
import { judge } from '../runbooks/judge.ts';
import type { NodeFacts } from './ask-node.ts';
import { bad, bytes, good, judged, unknown, type Verdict } from './check.ts';
import type { CheckId } from './titles.ts';

/** What is found of the node that takes the backups. */

type Found = { readonly id: CheckId; readonly verdict: Verdict };

/** Where it isn't known which one that is, nothing of this was looked at. */
export function judgeNobodysBackups(): readonly Found[] {
  const verdict = unknown('Not looked at: which node takes the backups is not known without the inventory.');
  return [
    { id: 'node.archive-space', verdict },
    { id: 'node.backup-lock', verdict },
  ];
}

export function judgeBackups({ ref, room, lock }: NodeFacts): readonly Found[] {
  const roomCheck = {
    check: 'room-for-archive',
    node: ref,
    volume: BACKUP_VOLUME,
    datadirVolume: DATADIR_VOLUME,
  } as const;
  const lockCheck = { check: 'lock-on-this-node', node: ref, container: MARIADB, config: BACKUP_CONFIG } as const;
  return [
    {
      id: 'node.archive-space',
      verdict: judged(room, (answer) => {
        const problem = judge(roomCheck, { check: 'room-for-archive', answer });
        return problem === null ? good(`${bytes(answer.freeBytes)} free for the next archive.`) : bad(problem);
      }),
    },
    {
      id: 'node.backup-lock',
      verdict: judged(lock, (answer) => {
        const problem = judge(lockCheck, { check: 'lock-on-this-node', answer });
        if (problem !== null) return bad(problem);
        switch (lockPlace(answer)) {
          case 'own':
            return good('mariabackup sets its lock on this very node.');
          case 'here':
            return good(
              `mariabackup connects to ${answer.host}, where this node answers now; it is looked at before each backup.`,
            );
          default:
            return unknown(
              `Where mariabackup would set its lock could not be learnt (${answer.host ?? `${BACKUP_CONFIG} names no address`}).`,
            );
        }
      }),
    },
  ];
}
