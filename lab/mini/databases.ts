/** The databases of an OpenStack cloud: names, shapes and the rows that tell one cloud from another, as SQL. */
import { PASSWORDS } from './layout.ts';

const SERVICES = ['keystone', 'nova', 'nova_api', 'nova_cell0', 'neutron', 'glance', 'cinder', 'placement'] as const;
const REVISIONS = {
  keystone: 'b4f8edf584ca',
  nova: '960aac0e09ea',
  nova_api: 'cdeec0c85668',
  nova_cell0: '960aac0e09ea',
  neutron: '89c58a70ceba',
  glance: '2023_1_contract01',
  cinder: 'daa98075b90d',
  placement: 'b4ed3a175331',
} as const satisfies Record<(typeof SERVICES)[number], string>;
/** One filler row of `nova.instance_extra` is about this large. */
const ROW_BYTES = 8_192;
const REGION = 'http://10.77.0.9';
const ENDPOINTS = { keystone: 5000, nova: 8774, neutron: 9696, glance: 9292, cinderv3: 8776, placement: 8780 } as const;

const SCHEMA = `
USE keystone;
CREATE TABLE project (id varchar(64) PRIMARY KEY, name varchar(64) NOT NULL, extra text, description text, enabled tinyint(1), domain_id varchar(64) NOT NULL, parent_id varchar(64), is_domain tinyint(1) NOT NULL DEFAULT 0, UNIQUE KEY ixu_project_name_domain_id (domain_id, name));
CREATE TABLE user (id varchar(64) PRIMARY KEY, extra text, enabled tinyint(1), default_project_id varchar(64), created_at datetime, last_active_at date, domain_id varchar(64) NOT NULL);
CREATE TABLE local_user (id int AUTO_INCREMENT PRIMARY KEY, domain_id varchar(64) NOT NULL, user_id varchar(64) NOT NULL UNIQUE, name varchar(255) NOT NULL, failed_auth_count int, failed_auth_at datetime, UNIQUE KEY domain_name (domain_id, name));
CREATE TABLE password (id int AUTO_INCREMENT PRIMARY KEY, local_user_id int NOT NULL, expires_at datetime, self_service tinyint(1) NOT NULL DEFAULT 0, password_hash varchar(255), created_at datetime NOT NULL);
CREATE TABLE role (id varchar(64) PRIMARY KEY, name varchar(255) NOT NULL, extra text, domain_id varchar(64) NOT NULL DEFAULT '<<null>>', description varchar(255));
CREATE TABLE assignment (type enum('UserProject','GroupProject','UserDomain','GroupDomain') NOT NULL, actor_id varchar(64) NOT NULL, target_id varchar(64) NOT NULL, role_id varchar(64) NOT NULL, inherited tinyint(1) NOT NULL, PRIMARY KEY (type, actor_id, target_id, role_id, inherited));
CREATE TABLE service (id varchar(64) PRIMARY KEY, type varchar(255), enabled tinyint(1) NOT NULL DEFAULT 1, extra text);
CREATE TABLE endpoint (id varchar(64) PRIMARY KEY, legacy_endpoint_id varchar(64), interface varchar(8) NOT NULL, service_id varchar(64) NOT NULL, url text NOT NULL, extra text, enabled tinyint(1) NOT NULL DEFAULT 1, region_id varchar(255));
CREATE TABLE region (id varchar(255) PRIMARY KEY, description varchar(255) NOT NULL, parent_region_id varchar(255), extra text);
USE nova_api;
CREATE TABLE cell_mappings (id int AUTO_INCREMENT PRIMARY KEY, created_at datetime, updated_at datetime, uuid varchar(36) NOT NULL UNIQUE, name varchar(255), transport_url text, database_connection text, disabled tinyint(1));
CREATE TABLE host_mappings (id int AUTO_INCREMENT PRIMARY KEY, created_at datetime, updated_at datetime, cell_id int NOT NULL, host varchar(255) NOT NULL UNIQUE);
CREATE TABLE instance_mappings (id int AUTO_INCREMENT PRIMARY KEY, created_at datetime, updated_at datetime, instance_uuid varchar(36) NOT NULL UNIQUE, cell_id int, project_id varchar(255) NOT NULL, queued_for_delete tinyint(1), user_id varchar(255));
CREATE TABLE flavors (id int AUTO_INCREMENT PRIMARY KEY, created_at datetime, updated_at datetime, name varchar(255) NOT NULL, memory_mb int NOT NULL, vcpus int NOT NULL, flavorid varchar(255) NOT NULL);
USE neutron;
CREATE TABLE networks (project_id varchar(255), id varchar(36) PRIMARY KEY, name varchar(255), status varchar(16), admin_state_up tinyint(1), mtu int NOT NULL DEFAULT 1500);
CREATE TABLE subnets (project_id varchar(255), id varchar(36) PRIMARY KEY, name varchar(255), network_id varchar(36), ip_version int NOT NULL, cidr varchar(64) NOT NULL, gateway_ip varchar(64));
CREATE TABLE ports (project_id varchar(255), id varchar(36) PRIMARY KEY, name varchar(255), network_id varchar(36) NOT NULL, mac_address varchar(32) NOT NULL, admin_state_up tinyint(1) NOT NULL, status varchar(16) NOT NULL, device_id varchar(255) NOT NULL, device_owner varchar(255) NOT NULL);
CREATE TABLE agents (id varchar(36) PRIMARY KEY, agent_type varchar(255) NOT NULL, \`binary\` varchar(255) NOT NULL, host varchar(255) NOT NULL, heartbeat_timestamp datetime NOT NULL);
USE glance;
CREATE TABLE images (id varchar(36) PRIMARY KEY, name varchar(255), size bigint, status varchar(30) NOT NULL, created_at datetime NOT NULL, updated_at datetime, deleted tinyint(1) NOT NULL DEFAULT 0, checksum varchar(32), owner varchar(255), visibility enum('private','public','shared','community') NOT NULL DEFAULT 'shared');
USE cinder;
CREATE TABLE volumes (created_at datetime, updated_at datetime, deleted_at datetime, deleted tinyint(1), id varchar(36) PRIMARY KEY, user_id varchar(255), project_id varchar(255), host varchar(255), size int, status varchar(255), attach_status varchar(255), display_name varchar(255));
CREATE TABLE services (created_at datetime, updated_at datetime, deleted tinyint(1), id int AUTO_INCREMENT PRIMARY KEY, host varchar(255), \`binary\` varchar(255), topic varchar(255), report_count int NOT NULL DEFAULT 0, disabled tinyint(1));
USE placement;
CREATE TABLE resource_providers (created_at datetime, updated_at datetime, id int AUTO_INCREMENT PRIMARY KEY, uuid varchar(36) NOT NULL UNIQUE, name varchar(200), generation int);
CREATE TABLE allocations (created_at datetime, updated_at datetime, id int AUTO_INCREMENT PRIMARY KEY, resource_provider_id int NOT NULL, consumer_id varchar(36) NOT NULL, resource_class_id int NOT NULL, used int NOT NULL);
`;

