"""
What differs between the releases that the stand-in speaks, one row each: the command line, the words of its plays and
tasks, their order, and what a failure looks like. What a task does is the same code for all of them.
"""
from typing import NamedTuple, Optional

import site_plays


class Command(NamedTuple):
    act: str
    # What it echoes or logs, the playbook, and the action.
    title: str
    playbook: str
    action: str
    # Its class in kolla_ansible.cli.commands, where there is one, and what its help says.
    name: str = ""
    about: str = ""


class Step(NamedTuple):
    # A task of a role: what it does (a method of Recovery), on whom, over what it loops, where it is done.
    name: str
    act: str = "nothing"
    on: str = "all"
    loop: Optional[str] = None
    at: Optional[str] = None


class Dialect(NamedTuple):
    cli: str
    commands: dict
    ansible: str
    # `{action}` is the role's file of tasks, `{kind}` a backup’s type.
    include: str
    include_recover: str
    backup: str
    stop: str
    after_stop: tuple
    site: site_plays.Site
    # The first task that has to know every host's facts, by what is done; None: it does without.
    needs_all_facts: dict
    configure: tuple
    # Everything of a recovery that is skipped before the cluster is looked for.
    skipped_first: tuple
    volume: tuple
    lookup: tuple
    choose: tuple
    recover: tuple
    stopped: str


def mariadb(*steps):
    return tuple(step._replace(name=step.name if " : " in step.name else f"mariadb : {step.name}") for step in steps)


BACKUP_CONFIG = (
    Step("Ensuring database backup config directory exists", on="backup host"),
    Step("Copying over my.cnf for mariabackup", on="backup host"),
)
CONFIG_JSON = (
    Step("Copying over config.json files for services", loop="services"),
    Step("Copying over config.json files for mariabackup", on="backup host"),
)
VOLUME = mariadb(
    Step("Create MariaDB volume", "volume"),
    Step("Divide hosts by their MariaDB volume availability"),
    Step("Establish whether the cluster has already existed"),
)
LOOKUP = mariadb(
    Step("Check MariaDB service port liveness", "look"),
    Step("Divide hosts by their MariaDB service port liveness"),
    Step("Fail on existing but stopped cluster", "refuse"),
    Step("Check MariaDB service WSREP sync status", on="nobody"),
    Step("Extract MariaDB service WSREP sync status", on="nobody"),
    Step("Divide hosts by their MariaDB service WSREP sync status", on="nobody"),
    Step("Fail when MariaDB services are not synced across the whole cluster", on="nobody"),
)
CHECKING = mariadb(Step("Checking for mariadb cluster", on="nobody"), Step("Cleaning up temp file on localhost", on="once"))


def choosing(compared):
    return mariadb(
        Step("Stop MariaDB containers", "stop"),
        Step("Run MariaDB wsrep recovery", "seqno"),
        Step("Copying MariaDB log file to /tmp"),
        Step("Get MariaDB wsrep recovery seqno"),
        Step("Removing MariaDB log file from /tmp"),
        Step("Registering MariaDB seqno variable"),
        Step("Comparing seqno value on all mariadb hosts", loop=compared),
        Step("Writing hostname of host with the largest seqno to temp file"),
        Step("Registering mariadb_recover_inventory_name from temp file"),
    )


BOOTSTRAP = (
    Step("Starting first MariaDB container", "bootstrap", on="first"),
    Step("Wait for first MariaDB container", "wait", on="first"),
)
NAMED = (
    Step("Store bootstrap and master hostnames into facts"),
    Step("Set grastate.dat file from MariaDB container in bootstrap host", "grastate", on="first"),
)
SLAVES = (
    Step("Restart slave MariaDB container(s)", "start", on="others", loop="services"),
    Step("Wait for slave MariaDB", "wait_synced", on="others"),
)
RESTART_FIRST = Step("Restart master MariaDB container(s)", "start", on="first", loop="services")
THROUGH_VIP = Step("Wait for MariaDB service to be ready through VIP", "through_vip")
OPERATIONAL = Step("Wait for MariaDB to become operational", "operational", on="first")

CHOOSE_22 = choosing("hosts")
RECOVER_22 = mariadb(
    *NAMED,
    Step("Refresh galera.cnf to set first MariaDB container as primary", "primary"),
    *BOOTSTRAP,
    OPERATIONAL,
    *SLAVES,
    Step("Wait for slave MariaDB to sync WSREP", "synced", on="others"),
    Step("Unset pc.bootstrap for primary MariaDB galera.cnf for next restart", "not_primary", on="first"),
    RESTART_FIRST,
    Step("Wait for MariaDB", "wait_synced"),
    Step("service-check : Get container facts for mariadb", "facts"),
    Step("service-check : Fail if containers are missing or not running for mariadb", on="nobody"),
    Step("service-check : Fail if containers are unhealthy for mariadb", on="nobody"),
    THROUGH_VIP,
)

