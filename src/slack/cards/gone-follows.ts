import type { Operation } from '../../operation/operation.ts';
import { clean } from '../text.ts';

/** Two of them must fit into what a button asks. */
const NAME_MAX = 40;

/**
 * What follows once nothing waits for a node any more, as the end of that sentence. Ways back without a node are
 * approved with the plan, or never: a cloud of two has none, nor one of many nodes, nor a restore that left one out.
 */
export function goneFollows({ plan, gone }: Operation, host: string): string {
  const away = [...new Set([...gone.map((one) => one.host), host])];
  const fits = (without: readonly string[]) =>
    without.length === away.length && without.every((name) => away.includes(name));
  if (plan?.plan.backOuts.some(({ without = [] }) => fits(without)))
    return 'and ways back without it are offered. It must be powered off and stay so until the cloud is whole again: with the old data it could start as a second cluster.';
  const [names, back] =
    away.length === 1 ? ['it', 'it'] : [away.map((name) => clean(name, NAME_MAX)).join(' and '), 'one of them'];
  return `but no way back without ${names} was approved with the plan. Bring ${back} back; or release the operation and go on by hand.`;
}
