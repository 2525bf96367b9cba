import { posix } from 'node:path';
import { z } from 'zod';
import { inventoryCommand } from '../kolla/dialects.ts';
import { vaultArguments } from '../kolla/extra-arguments.ts';
import { MARIADB } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import type { Command } from '../operation/host.ts';
import { everDriven, type Operation } from '../operation/operation.ts';
import { DEPLOY, type Step } from '../operation/plan.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { programQuestion } from './programs/program.ts';
import { demandReport } from './reports.ts';
import { programStep } from './steps.ts';

/**
 * A restore without nodes that are gone. Kolla's stop and recovery need the facts of every host of the inventory's group
 * and do nothing while one is off, with `--limit` too; with an inventory that doesn't have the node they work. So one is
 * made from the deployment's own, and Ansible itself says that nothing else in it differs.
 */

const GROUP = 'mariadb';
/** Below the root of the virtual environment, or of the system. */
const PLAYBOOKS = 'share/kolla-ansible/ansible';
const SYSTEM_PLAYBOOKS = [`/usr/local/${PLAYBOOKS}`, `/usr/${PLAYBOOKS}`];
/** Two lists of a large inventory, each read by Ansible (ms). */
const REDUCE_MS = 300_000;
/** A few small files (ms). */
const REMOVE_MS = 30_000;
const MAKE = 'make-inventory';

/** Makes the inventory that doesn't have the nodes which are gone, or removes it; `base` is on the deploy host. */
export function reduce({ deploy, gone = [] }: Facts, operation: string, act: 'make' | 'remove', base: string): Step {
  const { executable, cwd, inventories, extraArguments } = deploy;
  const { env, argv } = inventoryCall(deploy);
  const names = gone.map(({ name }) => name).join(', ');
  const title = act === 'make' ? `Make an inventory without ${names}` : 'Remove the inventory that was made';
  const root = posix.dirname(posix.dirname(executable));
  const step = programStep(
    { id: `${act}-inventory`, title, host: DEPLOY, touches: 'change', timeLimitMs: REDUCE_MS },
    'reduce',
    {
      act,
      directory: posix.join(base, operation),
      program: argv,
      sources: inventories,
      vault: vaultArguments(extraArguments),
      playbooks: [posix.join(root, PLAYBOOKS), ...SYSTEM_PLAYBOOKS],
      group: GROUP,
      gone: gone.map(({ name }) => name),
    },
  );
  // As kolla-ansible is called: its directory may hold an ansible.cfg.
  return { ...step, program: step.program && { ...step.program, cwd, env } };
}

/** The inventory that `reduce` makes. */
export const reducedInventory = (operation: string, base: string) => posix.join(base, operation, 'hosts');

/** `ansible-inventory --list` without its sources, and its environment. */
function inventoryCall({ executable }: Facts['deploy']): { argv: string[]; env: Record<string, string> } {
  const [, ...words] = inventoryCommand({ executable, inventories: [], extraArguments: [] }).argv;
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const pairs = words
    .slice(0, first)
    .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
  return { argv: words.slice(first), env: Object.fromEntries(pairs) };
}

/** The facts with which kolla-ansible is called: where nodes are gone, the inventory that was made without them. */
export function withoutGone(operation: Operation, preparation: number, facts: Facts): Facts {
  if (facts.gone === undefined) return facts;
  const { inventory } = madeInventory(operation, preparation);
  return { ...facts, deploy: { ...facts.deploy, inventories: [inventory] } };
}

function madeInventory(operation: Operation, preparation: number): { readonly inventory: string } {
  const report = demandReport(operation, preparation, MAKE, 'reduce');
  if (report.state !== 'reduced') throw new TypeError('the inventory was removed');
  return report;
}

/** Where inventories were made, or may have been, for an operation: they hold what Ansible knows of its hosts. */
export function madeDirectories(operation: Operation): readonly string[] {
  const made = everDriven(operation).flatMap(({ track, attempts }) =>
    track.steps.filter(({ id }) => id === MAKE && attempts.has(id)),
  );
  return [...new Set(made.map(({ program }) => madeRequest.parse(program?.argv.at(-1)).directory))];
}
const madeRequest = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.object({ directory: z.string().startsWith('/') }));

/** Removes such a directory: a question, for nothing waits for it. */
export function removal(directory: string): Command {
  const nothing = { program: [], sources: [], vault: [], playbooks: [], group: GROUP, gone: [] };
  return programQuestion('reduce', { act: 'remove', directory, ...nothing }, REMOVE_MS);
}

/** Seen once more: a node that came back meanwhile would be a second cluster with the old data. */
export function stillGone({ gone }: Facts, nodes: readonly NodeRef[]): readonly Check[] {
  return gone === undefined ? [] : [{ check: 'nodes-gone', gone: [...gone], nodes: [...nodes], container: MARIADB }];
}

/** A node that is started once the cluster is there joins it at any time: then it has one member more. */
export const sizeWithout = ({ gone }: Facts) => (gone === undefined ? {} : { gone: gone.length });
