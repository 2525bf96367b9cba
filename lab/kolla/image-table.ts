/** Kolla's images: what the package's Dockerfiles put into each, and where. */

/** Where a script of the package goes, as its Dockerfile has it; 0755 unless said otherwise. */
export type Script = readonly [source: RegExp, target: string, mode?: number];
const bin = (name: string) => `/usr/local/bin/${name}`;
const EXTEND = [/^extend_start\.sh$/, bin('kolla_extend_start'), 0o644] as const;

/** Those of the base image. */
export const SCRIPTS: readonly Script[] = [
  [/^set_configs\.py$/, bin('kolla_set_configs')],
  [/^start\.sh$/, bin('kolla_start')],
  [/^copy_cacerts\.sh$/, bin('kolla_copy_cacerts')],
  [/^httpd_setup\.sh$/, bin('kolla_httpd_setup'), 0o644],
  [/^install_projects\.sh$/, bin('kolla_install_projects')],
  [/^kolla_patch\.sh$/, bin('kolla_patch')],
  [/^healthcheck_\w+$/, bin('*')],
  [/^sudoers$/, '/etc/sudoers', 0o440],
];

export type Image = { readonly name: string; readonly scripts: readonly Script[]; readonly changes: readonly string[] };
const INIT = 'ENTRYPOINT ["dumb-init", "--single-child", "--"]';

export const IMAGES: readonly Image[] = [
  {
    name: 'mariadb-server',
    scripts: [
      EXTEND,
      [/^mariadb_sudoers$/, '/etc/sudoers.d/kolla_mariadb_sudoers', 0o440],
      [/^security_reset\.expect$/, bin('kolla_security_reset')],
      [/^backup\.sh$/, bin('kolla_mariadb_backup.sh')],
      [/^backup_replica\.sh$/, bin('kolla_mariadb_backup_replica.sh')],
      [/^healthcheck_mariadb$/, bin('healthcheck_mariadb')],
    ],
    changes: ['ENTRYPOINT ["dumb-init", "--"]', 'USER mysql'],
  },
  { name: 'mariadb-clustercheck', scripts: [EXTEND], changes: [INIT, 'USER mysql'] },
  {
    name: 'kolla-toolbox',
    scripts: [
      EXTEND,
      [/^ansible_sudoers$/, '/etc/sudoers.d/kolla_ansible_sudoers', 0o440],
      [/^ansible\.cfg$/, '/etc/ansible/ansible.cfg', 0o644],
      [/^find_disks\.py$/, '/usr/share/ansible/find_disks.py', 0o644],
      [/^kolla_toolbox\.sh$/, bin('kolla_toolbox')],
    ],
    changes: [
      INIT,
      'ENV PATH=/opt/ansible/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'USER ansible',
    ],
  },
  { name: 'cron', scripts: [EXTEND], changes: [INIT] },
];