const nova = (cell: string) => `
USE ${cell};
CREATE TABLE services (created_at datetime, updated_at datetime, deleted_at datetime, id int AUTO_INCREMENT PRIMARY KEY, host varchar(255), \`binary\` varchar(255), topic varchar(255), report_count int NOT NULL DEFAULT 0, disabled tinyint(1), deleted int DEFAULT 0, last_seen_up datetime, version int DEFAULT 0, uuid varchar(36));
CREATE TABLE instances (created_at datetime, updated_at datetime, deleted_at datetime, id int AUTO_INCREMENT PRIMARY KEY, user_id varchar(255), project_id varchar(255), hostname varchar(255), host varchar(255), power_state int, vm_state varchar(255), memory_mb int, vcpus int, uuid varchar(36) NOT NULL UNIQUE, display_name varchar(255), deleted int DEFAULT 0);
CREATE TABLE instance_extra (created_at datetime, updated_at datetime, id int AUTO_INCREMENT PRIMARY KEY, instance_uuid varchar(36) NOT NULL, flavor mediumtext, migration_context text, KEY instance_extra_idx (instance_uuid));
CREATE TABLE compute_nodes (created_at datetime, updated_at datetime, id int AUTO_INCREMENT PRIMARY KEY, service_id int, vcpus int NOT NULL, memory_mb int NOT NULL, hypervisor_type mediumtext NOT NULL, hypervisor_hostname varchar(255), host varchar(255), uuid varchar(36));
`;

const md5 = (what: string) => `MD5('${what}')`;
const uuid = (expression: string) =>
  `CONCAT_WS('-', LEFT(MD5(${expression}),8), MID(MD5(${expression}),9,4), MID(MD5(${expression}),13,4), MID(MD5(${expression}),17,4), RIGHT(MD5(${expression}),12))`;

