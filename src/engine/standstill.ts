import type { NodeStatus } from '../operation/checks.ts';

/** A node that gives or takes a state transfer: then the others will come. */
const MOVING = /^(?:Donor|Joining|Joined)/;

const stateOf = (one: NodeStatus) => (one.answered ? (one.status['wsrep_local_state_comment'] ?? '') : '');

/** Says at each look whether the nodes stand still: for `stillMs` none has changed its state, or given or taken a transfer. */
export function standstill(stillMs: number, now = () => performance.now()): (found: readonly NodeStatus[]) => boolean {
  let [seen, since] = ['', now()];
  return (found) => {
    const [states, moment] = [JSON.stringify(found.map(stateOf)), now()];
    if (states !== seen || found.some((one) => MOVING.test(stateOf(one)))) [seen, since] = [states, moment];
    return moment - since > stillMs;
  };
}
