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

/** The release that the stand-in speaks and the image's tag carries. */
export const KOLLA_VERSION = '17.9.0';
export const IMAGE = 'kolla/mariadb-server:2023.2-debian-bookworm';
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
