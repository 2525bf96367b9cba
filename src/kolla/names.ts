/** Kolla's own names, the same in every release. */
export const MARIADB = 'mariadb';
export const MARIABACKUP = 'mariabackup';
export const DATADIR_VOLUME = 'mariadb';
export const BACKUP_VOLUME = 'mariadb_backup';
/** The unit that keeps the MariaDB container, from 16.0 on. */
export const MARIADB_UNIT = 'kolla-mariadb-container.service';
/** The server's configuration on the node, with the credentials of the state transfer. */
export const GALERA_CONFIG = '/etc/kolla/mariadb/galera.cnf';
/** Where services find the databases when the deployment names no other port. */
export const SERVICE_PORT = 3306;
