import { recoveryArguments, stopArguments } from '../kolla/dialects.ts';
import { passwordFiles } from '../kolla/extra-arguments.ts';
import { MARIABACKUP, MARIADB } from '../kolla/names.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Check } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import type { Operation } from '../operation/operation.ts';
import { BACK_OUT_TITLE_CHARS, type BackOut, DEPLOY, DOES_CHARS, type Plan, type Step } from '../operation/plan.ts';
import { holdAll, holdStep, letAllGo, type Node, nodesOf } from './nodes.ts';
import { clear } from './preparation.ts';
import type { ProgramRequests } from './programs/requests.ts';
import { recoverAgain } from './recover-again.ts';
import { demandReport } from './reports.ts';
import { transferProblem } from './room.ts';
import { programStep, QUESTIONS_MS, question, sourcesOf, titled } from './steps.ts';
import { reduce, reducedInventory, sizeWithout, stillGone, withoutGone } from './without.ts';

export type ExecutionLimits = {
  /** How many people must approve, how long the plan waits for them, how soon it must begin then (ms). */
  readonly approval: NonNullable<Plan['approval']>;
  readonly recoveryMs: number;
  /** How long the nodes may take to be Synced after a recovery (ms). */
  readonly syncMs: number;
  /** Where reduced inventories stand on the deploy host. */
  readonly inventories: string;
  /** Free space that stays on a datadir's file system (bytes). */
  readonly floorBytes: number;
};

/** How long `kolla-ansible stop` may take until that is reported (ms): 131 s were seen, with a wait of Kolla's own. */
const STOP_MS = 600_000;
/** How long the service may take to answer after a recovery that has ended (ms). */
const SERVICE_MS = 300_000;

/** One node of the swap: what is live, what takes its place, and both by their inodes. */
type Place = { readonly node: Node; readonly request: ProgramRequests['swap'] };

/**
 * The runbook's steps 3 to 5, as they are approved: MariaDB stopped and held, the datadirs exchanged for the prepared
 * copy and for empty directories, recovery from the backup host, and every node seen Synced with the copy's databases.
 * Made from the facts and from what the preparation reported. Throws RESTORE_NO_ROOM.
 */
export function planRestore(operation: Operation, facts: Facts, number: number, limits: ExecutionLimits): Plan {
  const { restore } = facts;
  const preparation = operation.plan?.plan;
  if (restore === null || preparation?.runbook !== 'preparation') throw new TypeError('a restore without preparation');
  const { nodes, backupHost } = nodesOf(facts);
  const kolla = withoutGone(operation, preparation.number, facts);
  const tried = demandReport(operation, preparation.number, 'trial', 'trial');
  const free = new Map(nodes.map((node) => [node.name, stagedOn(operation, node).freeBytes]));
  const room = transferProblem(restore, tried.bytes, free, limits.floorBytes);
  if (room !== null) throw new KollaBackupError(room.code, room.params);
  const places = nodes.map((node) => placeOf(operation, node, node === backupHost ? tried.manifest : null));
  const refs = facts.nodes.map(({ name, engine }) => ({ node: name, engine }));
  const trial = { plan: preparation.number, step: 'trial' };

  const steps: Step[] = [
    // Step 3 of the runbook.
    { ...stopMariadb(kolla), before: beforeTheStop(facts, nodes, backupHost, places, tried.manifest) },
    ...holdAll(nodes),
    // Step 4: its wipe and copy-back are one exchange.
    ...places.map(({ node, request }) => swap(node, request, swapTitle(node, node === backupHost))),
    // Step 5.
    ...letAllGo(nodes),
    recover(kolla, nodes, backupHost, limits.recoveryMs),
    question('confirm-service', 'See the service back', backupHost.name, SERVICE_MS, [
      { check: 'service-back', node: backupHost.ref, container: MARIADB, address: restore.service },
    ]),
    question('confirm-cluster', 'See every node Primary and Synced', backupHost.name, limits.syncMs, [
      {
        check: 'cluster-whole',
        nodes: refs,
        container: MARIADB,
        is: null,
        not: restore.clusterUuid,
        ...sizeWithout(facts),
      },
      { check: 'synced-lines', nodes: refs, since: null },
    ]),
    question('confirm-databases', 'Compare the databases with the copy', backupHost.name, QUESTIONS_MS, [
      { check: 'databases-as-shown', node: backupHost.ref, container: MARIADB, tried: trial },
    ]),
  ];
  const backOuts = [
    ...nodes.map((node) => wayBack(kolla, nodes, places, node, number, limits)),
    ...waysWithout(operation, facts, nodes, places, number, limits),
    startAgain(facts, nodes, refs, limits),
    ...nodes.map(restart),
    recoverAgain(nodes),
    tryAgain(steps),
  ];
  const clearing = nodes.map((node) => clear(node, operation.id));
  return {
    v: 1,
    operation: operation.id,
    number,
    cloud: operation.cloud,
    runbook: 'restore',
    release: facts.release,
    nodes: facts.nodes.map(({ name, address }) => ({ name, address })),
    backupHost: backupHost.name,
    steps,
    sources: sourcesOf([...steps, ...clearing, ...backOuts.flatMap((one) => one.steps)]),
    approval: limits.approval,
    backOuts,
    clearing,
  };
}

