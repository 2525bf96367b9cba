/** What every machine of the small cloud has in /etc, and what the nodes have of Kolla's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addresses, DATABASE_PORT, inventoryName, NODES, PASSWORDS, type Release, SSH_PORT } from './layout.ts';
import type { Files } from './machine.ts';

const own = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const script = (path: string) => ({ content: own(path), mode: 0o755 });

const PASSWD = `root:x:0:0:root:/root:/bin/bash
sshd:x:105:65534::/run/sshd:/usr/sbin/nologin
kolla:x:1000:1000::/home/kolla:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
const GROUP = 'root:x:0:\ntty:x:5:\nsudo:x:27:kolla\ndocker:x:998:kolla\nkolla:x:1000:\nnogroup:x:65534:\n';
const PAM = 'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n';

/** The address book and the files of users, login and services: those of any machine. */
export function machineFiles(options: {
  readonly index: number;
  readonly hostname: string;
  readonly address: string;
  readonly machineId: string;
  readonly authorizedKeys: string;
  readonly hostKeys: Files;
  readonly docker: boolean;
}): Files {
  const { nodes, deploy } = addresses(options.index);
  const hosts = NODES.map((node, position) => `${nodes[position]} ${inventoryName(node)} ${node}\n`);
  const sshd = [
    `Port ${SSH_PORT}`,
    `ListenAddress ${options.address}`,
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'HostKey /etc/ssh/ssh_host_ecdsa_key',
    'StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password\nMaxStartups 200\nMaxSessions 100\nUseDNS no\nAcceptEnv LANG LC_*',
    'Subsystem sftp /usr/lib/openssh/sftp-server',
  ];
  const dockerd = [
    ...['-H unix:///run/docker.sock', `--cgroup-parent=/kolla-backup-mini-${options.index}/${options.hostname}`],
    ...['--bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --userland-proxy=false'],
  ].join(' ');
  return {
    '/etc/passwd': PASSWD,
    '/etc/group': GROUP,
    '/etc/shadow': {
      content: 'root:*:19000:0:99999:7:::\nsshd:*:19000::::::\nkolla:*:19000:0:99999:7:::\n',
      mode: 0o600,
    },
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
    '/etc/pam.d/sudo': PAM,
    '/etc/pam.d/other': PAM,
    '/etc/sudoers': {
      content:
        'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"\nroot ALL=(ALL) ALL\nkolla ALL=(ALL) NOPASSWD: ALL\n',
      mode: 0o440,
    },
    '/etc/hostname': `${options.hostname}\n`,
    '/etc/machine-id': { content: `${options.machineId}\n`, mode: 0o444 },
    '/etc/hosts': `127.0.0.1 localhost\n${options.address} ${options.hostname}\n${deploy} deploy\n${hosts.join('')}`,
    '/etc/timezone': 'Etc/UTC\n',
    '/etc/localtime': { content: '', mode: 0o644 },
    '/etc/ssh/sshd_config': `${sshd.join('\n')}\n`,
    ...options.hostKeys,
    '/root/.ssh/authorized_keys': { content: options.authorizedKeys, mode: 0o600 },
    '/home/kolla/.ssh/authorized_keys': { content: options.authorizedKeys, mode: 0o644 },
    '/usr/lib/mini/units.py': own('machine/units.py'),
    '/usr/lib/mini/unitfile.py': own('machine/unitfile.py'),
    '/usr/lib/mini/verbs.py': own('machine/verbs.py'),
    '/usr/local/bin/systemctl': script('machine/systemctl.py'),
    '/usr/lib/mini/units/ssh.service': '[Service]\nType=notify\nExecStart=/usr/sbin/sshd -D -e\nKillMode=process\n',
    ...(options.docker
      ? {
          '/usr/lib/mini/units/docker.service': `[Service]\nType=notify\nExecStart=/usr/sbin/dockerd ${dockerd}\nKillMode=process\nRestart=always\nRestartSec=2\n`,
        }
      : {}),
  };
}

const PROVIDER = '/usr/lib/galera/libgalera_smm.so';

/** From 20.0 on the server's socket is where Debian has it, and named nowhere. */
const SOCKET = { '17.9.0': 'socket=/var/lib/mysql/mysql.sock\n', '22.2.0': '' } as const satisfies Record<
  Release,
  string
>;

