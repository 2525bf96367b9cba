import { aheadOf, further } from '../kolla/galera.ts';
import type { CheckName } from '../operation/checks.ts';
import { mainTrack, mayHaveRun, type Operation } from '../operation/operation.ts';
import { heldPosition, numbered, positionHeld } from '../runbooks/reports.ts';
import type { Askers } from './asker.ts';
import { statuses } from './cluster-questions.ts';
import { comeBack } from './gone-nodes.ts';
import { patiently, sleep } from './hosts.ts';
import { archiveLies, galeraStatus, othersAtWork } from './node-questions.ts';
import { notAsPlanned } from './planned-nodes.ts';
import { lookDown, newerFull, rememberedMore } from './restore-questions.ts';

/** How often a node is asked whether MariaDB is down: an engine that is slow to answer once is not a server. */
const DOWN_TRIES = 3;
/** The pause between (ms). */
const AGAIN_MS = 3_000;

/** Whether a way back has led to a cluster that may have served: of a node whose position isn't known since, another is ahead. */
const recoveredBefore = ({ past }: Pick<Operation, 'past'>) =>
  past.some(({ track, attempts }) => track.kind === 'back_out' && attempts.get('recover')?.some(mayHaveRun));

/** How the checks are asked that must be true before something is stopped, recovered or removed. */
export const conditionAskers = {
  'nodes-as-planned': async ({ nodes }, context) => ({ problem: await notAsPlanned(nodes, context) }),

  'service-as-planned': async ({ nodes, container }, { drive }) => ({
    nodes: await statuses(drive.hosts, nodes, container),
  }),

  'journals-remembered': async ({ hosts }, { drive, patience }) => {
    for (const host of hosts) {
      const problem = await patience(host, () => rememberedMore(drive, host));
      if (problem !== null) return { problem };
    }
    return { problem: null };
  },

  'nodes-down': async ({ nodes, container, unit }, { drive, patience }) => {
    for (let tries = 1; ; tries += 1) {
      const looked = await Promise.all(
        nodes.map(async (node) => ({
          node: node.node,
          why: await patience(node.node, () => lookDown(drive, node, container, unit)),
        })),
      );
      const up = looked.flatMap(({ node, why }) => (why === null ? [] : [{ node, why }]));
      if (up.length === 0 || tries === DOWN_TRIES) return { up };
      await sleep(AGAIN_MS, drive.signal);
    }
  },

  'nodes-gone': async ({ gone, nodes, container }, { drive, patience }) => {
    const { facts } = drive.operation();
    if (facts === null) throw new TypeError('a plan without facts');
    return { back: [...(await comeBack(drive.hosts, facts.deploy, gone, { nodes, container }, patience))] };
  },

  'most-advanced': async ({ node: chosen, holds }, { drive }) => {
    const positions = holds.map(({ node, plan, step }) => ({
      node,
      position: heldPosition(drive.operation(), plan, step),
    }));
    const read = positions.map(numbered);
    const ahead = aheadOf(chosen, read) ?? (recoveredBefore(drive.operation()) ? further(chosen, read) : null);
    return { positions, ahead };
  },

  'none-further': async ({ holds }, { drive }) => {
    const operation = drive.operation();
    const from = mainTrack(operation)?.backOut?.node ?? operation.plan?.plan.backupHost ?? '';
    const positions = holds.map(({ node, step }) => ({
      node,
      position: positionHeld(operation, operation.track?.number ?? 0, step) ?? null,
    }));
    return { positions, from, further: further(from, positions.map(numbered)) };
  },

  'nobody-else-now': async ({ nodes, container }, { drive: { hosts }, patience }) => ({
    found: await othersAtWork(hosts, nodes, container, patience),
  }),

  'another-serves': async ({ host, nodes, container }, { drive }) => ({
    nodes: await Promise.all(
      // A moment's silence of its own would say nothing; one that stays isn't waited for: nothing can be sent there either.
      nodes.map((node) =>
        galeraStatus(drive.hosts, node, container, (name, question) =>
          name === host ? patiently(drive.signal, question) : question(),
        ),
      ),
    ),
  }),

  // Somebody may have made room since: what is discarded could then be the only other copy.
  'newer-full': async ({ after }, { drive: { hosts, journal, operation }, patience }) => ({
    label: await newerFull(journal, operation().cloud, after, (archive) =>
      patience(archive.node, () => archiveLies(hosts, archive)),
    ),
  }),
} satisfies Partial<Askers<CheckName>>;
