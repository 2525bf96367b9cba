"""A backup: a helper container on the first host of the group, and every way in which it does nothing."""
from release import DIALECT, RELEASE


def undefined(run):
    """
    What fails where a template needs the facts of a host that nobody could ask. The words of 22.2.0's are its
    filter's; how ansible-core frames them wasn't recorded.
    """
    if DIALECT.ansible == "2.19":
        gone = next(name for name in run.inventory.members("mariadb") if name not in run.alive)
        interface = run.variables.get("network_interface", "eth0")
        return {"failed": True, "kind": "Action", "msg": f"Interface '{interface}' not present on host '{gone}'"}
    return {"failed": True, "msg": UNDEFINED}


UNDEFINED = (
    "The task includes an option with an undefined variable. The error was: {'mariadb': {'container_name': 'mariadb', "
    "'group': '{{ mariadb_shard_group }}', 'enabled': True, 'image': '{{ mariadb_image_full }}', 'dimensions': "
    "'{{ mariadb_dimensions }}', 'healthcheck': '{{ mariadb_healthcheck }}'}}: 'dict object' has no attribute 'hostname'. "
    "'dict object' has no attribute 'hostname'"
)


def play(run):
    if not run.play("Backup MariaDB", run.inventory.hosts("mariadb")):
        return
    run.task("Gathering Facts", lambda host: run.ask(host, "ping"))
    enabled = run.variables.true("enable_mariabackup")
    run.group_shards(enabled)
    if not enabled:
        run.skip(DIALECT.include.format(action="backup"))
        return
    run.include_action("backup")
    needed = DIALECT.needs_all_facts["backup"]
    if needed and (run.lost or set(run.inventory.members("mariadb")) - set(run.alive)):
        # Facts of every host go into each one's configuration.
        run.task(needed, lambda host: undefined(run))
        return
    facts = run.task("mariadb : Get MariaDB container facts", lambda host: run.ask(host, "facts", names=["mariadb"]))
    target = run.variables.get("mariadb_backup_host", run.inventory.members("mariadb")[0])
    kind = run.options.backup_type

    def take(host):
        if run.options.check:
            return None
        image = facts[host]["containers"]["mariadb"] or run.image()
        return run.ask(host, "backup", spec={"kind": "backup", "type": kind, "image": image, "release": RELEASE})

    run.task(DIALECT.backup.format(kind=kind), take, only=lambda host: host == target, origin=DIALECT.backup)
