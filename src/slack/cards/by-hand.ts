import type { RichTextElement } from '@slack/types';
import { keptBy } from '../../operation/kept.ts';
import { destroyStarted, type Operation } from '../../operation/operation.ts';
import { holdDropIn } from '../../runbooks/holds.ts';
import { clean } from '../text.ts';
import { isOld } from './kept.ts';
import { code, say } from './parts.ts';

type Line = readonly RichTextElement[];

/** The most characters of a path that are told. */
const PATH_CHARS = 300;

/** What a restore that was released after the stop leaves on the nodes, for those who go on by hand. */
export function byHand(operation: Operation): readonly Line[] {
  const surveys = operation.facts?.restore?.surveys ?? [];
  if (!destroyStarted(operation) || surveys.length === 0) return [];
  const unit = surveys.find((one) => one.unit !== null)?.unit ?? null;
  const held: Line[] =
    unit === null
      ? []
      : [
          [
            say('A node that is still held does not start MariaDB, and a recovery hangs there: remove '),
            code(holdDropIn(unit)),
            say(' and run '),
            code('systemctl daemon-reload'),
            say(' on each node first.'),
          ],
        ];
  const kept = keptBy(operation)
    .filter(isOld)
    .map(({ node, data }): Line => [say(`The old data of ${clean(node, 60)} is in `), code(clean(data, PATH_CHARS))]);
  return [...held, ...kept];
}
