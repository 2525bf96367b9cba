import type { RichTextElement } from '@slack/types';
import { mayHaveRun, type Operation } from '../../operation/operation.ts';
import { code, onHost, say, strong } from './parts.ts';
import { answersIn, answersTo, sendings } from './sendings.ts';

/** A node that a recovery, believed before its last tasks, has left running as the first of a new cluster. */
export function bootstrappedLines(host: string | undefined): readonly (readonly RichTextElement[])[] {
  if (host === undefined) return [];
  return [
    [
      strong('⚠️ '),
      onHost(host),
      strong(' still runs as the first of a new cluster: '),
      say('it has no unit, so it stays down after a reboot, and its container would begin a second cluster. '),
      say('Do not restart it. While the others are Synced, stop and remove its container '),
      code('mariadb'),
      say(' (not the volume), run kolla-ansible deploy --tags mariadb, and look that '),
      code('BOOTSTRAP_ARGS'),
      say(' is gone from it and that it is Synced.'),
    ],
  ];
}

/** The same of the last recovery of an operation, for its end. */
export function leftBootstrapped(operation: Operation): readonly (readonly RichTextElement[])[] {
  const last = answersTo(operation, 'playbook-ended').findLast(({ check }) => check.action === 'recovery');
  return bootstrappedLines(last?.answered.answer.bootstrapped);
}

/**
 * Whether a node's container may still be the one with which a recovery began a new cluster: only the last tasks of a
 * recovery from it make it anew, and they are known to have ended only where that step has worked.
 */
export function mayBeginAnother(operation: Operation, node: string): boolean {
  const last = sendings(operation).findLast(
    ({ step, attempt }) =>
      mayHaveRun(attempt) && step.after.some((one) => one.check === 'playbook-ended' && one.host === node),
  );
  if (last?.attempt.end?.outcome !== 'worked') return last !== undefined;
  const [said] = answersIn(last.step, last.attempt, 'playbook-ended');
  return said === undefined || said.answered.answer.bootstrapped === node;
}