/** What the approval rests on, seen once more just before the first thing that can't be undone. */
function beforeTheStop(
  facts: Facts,
  nodes: readonly Node[],
  backupHost: Node,
  places: readonly Place[],
  manifest: string,
): Check[] {
  const refs = nodes.map(({ ref }) => ref);
  const copy = places.find(({ node }) => node === backupHost)?.request;
  if (copy === undefined) throw new TypeError('the backup host is no node');
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
    { check: 'service-as-planned', nodes: refs, container: MARIADB, served: facts.restore?.served ?? true },
    // Last, for the others take time.
    { check: 'nobody-else-now', nodes: refs, container: MARIABACKUP },
  ];
}

function deployStep(
  facts: Facts,
  step: Pick<Step, 'id' | 'title' | 'timeLimitMs' | 'before' | 'after'>,
  call: Call,
): Step {
  const { cwd } = facts.deploy;
  const program = { argv: [...call.argv], cwd, env: { ...call.env }, redact: passwordFiles(facts.deploy) };
  return { ...step, title: titled(step.title), host: DEPLOY, touches: 'destroy', program };
}
type Call = ReturnType<typeof stopArguments>;

function stopMariadb(facts: Facts): Step {
  const nodes = facts.nodes.map(({ name }) => name);
  return deployStep(
    facts,
    {
      id: 'stop',
      title: 'Stop MariaDB on every node with kolla-ansible',
      timeLimitMs: STOP_MS,
      before: [],
      after: [{ check: 'playbook-ended', action: 'stop', nodes, host: null }],
    },
    stopArguments(facts.dialect, facts.deploy),
  );
}

function recover(
  facts: Facts,
  nodes: readonly Node[],
  from: Node,
  timeLimitMs: number,
  before: readonly Check[] = [],
): Step {
  const refs = nodes.map(({ ref }) => ref);
  const { image, unit } = from.survey;
  return deployStep(
    facts,
    {
      id: 'recover',
      title: `Recover the cluster from ${from.name} with kolla-ansible`,
      timeLimitMs,
      // Recovery of a cluster of which a node runs makes two Primary components, or hangs.
      before: [...before, ...stillGone(facts, refs), { check: 'nodes-down', nodes: refs, container: MARIADB, unit }],
      after: [
        {
          ...({ check: 'playbook-ended', action: 'recovery', host: from.name } as const),
          nodes: nodes.map(({ name }) => name),
          unlessWhole: { nodes: refs, container: MARIADB },
        },
      ],
    },
    recoveryArguments(facts.dialect, { ...facts.deploy, host: from.name, image }),
  );
}

function stagedOn(operation: Operation, { number }: Node) {
  return demandReport(operation, operation.plan?.plan.number ?? 0, `stage-${number}`, 'stage');
}

function placeOf(operation: Operation, node: Node, manifest: string | null): Place {
  const { survey, ref } = node;
  const staged = stagedOn(operation, node);
  return {
    node,
    request: {
      direction: 'aside',
      live: survey.live,
      other: staged.data,
      old: survey.old,
      new: staged.new,
      manifest,
      empty: manifest === null,
      unit: survey.unit,
      engine: ref.engine,
      container: MARIADB,
    },
  };
}

const swapTitle = ({ name }: Node, copy: boolean) =>
  copy ? `Exchange the datadir on ${name} for the copy` : `Set the datadir aside on ${name}`;

function swap({ name, number }: Node, request: ProgramRequests['swap'], title: string): Step {
  return programStep({ id: `swap-${number}`, title, host: name, touches: 'destroy' }, 'swap', request);
}

/** The old data live again, the cluster brought up from `from`: nothing of it was ever overwritten. */
function wayBack(
  facts: Facts,
  nodes: readonly Node[],
  places: readonly Place[],
  from: Node,
  number: number,
  { recoveryMs, syncMs }: ExecutionLimits,
): BackOut {
  const refs = nodes.map(({ ref }) => ref);
  return {
    id: `way-back.${from.number}`,
    title: `Back to the old data, from ${from.short}`.slice(0, BACK_OUT_TITLE_CHARS),
    does: `Stops MariaDB on every node, puts every old datadir back, and recovers the cluster from ${from.name}. The restored copy is kept aside.`.slice(
      0,
      DOES_CHARS,
    ),
    offered: { from: 'stop', until: null },
    node: from.name,
    // The holds stop what runs; Kolla's own stop fails where a recovery has taken a container away.
    steps: [
      ...holdAll(nodes),
      ...places.map(({ node, request }) =>
        swap(
          node,
          { ...request, direction: 'back', manifest: null, empty: false },
          `Put the old datadir back on ${node.name}`,
        ),
      ),
      ...letAllGo(nodes),
      recover(facts, nodes, from, recoveryMs, [
        {
          check: 'most-advanced',
          node: from.name,
          holds: nodes.map((node) => ({ node: node.name, plan: number, step: `hold-${node.number}` })),
        },
      ]),
      question('confirm-service', 'See the service back', from.name, SERVICE_MS, [
        { check: 'service-back', node: from.ref, container: MARIADB, address: facts.restore?.service ?? null },
      ]),
      question('confirm-cluster', 'See every node Primary and Synced', from.name, syncMs, [
        {
          check: 'cluster-whole',
          nodes: refs,
          container: MARIADB,
          is: facts.restore?.clusterUuid ?? null,
          not: null,
          ...sizeWithout(facts),
        },
        { check: 'synced-lines', nodes: refs, since: null },
      ]),
    ],
    leads: 'end',
    again: [],
  };
}