function rows(): string {
  const endpoints = Object.entries(ENDPOINTS).flatMap(([service, port]) => [
    `INSERT INTO service VALUES (${md5(service)}, '${service}', 1, '{"name": "${service}"}');`,
    ...['admin', 'internal', 'public'].map(
      (face) =>
        `INSERT INTO endpoint VALUES (${md5(service + face)}, NULL, '${face}', ${md5(service)}, '${REGION}:${port}', '{}', 1, 'RegionOne');`,
    ),
  ]);
  const users = ['admin', 'nova', 'neutron', 'glance', 'cinder', 'placement'].flatMap((user) => [
    `INSERT INTO user VALUES (${md5(user)}, '{}', 1, NULL, '2026-01-12 09:00:00', NULL, 'default');`,
    `INSERT INTO local_user (domain_id, user_id, name) VALUES ('default', ${md5(user)}, '${user}');`,
    `INSERT INTO password (local_user_id, password_hash, created_at) VALUES (LAST_INSERT_ID(), '$2b$12$lab', '2026-01-12 09:00:00');`,
    `INSERT INTO assignment VALUES ('UserProject', ${md5(user)}, ${md5('admin project')}, ${md5('admin role')}, 0);`,
  ]);
  return `
USE keystone;
INSERT INTO region VALUES ('RegionOne', '', NULL, '{}');
INSERT INTO project VALUES ('default', 'Default', '{}', 'The default domain', 1, '<<keystone.domain.root>>', NULL, 1), (${md5('admin project')}, 'admin', '{}', 'Bootstrap project', 1, 'default', 'default', 0), (${md5('service project')}, 'service', '{}', '', 1, 'default', 'default', 0);
INSERT INTO project SELECT MD5(CONCAT('tenant', seq)), CONCAT('tenant-', seq), '{}', '', 1, 'default', 'default', 0 FROM seq_1_to_20;
INSERT INTO role (id, name) VALUES (${md5('admin role')}, 'admin'), (${md5('member role')}, 'member'), (${md5('reader role')}, 'reader');
${[...endpoints, ...users].join('\n')}
USE nova_api;
INSERT INTO cell_mappings (created_at, uuid, name, transport_url, database_connection, disabled) VALUES (NOW(), '00000000-0000-0000-0000-000000000000', NULL, 'none:///', '{scheme}://{username}:{password}@{hostname}:{port}/nova_cell0?{query}', 0), (NOW(), ${uuid("'cell1'")}, NULL, '{scheme}://{username}:{password}@{hostname}:{port}//?{query}', '{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}', 0);
INSERT INTO host_mappings (created_at, cell_id, host) SELECT NOW(), 2, CONCAT('compute', seq) FROM seq_1_to_3;
INSERT INTO flavors (created_at, name, memory_mb, vcpus, flavorid) VALUES (NOW(), 'm1.small', 2048, 1, '2'), (NOW(), 'm1.large', 8192, 4, '4');
INSERT INTO instance_mappings (created_at, instance_uuid, cell_id, project_id, queued_for_delete) SELECT NOW(), ${uuid("CONCAT('vm', seq)")}, 2, MD5(CONCAT('tenant', 1 + seq % 20)), 0 FROM seq_1_to_60;
USE nova;
INSERT INTO services (created_at, updated_at, host, \`binary\`, topic, report_count, disabled, version) SELECT NOW(), NOW(), CONCAT('compute', seq), 'nova-compute', 'compute', 4711, 0, 66 FROM seq_1_to_3;
INSERT INTO services (created_at, updated_at, host, \`binary\`, topic, report_count, disabled, version) SELECT NOW(), NOW(), CONCAT('comfortable-lark-', seq), 'nova-conductor', 'conductor', 4711, 0, 66 FROM seq_1_to_3;
INSERT INTO compute_nodes (created_at, service_id, vcpus, memory_mb, hypervisor_type, hypervisor_hostname, host) SELECT NOW(), seq, 32, 262144, 'QEMU', CONCAT('compute', seq), CONCAT('compute', seq) FROM seq_1_to_3;
INSERT INTO instances (created_at, updated_at, user_id, project_id, hostname, host, power_state, vm_state, memory_mb, vcpus, uuid, display_name) SELECT NOW(), NOW(), ${md5('admin')}, MD5(CONCAT('tenant', 1 + seq % 20)), CONCAT('vm-', seq), CONCAT('compute', 1 + seq % 3), 1, 'active', 2048, 1, ${uuid("CONCAT('vm', seq)")}, CONCAT('vm-', seq) FROM seq_1_to_60;
USE neutron;
INSERT INTO networks SELECT MD5(CONCAT('tenant', seq)), ${uuid("CONCAT('net', seq)")}, CONCAT('net-', seq), 'ACTIVE', 1, 1442 FROM seq_1_to_20;
INSERT INTO subnets SELECT MD5(CONCAT('tenant', seq)), ${uuid("CONCAT('subnet', seq)")}, CONCAT('subnet-', seq), ${uuid("CONCAT('net', seq)")}, 4, CONCAT('192.168.', seq, '.0/24'), CONCAT('192.168.', seq, '.1') FROM seq_1_to_20;
INSERT INTO ports SELECT MD5(CONCAT('tenant', 1 + seq % 20)), ${uuid("CONCAT('port', seq)")}, '', ${uuid("CONCAT('net', 1 + seq % 20)")}, CONCAT('fa:16:3e:00:00:', LPAD(HEX(seq), 2, '0')), 1, 'ACTIVE', ${uuid("CONCAT('vm', seq)")}, 'compute:nova' FROM seq_1_to_60;
INSERT INTO agents SELECT ${uuid("CONCAT('agent', seq)")}, 'OVN Controller agent', 'ovn-controller', CONCAT('compute', seq), NOW() FROM seq_1_to_3;
USE glance;
INSERT INTO images (id, name, size, status, created_at, owner, visibility) VALUES (${uuid("'cirros'")}, 'cirros-0.6.2', 21430272, 'active', NOW(), ${md5('admin project')}, 'public');
USE cinder;
INSERT INTO services (created_at, updated_at, deleted, host, \`binary\`, topic, report_count, disabled) VALUES (NOW(), NOW(), 0, 'comfortable-lark@rbd-1', 'cinder-volume', 'cinder-volume', 815, 0);
INSERT INTO volumes (created_at, deleted, id, project_id, host, size, status, attach_status, display_name) SELECT NOW(), 0, ${uuid("CONCAT('volume', seq)")}, MD5(CONCAT('tenant', 1 + seq % 20)), 'comfortable-lark@rbd-1#rbd-1', 20, 'in-use', 'attached', CONCAT('disk-', seq) FROM seq_1_to_30;
USE placement;
INSERT INTO resource_providers (created_at, uuid, name, generation) SELECT NOW(), ${uuid("CONCAT('compute', seq)")}, CONCAT('compute', seq), 5 FROM seq_1_to_3;
INSERT INTO allocations (created_at, resource_provider_id, consumer_id, resource_class_id, used) SELECT NOW(), 1 + seq % 3, ${uuid("CONCAT('vm', seq)")}, 1, 2048 FROM seq_1_to_60;
`;
}

