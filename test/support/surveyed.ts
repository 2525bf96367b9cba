import type { Report } from '../../src/runbooks/programs/reports.ts';

type Survey = Report<'survey'>;
const DATADIR = {
  path: '/live',
  dev: 1,
  ino: 2,
  mode: 0o755,
  uid: 1,
  gid: 1,
  bytes: 5_000,
  mountPoint: false,
} as const;

/** What is found on a node that nothing is the matter with, whose containers are gone. */
export const surveyed = ({
  datadir = {},
  ...changes
}: Partial<Omit<Survey, 'datadir'>> & { readonly datadir?: Partial<NonNullable<Survey['datadir']>> } = {}): Survey => ({
  ...{ state: 'surveyed', machineId: null, hostname: 'node', engineRoot: '/var/lib/docker', container: null },
  ...{ backupVolumePath: null, base: '/var/lib/docker/kolla-backup', baseTrouble: null, freeBytes: 9_000 },
  ...{ unit: { present: false, active: 'inactive' }, servers: [], foreign: [] },
  ...{ newestBinlog: null, grastate: null, config: null },
  ...changes,
  datadir: { ...DATADIR, ...datadir },
});
