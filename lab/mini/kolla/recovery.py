"""mariadb_recovery: a new cluster from one node, chosen by name or by the highest seqno; and deploy's refusal."""
import backup
import stop

STOPPED = "MariaDB cluster exists but is stopped. Please start it using kolla-ansible mariadb_recovery"
SYNC_SECONDS = 30
CONFIG = (
    ("Ensuring config directories exist", True, False),
    ("Ensuring database backup config directory exists", False, True),
    ("Copying over my.cnf for mariabackup", False, True),
    ("Copying over config.json files for services", True, False),
    ("Copying over config.json files for mariabackup", False, True),
    ("Copying over galera.cnf", False, False),
)
LOOKUP = (
    "Check MariaDB service port liveness",
    "Divide hosts by their MariaDB service port liveness",
    "Fail on existing but stopped cluster",
    "Check MariaDB service WSREP sync status",
    "Extract MariaDB service WSREP sync status",
    "Divide hosts by their MariaDB service WSREP sync status",
    "Fail when MariaDB services are not synced across the whole cluster",
    "include_tasks",
)
SEARCH = (
    "Stop MariaDB containers",
    "Run MariaDB wsrep recovery",
    "Copying MariaDB log file to /tmp",
    "Get MariaDB wsrep recovery seqno",
    "Removing MariaDB log file from /tmp",
    "Registering MariaDB seqno variable",
    "Comparing seqno value on all mariadb hosts",
    "Writing hostname of host with the largest seqno to temp file",
    "Registering mariadb_recover_inventory_name from temp file",
)

HANDLERS = ("Restart MariaDB on existing cluster members", "Start MariaDB on new nodes")


class Recovery:
    def __init__(self, run):
        self.run = run
        self.image = run.image()
        self.name = run.variables.get("mariadb_recover_inventory_name")

    def task(self, name, act, **options):
        return self.run.task(f"mariadb : {name}", act, **options)

    def spec(self, host, **more):
        return {"kind": "mariadb", "address": self.run.address(host), "image": self.image} | more

    def start(self, host, **more):
        return self.run.ask(host, "start", spec=self.spec(host, **more))

    def wait(self, host):
        return self.run.ask(host, "wait_port", address=self.run.address(host), port=3306, pattern="MariaDB", **self.run.switches.wait())

    def wait_synced(self, host):
        """
        Release 17 goes on when the port opens, and Galera loses a node now and then when several join at once. Here that
        happens by the switch `leave_out`, and at no other time.
        """
        result = self.wait(host)
        if not result.get("failed"):
            self.run.ask(host, "synced", password=self.run.variables.get("database_password"), seconds=SYNC_SECONDS)
        return result

    def configure(self):
        run = self.run
        first = run.inventory.members("mariadb")[0]
        for name, loop, only_first in CONFIG:
            only = (lambda host: host == first and run.variables.true("enable_mariabackup")) if only_first else None
            self.task(name, lambda host: {"changed": False}, only=only, item=run.item if loop else None)
        checked = self.task("Check mariadb containers", lambda host: run.ask(host, "check", spec=self.spec(host)), item=run.item)
        # What differs or doesn't run calls the handlers at the end.
        self.notified = any(isinstance(result, dict) and result.get("changed") for result in checked.values())
        self.task("Create MariaDB volume", lambda host: run.ask(host, "volume", name="mariadb"))
        self.task("Divide hosts by their MariaDB volume availability", lambda host: {"changed": False})
        self.task("Establish whether the cluster has already existed", lambda host: {"changed": False})

    def choose(self):
        """Stops all and compares positions; the highest wins, whichever data that is."""
        run = self.run
        self.task("Stop MariaDB containers", lambda host: run.ask(host, "stop", name="mariadb"))
        found = self.task("Run MariaDB wsrep recovery", lambda host: run.ask(host, "seqno", address=run.address(host)))
        for name in SEARCH[2:]:
            self.task(name, lambda host: {"changed": False})
        numbers = {host: result["seqno"] for host, result in found.items() if result and "seqno" in result}
        self.name = max(numbers, key=lambda host: numbers[host]) if numbers else None

    def recover(self):
        run = self.run
        only = lambda host: host == self.name  # noqa: E731
        others = lambda host: host != self.name  # noqa: E731
        self.task("Store bootstrap and master hostnames into facts", lambda host: {"changed": False})
        self.task("Set grastate.dat file from MariaDB container in bootstrap host", lambda host: run.ask(host, "grastate"), only=only)
        self.task("Starting first MariaDB container", lambda host: self.start(host, bootstrap="--wsrep-new-cluster"), only=only)
        self.task("Wait for first MariaDB container", self.wait, only=only)
        self.task("Set first MariaDB container as primary", lambda host: self.sql(host, "SET GLOBAL wsrep_provider_options='pc.bootstrap=yes'"), only=only)
        self.task("Wait for MariaDB to become operational", lambda host: self.sql(host, "SHOW STATUS LIKE 'wsrep_evs_state'") | {"changed": False}, only=only)
        self.task("Restart slave MariaDB container(s)", self.start, only=others, item=run.item)
        self.task("Wait for slave MariaDB", self.wait_synced, only=others)
        self.task("Restart master MariaDB container(s)", self.start, only=only, item=run.item)
        self.task("Wait for master mariadb", self.wait_synced, only=only)
        self.task("Wait for MariaDB service to be ready through VIP", self.through_vip)
        left_out = run.switches.leave_out()
        if left_out in run.alive:
            # As after an IST that lacked write sets: up, Disconnected, and nothing ever restarts it.
            self.sql(left_out, "SET GLOBAL wsrep_cluster_address=''")

    def sql(self, host, statement):
        return self.run.ask(host, "sql", password=self.run.variables.get("database_password"), statement=statement)

    def through_vip(self, host):
        password, vip = self.run.variables.get("database_password"), self.run.variables.get("kolla_internal_vip_address")
        return self.run.ask(host, "vip", password=password, vip=vip, **self.run.switches.vip())


