"""The usage text of release 17, and the commands that exist there and not here."""

TEXT = """\
Usage: {program} COMMAND [options]

Options:
    --inventory, -i <inventory_path>   Specify path to ansible inventory file. Can be specified multiple times to pass multiple inventories.
    --playbook, -p <playbook_path>     Specify path to ansible playbook file
    --configdir <config_path>          Specify path to directory with globals.yml
    --key -k <key_path>                Specify path to ansible vault keyfile
    --help, -h                         Show this usage information
    --tags, -t <tags>                  Only run plays and tasks tagged with these values
    --skip-tags <tags>                 Only run plays and tasks whose tags do not match these values
    --extra, -e <ansible variables>    Set additional variables as key=value or YAML/JSON passed to ansible-playbook
    --passwords <passwords_path>       Specify path to the passwords file
    --limit <host>                     Specify host to run plays
    --forks <forks>                    Number of forks to run Ansible with
    --vault-id <@prompt or path>       Specify @prompt or password file (Ansible >=  2.4)
    --ask-vault-pass                   Ask for vault password
    --vault-password-file <path>       Specify password file for vault decrypt
    --check, -C                        Don't make any changes and try to predict some of the changes that may occur instead
    --diff, -D                         Show differences in ansible-playbook changed tasks
    --verbose, -v                      Increase verbosity of ansible-playbook
    --version                          Show version

Environment variables:
    EXTRA_OPTS                         Additional arguments to pass to ansible-playbook

Commands:
    install-deps         Install Ansible Galaxy dependencies
    prechecks            Do pre-deployment checks for hosts
    mariadb_recovery     Recover a completely stopped mariadb cluster
    mariadb_backup       Take a backup of MariaDB databases
                             --full (default)
                             --incremental
    bootstrap-servers    Bootstrap servers with kolla deploy dependencies
    destroy              Destroy Kolla containers, volumes and host configuration
                             --include-images to also destroy Kolla images
                             --include-dev to also destroy dev mode repos
    deploy               Deploy and start all kolla containers
    deploy-bifrost       Deploy and start bifrost container
    deploy-servers       Enroll and deploy servers with bifrost
    deploy-containers    Only deploy and start containers (no config updates or bootstrapping)
    gather-facts         Gather Ansible facts
    post-deploy          Do post deploy on deploy node
    pull                 Pull all images for containers (only pulls, no running container changes)
    rabbitmq-reset-state Force reset the state of RabbitMQ
    rabbitmq-upgrade <version> Upgrade to a specific version of RabbitMQ
    reconfigure          Reconfigure OpenStack service
    stop                 Stop Kolla containers
    certificates         Generate self-signed certificate for TLS *For Development Only*
    octavia-certificates Generate certificates for octavia deployment
                             --check-expiry <days> to check if certificates expire within that many days
    upgrade              Upgrades existing OpenStack Environment
    upgrade-bifrost      Upgrades an existing bifrost container
    genconfig            Generate configuration files for enabled OpenStack services
    validate-config      Validate configuration files for enabled OpenStack services
    prune-images         Prune orphaned Kolla images
    nova-libvirt-cleanup Clean up disabled nova_libvirt containers
"""

OTHER_COMMANDS = (
    "install-deps",
    "prechecks",
    "bootstrap-servers",
    "destroy",
    "deploy-bifrost",
    "deploy-servers",
    "deploy-containers",
    "gather-facts",
    "post-deploy",
    "pull",
    "rabbitmq-reset-state",
    "rabbitmq-upgrade",
    "reconfigure",
    "certificates",
    "octavia-certificates",
    "upgrade",
    "upgrade-bifrost",
    "genconfig",
    "validate-config",
    "prune-images",
    "nova-libvirt-cleanup",
)