/** Kolla's galera.cnf for a node, with a small memory and transfers bound to its address. */
export function galeraConfig(release: Release, address: string, hostname: string, peers: readonly string[]): string {
  const cluster = peers.length > 1 ? peers.map((peer) => `${peer}:4567`).join(',') : '';
  return `[client]
default-character-set=utf8

[mysql]
default-character-set=utf8

[mysqld]
bind-address=${address}
port=${DATABASE_PORT}
${SOCKET[release]}log_error=/var/log/kolla/mariadb/mariadb.log
log_bin=mysql-bin
binlog_format=ROW
default-storage-engine=innodb
innodb_autoinc_lock_mode=2
collation-server=utf8_unicode_ci
init-connect='SET NAMES utf8'
character-set-server=utf8
datadir=/var/lib/mysql/
wsrep_cluster_address=gcomm://${cluster}
wsrep_provider_options=gmcast.listen_addr=tcp://${address}:4567;ist.recv_addr=${address}:4568;gcache.size=16M;evs.join_retrans_period=PT0.2S;evs.inactive_check_period=PT0.2S;evs.keepalive_period=PT0.2S;pc.announce_timeout=PT1S
wsrep_node_address=${address}:4567
wsrep_node_incoming_address=${address}:${DATABASE_PORT}
wsrep_sst_receive_address=${address}:4444
wsrep_provider=${PROVIDER}
wsrep_cluster_name="openstack"
wsrep_node_name=${hostname}
wsrep_sst_method=mariabackup
wsrep_sst_auth=root:${PASSWORDS.database_password}
wsrep_slave_threads=4
wsrep_on=ON
expire_logs_days=14
max_connections=200
innodb_buffer_pool_size=64M
innodb_log_file_size=16M
performance_schema=OFF
skip-name-resolve

[server]
pid-file=/var/lib/mysql/mariadb.pid

[sst]
sockopt=,bind=${address},retry=50,interval=0.2
`;
}

const json = (value: unknown) => `${JSON.stringify(value, null, 4)}\n`;
const file = (name: string, target = name) => ({
  source: `/var/lib/kolla/config_files/${name}`,
  dest: `/etc/mysql/${target}`,
  owner: 'mysql',
  perm: '0600',
});
const CONFIG = file('galera.cnf', 'my.cnf');
const CLIENT = file('my.cnf');

type Service = {
  readonly command: string;
  readonly config_files: readonly object[];
  readonly permissions: readonly object[];
};
const BACKUP_USER = `user=backup\npassword=${PASSWORDS.mariadb_backup_database_password}\n`;
const HEALTHCHECK = `[mariadb-client]\nuser=monitor\npassword=${PASSWORDS.mariadb_monitor_password}\n`;

/** What each release writes of the two services' config.json, of the backup's client, and besides. */
type Role = {
  readonly server: Service;
  readonly backup: Service;
  readonly client: (places: { readonly vip: string; readonly own: string }) => string;
  readonly more: Files;
};
const ROLES: Record<Release, Role> = {
  '17.9.0': {
    server: {
      command: '/usr/bin/mysqld_safe',
      config_files: [CONFIG],
      permissions: [
        { path: '/var/log/kolla/mariadb', owner: 'mysql:kolla', recurse: true },
        { path: '/var/lib/mysql', owner: 'mysql:mysql', recurse: true },
      ],
    },
    backup: {
      command: '/usr/local/bin/kolla_mariadb_backup.sh',
      config_files: [CLIENT],
      permissions: [
        { path: '/var/log/kolla/mariadb', owner: 'mysql:kolla', recurse: true },
        { path: '/backup', owner: 'mysql:mysql', recurse: true },
      ],
    },
    client: ({ vip }) =>
      `[mysqld]\ndatadir=/var/lib/mysql/\n\n[client]\nport=${DATABASE_PORT}\nhost=${vip}\n${BACKUP_USER}`,
    more: {},
  },
  '22.2.0': {
    server: {
      command: '/usr/bin/mariadbd-safe',
      config_files: [CONFIG, file('healthcheck.cnf')],
      permissions: [
        { path: '/var/log/kolla/mariadb', owner: 'mysql:mysql', recurse: true },
        { path: '/var/lib/mysql', owner: 'mysql:mysql', recurse: true },
      ],
    },
    backup: {
      command: 'false',
      config_files: [CLIENT],
      permissions: [
        { path: '/var/log/kolla/mariadb', owner: 'mysql:mysql' },
        { path: '/backup', owner: 'mysql:mysql' },
      ],
    },
    client: ({ own }) => `[client]\ndefault-character-set=utf8\n${BACKUP_USER}host=${own}\nport=${DATABASE_PORT}\n`,
    more: { '/etc/kolla/mariadb/healthcheck.cnf': { content: HEALTHCHECK, mode: 0o660 } },
  },
};

/** /etc/kolla of a node: the configuration of its two services. */
export function kollaFiles(release: Release, index: number, position: number): Files {
  const { vip, nodes } = addresses(index);
  const [address, hostname] = [nodes[position] ?? '', NODES[position] ?? ''];
  const { server, backup, client, more } = ROLES[release];
  return {
    '/etc/kolla/mariadb/galera.cnf': { content: galeraConfig(release, address, hostname, nodes), mode: 0o660 },
    '/etc/kolla/mariadb/config.json': { content: json(server), mode: 0o660 },
    '/etc/kolla/mariabackup/my.cnf': { content: client({ vip, own: address }), mode: 0o660 },
    '/etc/kolla/mariabackup/config.json': { content: json(backup), mode: 0o660 },
    ...more,
  };
}