def play(run):
    if not run.play("Recover mariadb", run.inventory.hosts("mariadb")):
        return
    run.task("Gathering Facts", lambda host: run.ask(host, "ping"))
    run.group_shards()
    run.include("mariadb : include_tasks", "mariadb", "deploy.yml")
    recovery = Recovery(run)
    # Nobody gathers the facts of those whom --limit leaves out.
    if run.lost or run.inventory.left_out("mariadb"):
        stop_here(run)
        return
    recovery.configure()
    for name in LOOKUP:
        run.skip(f"mariadb : {name}")
    run.include("mariadb : include_tasks", "mariadb", "recover_cluster.yml")
    run.skip("mariadb : Checking for mariadb cluster")
    named = recovery.name is not None
    first = run.alive[0] if run.alive else None
    run.output.task("mariadb : Cleaning up temp file on localhost")
    run.tell(first, None if named else {"changed": False}, None)
    if named:
        for name in SEARCH:
            run.skip(f"mariadb : {name}")
    else:
        recovery.choose()
    recovery.recover()
    for name in HANDLERS if recovery.notified else ():
        run.skip(f"mariadb : {name}", handler=True)


def stop_here(run):
    """Facts of every host go into each one's configuration: without one of them all fail at the first template."""
    run.task("mariadb : Ensuring config directories exist", lambda host: {"failed": True, "msg": backup.UNDEFINED})


def deploy(run):
    """Only its refusal: the lab's clouds are deployed already."""
    here = stop.gather(run)
    stop.others(run, stop.ROLES_BEFORE)
    hosts = [host for host in run.inventory.hosts("mariadb") if host in here]
    if not run.play("Apply role mariadb", hosts) or not stop.wanted(run):
        return
    run.group_shards()
    run.include("mariadb : include_tasks", "mariadb", "deploy.yml")
    recovery = Recovery(run)
    recovery.configure()
    quick = {"retries": 1, "timeout": 10, "delay": 0}
    port = {"port": 3306, "pattern": "MariaDB"} | quick
    alive = {}

    def look(host):
        alive[host] = not run.ask(host, "wait_port", address=run.address(host), **port).get("failed")
        return {"changed": False}

    recovery.task(LOOKUP[0], look)
    recovery.task(LOOKUP[1], lambda host: {"changed": False})
    recovery.task(LOOKUP[2], lambda host: None if any(alive.values()) else {"failed": True, "changed": False, "msg": STOPPED})
    for name in LOOKUP[3:]:
        run.skip(f"mariadb : {name}")