/** Random-looking text, which hardly packs: an archive has about the size of real ones. */
function filler(megabytes: number): string {
  const count = Math.ceil((megabytes * 1_000_000) / ROW_BYTES);
  const text = Array.from({ length: ROW_BYTES / 128 }, (_, part) => `SHA2(CONCAT(seq,'-${part}'),512)`).join(',');
  return `USE nova;\nINSERT INTO instance_extra (created_at, instance_uuid, flavor) SELECT NOW(), ${uuid("CONCAT('vm', 1 + seq % 60)")}, CONCAT(${text}) FROM seq_1_to_${count};\n`;
}

const ACCOUNTS = `
CREATE USER root@'%' IDENTIFIED BY '${PASSWORDS.database_password}';
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
CREATE USER haproxy@'%' IDENTIFIED BY '';
CREATE USER monitor@'%' IDENTIFIED BY '${PASSWORDS.mariadb_monitor_password}';
CREATE USER backup@'%' IDENTIFIED BY '${PASSWORDS.mariadb_backup_database_password}';
GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR ON *.* TO backup@'%';
GRANT CREATE, ALTER, INSERT, SELECT ON mysql.mariadb_backup_history TO backup@'%';
${SERVICES.filter((name) => name !== 'nova_api' && name !== 'nova_cell0')
  .map(
    (name) =>
      `CREATE USER ${name}@'%' IDENTIFIED BY '${PASSWORDS.keystone_database_password}';\nGRANT ALL ON ${name}.* TO ${name}@'%';`,
  )
  .join('\n')}
GRANT ALL ON nova_api.* TO nova@'%';
GRANT ALL ON nova_cell0.* TO nova@'%';
DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host NOT IN ('localhost', '%'));
DROP USER IF EXISTS mysql@localhost;
ALTER USER root@localhost IDENTIFIED BY '${PASSWORDS.database_password}';
FLUSH PRIVILEGES;
`;

/** Everything that a fresh datadir is told, ending with the accounts: the password is asked for from then on. */
export const seedStatements = (megabytes: number): string => `${databaseStatements(megabytes)}\n${ACCOUNTS}`;

/** The services' databases with about `megabytes` of rows, for a server that has its accounts already. */
export function databaseStatements(megabytes: number): string {
  const databases = SERVICES.map(
    (name) =>
      `DROP DATABASE IF EXISTS ${name};\nCREATE DATABASE ${name};\nCREATE TABLE ${name}.alembic_version (version_num varchar(32) PRIMARY KEY);\nINSERT INTO ${name}.alembic_version VALUES ('${REVISIONS[name]}');\n`,
  );
  return [databases.join(''), SCHEMA, nova('nova'), nova('nova_cell0'), rows(), filler(megabytes)].join('\n');
}
