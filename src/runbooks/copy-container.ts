import type { NodeRef } from '../operation/shapes.ts';

/**
 * The containers in which a copy is made: of the engine, in the foreground of the supervisor that outlives us, of the
 * image that MariaDB runs there. They see the mounts that are named and nothing else.
 */

/** What `docker run` of one of an operation's containers needs. Owners are the datadir's. */
export type CopyContainer = {
  readonly engine: NodeRef['engine'];
  readonly operation: string;
  readonly plan: number;
  /** The image's id. */
  readonly image: string;
  readonly uid: number;
  readonly gid: number;
  /** The staged directory. */
  readonly data: string;
};
/** The steps that are such a container. */
export type CopyStep = 'unpack' | 'prepare' | 'trial' | `unpack-${number}` | `apply-${number}`;

/** The engine knows it by this name. */
export const containerName = ({ operation, plan }: CopyContainer, step: CopyStep) =>
  `kolla-backup-${operation}-${plan}-${step}`;

/** By the first of them `stage` and `clear` find what an operation left running. */
export const containerLabels = ({ operation, plan }: CopyContainer, step: CopyStep): readonly string[] => [
  `kolla-backup.operation=${operation}`,
  `kolla-backup.plan=${plan}`,
  `kolla-backup.step=${step}`,
];

/** The copy, where such a container sees it. */
export const copyMount = ({ data }: CopyContainer) => `type=bind,src=${data},dst=/copy`;

const ALONE = ['--pull=never', '--network', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

/** The argv of a step whose container sees these mounts and runs this script of bash with `args`. */
export function runInCopy(
  container: CopyContainer,
  step: CopyStep,
  mounts: readonly string[],
  script: string,
  args: string[],
): readonly string[] {
  const { engine, image, uid, gid } = container;
  const labels = containerLabels(container, step).flatMap((label) => ['--label', label]);
  const binds = mounts.flatMap((mount) => ['--mount', mount]);
  return [
    engine,
    'run',
    '--rm',
    '--name',
    containerName(container, step),
    ...labels,
    ...ALONE,
    '--user',
    `${uid}:${gid}`,
    ...binds,
    '--entrypoint',
    'bash',
    image,
    '-c',
    script,
    step,
    ...args,
  ];
}