/** How many nodes a cloud may have for every way back to stand in its plan without each of the others. */
const WITHOUT_MAX = 5;

/** The same while one of the nodes is gone for good: nothing of it is on that node. */
function waysWithout(
  operation: Operation,
  facts: Facts,
  nodes: readonly Node[],
  places: readonly Place[],
  number: number,
  limits: ExecutionLimits,
): BackOut[] {
  if (facts.gone !== undefined || nodes.length < 3 || nodes.length > WITHOUT_MAX) return [];
  return nodes.flatMap((gone) => {
    const rest = nodes.filter((node) => node !== gone);
    const without = { ...facts, gone: [{ name: gone.name, address: gone.address }] };
    const made = reduce(without, `${operation.id}/${gone.number}`, 'make', limits.inventories);
    const inventory = reducedInventory(`${operation.id}/${gone.number}`, limits.inventories);
    const kolla = { ...without, deploy: { ...facts.deploy, inventories: [inventory] } };
    return rest.map((from): BackOut => {
      const full = wayBack(
        kolla,
        rest,
        places.filter(({ node }) => node !== gone),
        from,
        number,
        limits,
      );
      return {
        ...full,
        id: `${full.id}.without.${gone.number}`,
        title: `Back, from ${from.short}, without ${gone.short}`.slice(0, BACK_OUT_TITLE_CHARS),
        does: `Leaves ${gone.name} out: puts the old datadirs of the others back and recovers the cluster from ${from.name}. If ${gone.name} had more of the old data, that is not there then.`.slice(
          0,
          DOES_CHARS,
        ),
        // First of all: where Kolla can't be told to leave it out, nothing is begun.
        steps: [
          {
            ...made,
            before: [
              ...stillGone(
                without,
                rest.map(({ ref }) => ref),
              ),
            ],
          },
          ...full.steps,
        ],
        without: [gone.name],
      };
    });
  });
}

/** A stop that only reached some nodes is taken back: those that stopped join the others again. */
function startAgain(
  facts: Facts,
  nodes: readonly Node[],
  refs: readonly Node['ref'][],
  { syncMs }: ExecutionLimits,
): BackOut {
  const [first] = nodes;
  return {
    id: 'start-again',
    title: 'Start the stopped nodes again',
    does: 'Starts MariaDB on every node that was stopped, so that it joins the others. Only of use while a node still runs.',
    offered: { from: 'stop', until: 'stop' },
    node: null,
    steps: [
      ...nodes.map((node) =>
        holdStep(node, 'start', {
          id: `start-${node.number}`,
          title: `Start MariaDB on ${node.name}`,
          touches: 'change',
        }),
      ),
      question('confirm-cluster', 'See every node Primary and Synced', first?.name ?? DEPLOY, syncMs, [
        { check: 'cluster-whole', nodes: [...refs], container: MARIADB, is: null, not: null, ...sizeWithout(facts) },
      ]),
    ],
    leads: 'end',
    again: [],
  };
}

/** One recovery in four was seen to leave a node out; a restart of its unit brings it back in seconds. */
function restart(node: Node): BackOut {
  return {
    id: `restart.${node.number}`,
    title: `Restart MariaDB on ${node.short}`.slice(0, BACK_OUT_TITLE_CHARS),
    does: `Restarts MariaDB on ${node.name} alone, so that it joins the cluster, and looks at every node again.`.slice(
      0,
      DOES_CHARS,
    ),
    offered: { from: 'confirm-service', until: 'confirm-cluster' },
    node: node.name,
    steps: [holdStep(node, 'restart', { id: 'restart', title: `Restart MariaDB on ${node.name}`, touches: 'change' })],
    leads: 'resume',
    again: [],
  };
}

/** Their programs make something true and do nothing where it is so: what failed may be sent again as it was approved. */
const REPEATABLE = /^(?:hold|swap|let-go)-/;

function tryAgain(steps: readonly Step[]): BackOut {
  return {
    id: 'try-again',
    title: 'Try this step again',
    does: 'Does the step that did not work once more, exactly as it was approved, and goes on if it works. Not for a stop or a recovery.',
    offered: { from: 'hold-1', until: null },
    node: null,
    steps: [],
    leads: 'resume',
    again: steps.map(({ id }) => id).filter((id) => REPEATABLE.test(id)),
  };
}
