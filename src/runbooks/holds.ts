import { MARIADB } from '../kolla/names.ts';
import type { Step } from '../operation/plan.ts';
import type { Node } from './nodes.ts';
import type { ProgramRequests } from './programs/requests.ts';
import { programStep, type Work } from './steps.ts';

/** A node that is held can't start MariaDB, after a reboot neither, until it is let go. */

/** The file that keeps a held unit from starting; it stands in no volume and survives a reboot. */
const HOLD_FLAG = '/var/lib/kolla-backup/hold';

/** What it leaves for systemd, beside the flag: people who go on by hand must know of it. `hold.py` writes it. */
export const holdDropIn = (unit: string) => `/etc/systemd/system/${unit}.d/90-kolla-backup-hold.conf`;

/** What the program that holds a node down is asked. */
export function holdRequest(request: Omit<ProgramRequests['hold'], 'flag'>): ProgramRequests['hold'] {
  return { ...request, flag: HOLD_FLAG };
}

/** A step of that program. */
export function holdStep(
  { ref, name, survey }: Node,
  act: ProgramRequests['hold']['act'],
  work: Omit<Work, 'host' | 'touches'>,
): Step {
  const { unit, live } = survey;
  const request = holdRequest({ act, unit, engine: ref.engine, container: MARIADB, live });
  return programStep({ ...work, host: name, touches: 'change' }, 'hold', request);
}

/** Holds every node down: `hold-<number>`. */
export function holdAll(nodes: readonly Node[]): readonly Step[] {
  return nodes.map((node) =>
    holdStep(node, 'hold', { id: `hold-${node.number}`, title: `Hold MariaDB down on ${node.name}` }),
  );
}

/** Lets every node go, so that recovery can start it: `let-go-<number>`. */
export function letAllGo(nodes: readonly Node[]): readonly Step[] {
  return nodes.map((node) =>
    holdStep(node, 'let-go', { id: `let-go-${node.number}`, title: `Let MariaDB go on ${node.name}` }),
  );
}
