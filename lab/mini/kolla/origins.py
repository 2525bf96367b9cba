"""Where release 22.2.0 has the tasks that may fail here: ansible-core from 2.19 on shows the place, with two lines before it."""
from typing import NamedTuple


class Origin(NamedTuple):
    # Below share/kolla-ansible/ansible.
    file: str
    line: int
    column: int
    source: tuple


ORIGINS = {
    "Gather facts": Origin(
        "gather-facts.yml", 19, 7,
        ("      changed_when: false", "", "    - name: Gather facts"),
    ),
    "mariadb : Get MariaDB container facts": Origin(
        "roles/mariadb/tasks/backup.yml", 2, 3,
        ("---", "- name: Get MariaDB container facts"),
    ),
    "mariadb : Taking database backup via Mariabackup - backup type {kind}": Origin(
        "roles/mariadb/tasks/backup.yml", 12, 3,
        ("  register: container_facts", "", "- name: Taking database backup via Mariabackup - backup type {{ mariadb_backup_type }}"),
    ),
    "mariadb : Wait for MariaDB service to be ready through VIP": Origin(
        "roles/mariadb/tasks/check.yml", 6, 3,
        ("    role: service-check", "", "- name: Wait for MariaDB service to be ready through VIP"),
    ),
    "mariadb : Copying over galera.cnf": Origin(
        "roles/mariadb/tasks/config.yml", 79, 3,
        ("    - inventory_hostname == mariadb_backup_host", "", "- name: Copying over galera.cnf"),
    ),
    "mariadb : Create MariaDB volume": Origin(
        "roles/mariadb/tasks/lookup_cluster.yml", 2, 3,
        ("---", "- name: Create MariaDB volume"),
    ),
    "mariadb : Check MariaDB service port liveness": Origin(
        "roles/mariadb/tasks/lookup_cluster.yml", 23, 7,
        ("  when: not mariadb_recover | default(False)", "  block:", "    - name: Check MariaDB service port liveness"),
    ),
    "mariadb : Fail on existing but stopped cluster": Origin(
        "roles/mariadb/tasks/lookup_cluster.yml", 38, 7,
        ("      changed_when: false", "", "    - name: Fail on existing but stopped cluster"),
    ),
    "mariadb : Stop MariaDB containers": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 22, 7,
        ("    - mariadb_recover_inventory_name is not defined", "  block:", "    - name: Stop MariaDB containers"),
    ),
    "mariadb : Run MariaDB wsrep recovery": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 32, 7,
        ("    # Run wsrep recovery with detach=false to block until completion. Use a", "    # different container name to avoid the mariadb container being removed.", "    - name: Run MariaDB wsrep recovery"),
    ),
    "mariadb : Set grastate.dat file from MariaDB container in bootstrap host": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 105, 3,
        ("    bootstrap_host: \"{{ mariadb_recover_inventory_name }}\"", "", "- name: Set grastate.dat file from MariaDB container in bootstrap host"),
    ),
    "mariadb : Refresh galera.cnf to set first MariaDB container as primary": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 118, 3,
        ("    - bootstrap_host == inventory_hostname", "", "- name: Refresh galera.cnf to set first MariaDB container as primary"),
    ),
    "mariadb : Starting first MariaDB container": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 134, 3,
        ("    - bootstrap_host is defined", "", "- name: Starting first MariaDB container"),
    ),
    "mariadb : Wait for first MariaDB container": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 152, 3,
        ("    - bootstrap_host == inventory_hostname", "", "- name: Wait for first MariaDB container"),
    ),
    "mariadb : Wait for MariaDB to become operational": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 167, 3,
        ("    - bootstrap_host == inventory_hostname", "", "- name: Wait for MariaDB to become operational"),
    ),
    "mariadb : Restart slave MariaDB container(s)": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 187, 3,
        ("    - bootstrap_host == inventory_hostname", "", "- name: Restart slave MariaDB container(s)"),
    ),
    "mariadb : Wait for slave MariaDB": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 203, 3,
        ("    - bootstrap_host != inventory_hostname", "", "- name: Wait for slave MariaDB"),
    ),
    "mariadb : Wait for slave MariaDB to sync WSREP": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 222, 3,
        ("# \"IST didn't contain all write sets ... node restart required\" and stays", "# permanently disconnected, so wait for every slave to finish syncing first.", "- name: Wait for slave MariaDB to sync WSREP"),
    ),
    "mariadb : Unset pc.bootstrap for primary MariaDB galera.cnf for next restart": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 242, 3,
        ("    - bootstrap_host != inventory_hostname", "", "- name: Unset pc.bootstrap for primary MariaDB galera.cnf for next restart"),
    ),
    "mariadb : Restart master MariaDB container(s)": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 259, 3,
        ("    - bootstrap_host == inventory_hostname", "", "- name: Restart master MariaDB container(s)"),
    ),
    "mariadb : Wait for MariaDB": Origin(
        "roles/mariadb/tasks/recover_cluster.yml", 275, 3,
        ("    - bootstrap_host == inventory_hostname", "", "- name: Wait for MariaDB"),
    ),
    "service-check-containers : Check containers for mariadb": Origin(
        "roles/service-check-containers/tasks/main.yml", 4, 3,
        ("# NOTE(r-krcek): List of arguments should follow argument_spec in", "# kolla_container module", "- name: \"Check containers for {{ kolla_role_name | default(project_name) }}\""),
    ),
    "service-check : Get container facts for mariadb": Origin(
        "roles/service-check/tasks/main.yml", 3, 3,
        ("---", "# Check whether all necessary containers are running.", "- name: \"Get container facts for {{ kolla_role_name | default(project_name) }}\""),
    ),
    "service-stop : Stopping containers for mariadb": Origin(
        "roles/service-stop/tasks/main.yml", 2, 3,
        ("---", "- name: \"Stopping containers for {{ service_name }}\""),
    ),
}
