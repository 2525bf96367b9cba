/** The container engines that the nodes of a lab may have, and where each keeps what the bot and the stories look for. */
export const ENGINES = {
  docker: { name: 'docker', volumes: '/var/lib/docker/volumes', kept: '/var/lib/docker/kolla-backup' },
  podman: {
    name: 'podman',
    volumes: '/var/lib/containers/storage/volumes',
    kept: '/var/lib/containers/storage/kolla-backup',
  },
} as const;
export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = ['docker', 'podman'] as const satisfies readonly EngineName[];
export const isEngine = (name: string): name is EngineName => Object.hasOwn(ENGINES, name);
/** `kept` is where operations have their directories, and old data is kept. */
export type Engine = (typeof ENGINES)[EngineName];
