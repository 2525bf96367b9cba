"""The Python CLI's parsers, whose help texts and complaints are argparse's own work, and the list of its commands."""
import argparse
import os

COMMANDS = {
    "bootstrap-servers": "Bootstrap servers with Kolla Ansible deploy dependencies",
    "certificates": "Generate self-signed certificate for TLS *For Development Only*",
    "check": "Check container status",
    "complete": "print bash completion command (cliff)",
    "deploy": "Generate config, bootstrap and start all Kolla Ansible containers",
    "deploy-bifrost": "Deploy and start bifrost container",
    "deploy-containers": "Only deploy and start containers (no config updates or bootstrapping)",
    "deploy-servers": "Enroll and deploy servers with bifrost",
    "destroy": "Destroy Kolla Ansible containers, volumes and host configuration!",
    "gather-facts": "Gather Ansible facts on hosts",
    "genconfig": "Generate configuration files for services. No container changes!",
    "help": "print detailed help for another command (cliff)",
    "install-deps": "Install Ansible Galaxy dependencies",
    "mariadb-backup": "Take a backup of MariaDB databases. See help for options",
    "mariadb-recovery": "Recover a completely stopped MariaDB cluster",
    "migrate-container-engine": "Migrate the container engine of the deployed OpenStack",
    "nova-libvirt-cleanup": "Clean up disabled nova_libvirt containers",
    "octavia-certificates": "Generate certificates for octavia deployment",
    "post-deploy": "Do post deploy on deploy node",
    "prechecks": "Do pre-deployment checks for hosts",
    "prune-images": "Prune orphaned Kolla Ansible docker images",
    "pull": "Pull all images for containers. Only pulls, no container changes",
    "rabbitmq-reset-state": "Force reset the state of RabbitMQ",
    "reconfigure": "Reconfigure enabled OpenStack service",
    "stop": "Stop Kolla Ansible containers",
    "upgrade": "Upgrades existing OpenStack Environment",
    "upgrade-bifrost": "Upgrades an existing bifrost container",
    "validate-config": "Validate configuration files for enabled OpenStack services",
}
FLAG = {"action": "store_true"}
MANY = {"action": "append"}
# Options by group, in the order of the help: names, how they are taken, and what is said of them.
ANSIBLE = (
    (("-b", "--become"), FLAG, "run operations with become (nopasswd implied)"),
    (("-C", "--check"), FLAG, "don't make any changes; instead, try to predict some of the changes that may occur"),
    (
        ("-D", "--diff"), FLAG,
        "when changing (small) files and templates, show the differences in those files; works great with --check",
    ),
    (("-e", "--extra-vars"), MANY | {"metavar": "EXTRA_VARS"}, "set additional variables as key=value or YAML/JSON"),
    (("-i", "--inventory"), MANY | {"metavar": "INVENTORY"}, "specify inventory host path "),
    (("-l", "--limit"), {"metavar": "SUBSET"}, "further limit selected hosts to an additional pattern"),
    (("--skip-tags",), {"metavar": "TAGS"}, "only run plays and tasks whose tags do not match these values"),
    (("-t", "--tags"), {"metavar": "TAGS"}, "only run plays and tasks tagged with these values"),
    (
        ("-lt", "--list-tasks"), FLAG,
        "only print names of tasks, don't run them, note this has no affect on kolla-ansible.",
    ),
    (("-p", "--playbook"), MANY | {"metavar": "PLAYBOOKS"}, "Specify custom playbooks for kolla ansible to use"),
    (
        ("--vault-id",), MANY | {"metavar": "VAULT_IDS", "default": []},
        "the vault identity to use. This argument may be specified multiple times.",
    ),
    (
        ("--vault-password-file", "--vault-pass-file"), MANY | {"metavar": "VAULT_PASSWORD_FILES", "default": []},
        "vault password file",
    ),
    (("-J", "--ask-vault-password", "--ask-vault-pass"), FLAG, "ask for vault password"),
)
KOLLA = (
    (
        ("--configdir",), {"dest": "kolla_config_path", "default": os.environ.get("KOLLA_CONFIG_PATH", "/etc/kolla")},
        "path to Kolla configuration.(default=$KOLLA_CONFIG_PATH or /etc/kolla)",
    ),
    (("--passwords",), {"dest": "kolla_passwords"}, "Path to the kolla ansible passwords file"),
)
# A command's own group of options, by what it does.
OWN = {
    "backup": (
        "MariaDB backup type",
        (
            (("--full",), {"action": "store_const", "const": "full", "dest": "mariadb_backup_type", "default": "full"}, None),
            (("--incremental",), {"action": "store_const", "const": "incremental", "dest": "mariadb_backup_type"}, None),
        ),
    ),
    "stop": (
        "Stop action",
        (
            (
                ("--yes-i-really-really-mean-it",), FLAG | {"required": True},
                "WARNING! This action will remove the Openstack deployment!",
            ),
            (("--ignore-missing",), FLAG, "Don't fail if there are missing containers"),
        ),
    ),
}


def program(name, release):
    """The options before, between and after a command's own."""
    parser = argparse.ArgumentParser(prog=name, description="Kolla Ansible Command Line Interface (CLI)", add_help=False)
    parser.add_argument("--version", action="version", version=f"{name} {release}")
    loud = parser.add_mutually_exclusive_group()
    dest = {"dest": "verbose_level"}
    loud.add_argument(
        "-v", "--verbose", action="count", default=1, help="Increase verbosity of output. Can be repeated.", **dest,
    )
    loud.add_argument("-q", "--quiet", action="store_const", const=0, help="Suppress output except warnings and errors.", **dest)
    parser.add_argument("--log-file", help="Specify a file to log output. Disabled by default.")
    parser.add_argument("-h", "--help", dest="deferred_help", action="store_true", help="Show help message and exit.")
    parser.add_argument("--debug", action="store_true", help="Show tracebacks on errors.")
    return parser


def helper(name):
    """What `help` itself takes."""
    parser = argparse.ArgumentParser(prog=name, description="print detailed help for another command")
    parser.add_argument("cmd", nargs="*", help="name of the command")
    return parser


def command(name, row):
    """The options of one command; `row` is the dialect's."""
    parser = argparse.ArgumentParser(prog=name, description=row.about)
    groups = [("Ansible arguments", ANSIBLE), ("Kolla Ansible arguments", KOLLA)]
    for title, options in groups + ([OWN[row.act]] if row.act in OWN else []):
        group = parser.add_argument_group(title)
        for names, how, about in options:
            group.add_argument(*names, **how, help=about)
    return parser
