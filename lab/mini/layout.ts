/** Names, addresses and passwords of a small cloud. Several clouds stand side by side in blocks of loopback. */

export const NODES = ['comfortable-lark', 'encouraging-bobcat', 'hardcore-rodent'] as const;
export const DOMAIN = 'local';
export const DEPLOY = 'deploy';
/** `comfortable-lark.local`, the name in the inventory. */
export const inventoryName = (node: string) => `${node}.${DOMAIN}`;

export const SSH_PORT = 2222;
export const DATABASE_PORT = 3306;
/** Addresses are the machine's, whichever cache a run uses: so are the locks on them. */
export const LOCKS = '/run/lock/kolla-backup-mini';
/** Blocks 1-199 are clouds; 250 belongs to the machine that makes images and seeds. */
export const LAST_INDEX = 199;
export const BUILDER_INDEX = 250;

const address = (index: number, host: number) => `127.77.${index}.${host}`;
export type Addresses = { readonly vip: string; readonly deploy: string; readonly nodes: readonly string[] };
export const addresses = (index: number): Addresses => ({
  vip: address(index, 9),
  deploy: address(index, 10),
  nodes: NODES.map((_, position) => address(index, 11 + position)),
});

/** OpenStack's name of each release of kolla-ansible that the stand-in speaks; the images' tags carry it. */
export const OPENSTACK = { '17.9.0': '2023.2', '22.2.0': '2026.1' } as const;
export type Release = keyof typeof OPENSTACK;
export const RELEASES = Object.keys(OPENSTACK) as readonly Release[]; // the keys of a literal table
export const DEFAULT_RELEASE: Release = '17.9.0';
export const imageTag = (release: Release) => `${OPENSTACK[release]}-debian-bookworm`;
export const imageOf = (release: Release) => `kolla/mariadb-server:${imageTag(release)}`;

/** The release of that name, the default without one; throws where the stand-in has none. */
export function releaseNamed(name: string = DEFAULT_RELEASE): Release {
  const found = RELEASES.find((release) => release === name);
  if (found === undefined) throw new Error(`the small cloud has no release ${name}: it speaks ${RELEASES.join(', ')}`);
  return found;
}
export const MYSQL_UID = 42434;
export const KOLLA_UID = 42400;

/** Made up for the lab, the same in each cloud, as the prepared databases hold them. */
export const PASSWORDS = {
  database_password: 'n0tS3cretR00tWLxV7qkTgM2',
  mariadb_backup_database_password: 'n0tS3cretBckpHc4ZyQe9sD1',
  mariadb_monitor_password: 'n0tS3cretM0nKr8uJx5vPb3f',
  keystone_database_password: 'n0tS3cretKeystQm6tYw2hNa',
} as const;

export const CLI = '/opt/kolla-ansible-cli';
export const VENV = `${CLI}/.venv`;
export const INVENTORIES = [`${CLI}/inventory.yml`, `${CLI}/ansible/inventory/multinode`] as const;
