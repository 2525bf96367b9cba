"""mariadb_backup: a helper container on the first host of the group, and every way in which it does nothing."""
TASK = "mariadb : Taking {kind} database backup via Mariabackup"
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
        run.skip("mariadb : include_tasks")
        return
    run.include("mariadb : include_tasks", "mariadb", "backup.yml")
    if run.lost or set(run.inventory.members("mariadb")) - set(run.alive):
        # Facts of every host go into each one's configuration.
        run.task("mariadb : Get MariaDB container facts", lambda host: {"failed": True, "msg": UNDEFINED})
        return
    facts = run.task("mariadb : Get MariaDB container facts", lambda host: run.ask(host, "facts", names=["mariadb"]))
    target = run.variables.get("mariadb_backup_host", run.inventory.members("mariadb")[0])
    kind = run.options.backup_type

    def take(host):
        if run.options.check:
            return None
        image = facts[host]["containers"]["mariadb"] or run.image()
        return run.ask(host, "backup", spec={"kind": "backup", "type": kind, "image": image})

    run.task(TASK.format(kind=kind), take, only=lambda host: host == target)
