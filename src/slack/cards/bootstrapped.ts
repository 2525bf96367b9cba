import type { RichTextElement } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import { code, onHost, say, strong } from './parts.ts';
import { answersTo } from './sendings.ts';

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
