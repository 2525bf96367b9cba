"""stop: site.yml, whose plays gather facts of every host first; a container that is Exited is left as it is."""
import backup
from release import DIALECT
from site_plays import title

SITE = DIALECT.site


def wanted(run):
    """Whether the tags take MariaDB in."""
    tags, skip = run.options.tags, run.options.skip or []
    return (tags is None or "mariadb" in tags or "all" in tags) and "mariadb" not in skip


def gather(run):
    """The plays that always run: facts of all hosts, then groups by action and by service."""
    hosts = [*run.inventory.hosts("all")]
    if hosts and "localhost" not in hosts:
        hosts.append("localhost")
    if not run.play("Gather facts for all hosts", hosts):
        return []
    run.nothing("Group hosts to determine when using --limit")
    run.task("Gather facts", lambda host: {"changed": False} if host == "localhost" else run.ask(host, "ping"))
    here = list(run.alive)
    facts_of_others(run)
    run.play("Group hosts based on configuration", here)
    run.nothing("Group hosts based on Kolla action")
    run.output.task("Group hosts based on enabled services")
    for host in here:
        run.tell(host, {"changed": False}, SITE.services)
    return here


def facts_of_others(run):
    """With --limit the facts of the others are gathered in localhost's name; one that is off fails it, and all after it."""
    left = [host for host in run.inventory.left_out("all") if host != "localhost"]
    run.play("Gather facts for all hosts (if using --limit)", ["localhost"] if left else [])

    def gathered(_):
        for host in left:
            run.ask(host, "ping")
        return {"changed": False}

    if left:
        run.task("Gather facts", gathered)


def others(run, roles, here):
    nodes = [host for host in here if host != "localhost"]
    for role in roles:
        run.play(title(role), nodes if role in SITE.idle else [])


def play(run):
    here = gather(run)
    others(run, SITE.before, here)
    hosts = [host for host in run.inventory.hosts("mariadb") if host in here]
    if run.play("Apply role mariadb", hosts) and wanted(run):
        stop_mariadb(run)
        left = list(run.alive)
        for name in ("Restart mariadb services", "Start mariadb services", "Restart bootstrap mariadb service"):
            run.play(name, [])
        run.play("Apply mariadb post-configuration", left)
        run.skip("Include mariadb post-deploy.yml")
        run.skip("Include mariadb post-upgrade.yml")
    others(run, SITE.after, here)


def stop_mariadb(run):
    run.group_shards()
    run.include_action("stop")
    services = lambda host: [run.item(host)]  # noqa: E731
    if run.lost and DIALECT.needs_all_facts["stop"]:
        run.task(DIALECT.stop, lambda host: backup.undefined(run))
        return
    if run.options.check or run.variables.true("skip_stop_containers"):
        run.task(DIALECT.stop, lambda host: None, items=services)
    else:
        left = run.switches.stop_leaves()
        if left in run.alive:
            run.ask(left, "crash", name="mariadb")
        missing = run.options.ignore_missing
        run.task(DIALECT.stop, lambda host: run.ask(host, "stop", name="mariadb", ignore_missing=missing), items=services)
    for step in DIALECT.after_stop:
        run.step(step, lambda host: None)