DIALECTS = {
    "17.9.0": Dialect(
        cli="bash",
        commands={
            "mariadb_backup": Command("backup", "Backup MariaDB databases", "mariadb_backup.yml", "backup"),
            "mariadb_recovery": Command("recovery", "Attempting to restart mariadb cluster", "mariadb_recovery.yml", "deploy"),
            "stop": Command("stop", "Stop Kolla containers", "site.yml", "stop"),
            "deploy": Command("deploy", "Deploying Playbooks", "site.yml", "deploy"),
        },
        ansible="2.15",
        include="mariadb : include_tasks",
        include_recover="mariadb : include_tasks",
        backup="mariadb : Taking {kind} database backup via Mariabackup",
        stop="service-stop : Stopping mariadb containers",
        after_stop=(),
        site=site_plays.RELEASE_17,
        needs_all_facts={
            "backup": "mariadb : Get MariaDB container facts",
            "recovery": "mariadb : Ensuring config directories exist",
            "stop": "service-stop : Stopping mariadb containers",
        },
        configure=mariadb(
            Step("Ensuring config directories exist", loop="services"),
            *BACKUP_CONFIG,
            *CONFIG_JSON,
            Step("Copying over galera.cnf"),
            Step("Check mariadb containers", "check", loop="services"),
        ),
        skipped_first=(),
        volume=VOLUME,
        lookup=(*LOOKUP, *mariadb(Step("include_tasks", on="nobody"))),
        choose=choosing(None),
        recover=mariadb(
            *NAMED,
            *BOOTSTRAP,
            Step("Set first MariaDB container as primary", "set_primary", on="first"),
            OPERATIONAL,
            *SLAVES,
            RESTART_FIRST,
            Step("Wait for master mariadb", "wait_synced", on="first"),
            THROUGH_VIP,
        ),
        stopped="MariaDB cluster exists but is stopped. Please start it using kolla-ansible mariadb_recovery",
    ),
    "22.2.0": Dialect(
        cli="cliff",
        commands={
            "mariadb-backup": Command(
                "backup", "Backup MariaDB databases", "mariadb-backup.yml", "backup",
                "MariaDBBackup", "Take a backup of MariaDB databases. See help for options.",
            ),
            "mariadb-recovery": Command(
                "recovery", "Attempting to restart MariaDB cluster", "mariadb-recovery.yml", "deploy",
                "MariaDBRecovery", "Recover a completely stopped MariaDB cluster",
            ),
            "stop": Command("stop", "Stop Kolla containers", "site.yml", "stop", "Stop", "Stop Kolla Ansible containers"),
            "deploy": Command(
                "deploy", "Deploying Playbooks", "site.yml", "deploy",
                "Deploy", "Generate config, bootstrap and start all Kolla Ansible containers",
            ),
        },
        ansible="2.19",
        include="mariadb : Include tasks for action {action}",
        include_recover="mariadb : Include tasks from recover_cluster.yml",
        backup="mariadb : Taking database backup via Mariabackup - backup type {kind}",
        stop="service-stop : Stopping containers for mariadb",
        after_stop=(Step("service-stop : Include tasks for iterated containers", on="nobody", loop="services"),),
        site=site_plays.RELEASE_22,
        needs_all_facts={"backup": None, "recovery": "mariadb : Copying over galera.cnf", "stop": None},
        configure=mariadb(
            Step("Ensuring config directories exist", loop="services"),
            *BACKUP_CONFIG,
            Step("Check if custom wsrep-notify.sh exists", on="once", at="localhost"),
            Step("Copying over wsrep-notify.sh", on="nobody"),
            *CONFIG_JSON,
            Step("Copying over galera.cnf"),
            Step("Copying over healthcheck.cnf"),
            Step("Copying over TLS certificates", on="nobody"),
            Step("service-check-containers : Check containers for mariadb", "check", loop="services"),
            Step("service-check-containers : Notify handlers to restart containers for mariadb", "notify"),
            Step("service-check-containers : Check containers that require iteration for mariadb", on="nobody", loop="services"),
        ),
        skipped_first=(*CHECKING, *CHOOSE_22, *RECOVER_22),
        volume=VOLUME,
        lookup=(*LOOKUP, *mariadb(Step("Include tasks from bootstrap_cluster.yml", on="nobody"))),
        choose=CHOOSE_22,
        recover=RECOVER_22,
        stopped="MariaDB cluster exists but is stopped. Please start it using kolla-ansible mariadb-recovery",
    ),
}
