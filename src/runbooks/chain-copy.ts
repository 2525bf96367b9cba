import type { ChainLink } from '../operation/facts.ts';
import type { Step } from '../operation/plan.ts';
import { applyArgv, incrementalDirectory, prepareArgv, unpackArgv } from './copy.ts';
import type { CopyContainer } from './copy-container.ts';
import { reporting, type Work } from './steps.ts';

/**
 * The steps that make a copy of a chain: the full unpacked and prepared, then each incremental unpacked and applied, in
 * the order of their LSNs. The order is all that matters here, for mariabackup notices neither an incremental that is
 * applied after the copy was started nor one that was applied before. So each is removed once it is applied, what
 * ended unclear is begun anew from the archives, and the trial start comes after all of them.
 */
export function chainSteps(
  copy: CopyContainer,
  chain: readonly Pick<ChainLink, 'directory' | 'path' | 'fromLsn' | 'kind'>[],
  on: Omit<Work, 'id' | 'title' | 'timeLimitMs'>,
  limits: { readonly unpackMs: number; readonly prepareMs: number; readonly floorBytes: number },
): readonly Step[] {
  const [full, ...incrementals] = chain;
  if (full === undefined || full.kind !== 'full') throw new TypeError('a chain begins with a full');
  const { unpackMs, prepareMs, floorBytes } = limits;
  const of = incrementals.length;
  const applied = incrementals.flatMap(({ directory, path, fromLsn, kind }, index) => {
    if (kind !== 'incremental') throw new TypeError('only incrementals follow a full');
    const number = index + 1;
    const from = { ...copy, data: incrementalDirectory(copy, number) };
    return [
      reporting(
        { ...on, id: `unpack-${number}`, title: `Unpack incremental ${number} of ${of}`, timeLimitMs: unpackMs },
        'unpack',
        unpackArgv(from, directory, path, floorBytes, `unpack-${number}`),
      ),
      reporting(
        {
          ...on,
          id: `apply-${number}`,
          title: `Apply incremental ${number} of ${of} to the copy`,
          timeLimitMs: prepareMs,
        },
        'prepare',
        applyArgv(copy, number, fromLsn),
      ),
    ];
  });
  return [
    reporting(
      { ...on, id: 'unpack', title: 'Unpack the full archive into the copy', timeLimitMs: unpackMs },
      'unpack',
      unpackArgv(copy, full.directory, full.path, floorBytes),
    ),
    reporting(
      { ...on, id: 'prepare', title: 'Prepare the copy with mariabackup', timeLimitMs: prepareMs },
      'prepare',
      prepareArgv(copy),
    ),
    ...applied,
  ];
}
