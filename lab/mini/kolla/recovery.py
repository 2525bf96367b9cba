"""A recovery: a new cluster from one node, chosen by name or by the highest seqno; and deploy's refusal."""
import backup
import stop
from dialects import CHECKING
from release import DIALECT, RELEASE

SYNC_SECONDS = 30
# How often, and for how long in all, release 22 asks a slave whether its state transfer is done.
TRANSFER = {"attempts": 30, "seconds": 300}
QUICK = {"retries": 1, "timeout": 10, "delay": 0}
HANDLERS = ("mariadb : Restart MariaDB on existing cluster members", "mariadb : Start MariaDB on new nodes")


class Recovery:
    """Its methods without an underscore are what a row's steps name."""

    def __init__(self, run):
        self._run = run
        self._image = run.image()
        self._name = run.variables.get("mariadb_recover_inventory_name")
        self._notified, self._alive = False, {}

    def _perform(self, steps, skipped=False):
        """The steps in their order; gives the results of the last one."""
        run = self._run
        backup_host = run.inventory.members("mariadb")[0]
        whom = {
            "backup host": lambda host: host == backup_host and run.variables.true("enable_mariabackup"),
            "first": lambda host: host == self._name,
            "others": lambda host: host != self._name,
        }
        results = {}
        for step in steps:
            only = (lambda host: False) if skipped else whom.get(step.on)
            results = run.step(step, getattr(self, step.act), only)
        return results

    def _spec(self, host, **more):
        return {"kind": "mariadb", "release": RELEASE, "address": self._run.address(host), "image": self._image} | more

    def _sql(self, host, statement):
        return self._run.ask(host, "sql", password=self._run.variables.get("database_password"), statement=statement)

    def nothing(self, host):
        return {"changed": False}

    def check(self, host):
        """What differs or doesn't run calls the handlers at the end."""
        result = self._run.ask(host, "check", spec=self._spec(host))
        self._notified = self._notified or bool(result.get("changed"))
        return result

    def notify(self, host):
        told = "Notifying handlers: Restart mariadb container" if self._notified else "Nothing changed - not notifying handlers"
        return {"changed": self._notified, "told": told}

    def volume(self, host):
        return self._run.ask(host, "volume", name="mariadb")

    def facts(self, host):
        return self._run.ask(host, "facts", names=["mariadb"])

    def stop(self, host):
        return self._run.ask(host, "stop", name="mariadb", ignore_missing=True)

    def seqno(self, host):
        return self._run.ask(host, "seqno", address=self._run.address(host), release=RELEASE, image=self._image)

    def grastate(self, host):
        return self._run.ask(host, "grastate")

    def primary(self, host):
        return self._run.ask(host, "primary", wanted=host == self._name)

    def not_primary(self, host):
        return self._run.ask(host, "primary", wanted=False)

    def start(self, host):
        return self._run.ask(host, "start", spec=self._spec(host))

    def bootstrap(self, host):
        return self._run.ask(host, "start", spec=self._spec(host, bootstrap="--wsrep-new-cluster"))

    def set_primary(self, host):
        return self._sql(host, "SET GLOBAL wsrep_provider_options='pc.bootstrap=yes'")

    def operational(self, host):
        return self._sql(host, "SHOW STATUS LIKE 'wsrep_evs_state'") | {"changed": False}

    def wait(self, host):
        return self._run.ask(host, "wait_port", address=self._run.address(host), port=3306, pattern="MariaDB", **self._run.switches.wait())

    def wait_synced(self, host):
        """
        Kolla goes on when the port opens, and Galera loses a node now and then when several join at once. Here that
        happens by the switch `leave_out`, and at no other time.
        """
        result = self.wait(host)
        if not result.get("failed"):
            self._run.ask(host, "synced", password=self._run.variables.get("database_password"), seconds=SYNC_SECONDS)
        return result

    def synced(self, host):
        password = self._run.variables.get("database_password")
        return self._run.ask(host, "synced", password=password, **TRANSFER)

    def through_vip(self, host):
        variables = self._run.variables
        vip, password = variables.get("kolla_internal_vip_address"), variables.get("database_password")
        return self._run.ask(host, "vip", password=password, vip=vip, release=RELEASE, **self._run.switches.vip())

    def look(self, host):
        address = self._run.address(host)
        result = self._run.ask(host, "wait_port", address=address, port=3306, pattern="MariaDB", **QUICK)
        self._alive[host] = not result.get("failed")
        return {key: value for key, value in result.items() if key != "attempts"} | {"ignored": True}

    def refuse(self, host):
        if any(self._alive.values()):
            return None
        return {"failed": True, "kind": "Action", "changed": False, "msg": DIALECT.stopped}

    def configure(self):
        """Facts of every host go into each one's configuration: without one of them all fail at the first template."""
        needed = DIALECT.needs_all_facts["recovery"]
        # Nobody gathers the facts of those whom --limit leaves out.
        gone = self._run.lost or self._run.inventory.left_out("mariadb")
        names = [step.name for step in DIALECT.configure]
        if gone:
            self._perform(DIALECT.configure[: names.index(needed)])
            self._run.task(needed, lambda host: backup.undefined(self._run))
            return
        self._perform(DIALECT.configure)
        self._perform(DIALECT.skipped_first, skipped=True)
        self._perform(DIALECT.volume)

    def look_up(self, skipped):
        self._perform(DIALECT.lookup, skipped)

    def choose(self):
        """Stops all and compares positions; the highest wins, whichever data that is."""
        found = {}
        for step in DIALECT.choose:
            results = self._perform([step], skipped=self._name is not None)
            found = results if step.act == "seqno" else found
        if self._name is None:
            numbers = {host: result["seqno"] for host, result in found.items() if result and "seqno" in result}
            self._name = max(numbers, key=lambda host: numbers[host]) if numbers else None

    def recover(self):
        run = self._run
        run.include(DIALECT.include_recover, "mariadb", "recover_cluster.yml")
        self._perform(CHECKING, skipped=self._name is not None)
        self.choose()
        self._perform(DIALECT.recover)
        left_out = run.switches.leave_out()
        if left_out in run.alive:
            # As after an IST that lacked write sets: up, Disconnected, and nothing ever restarts it.
            self._sql(left_out, "SET GLOBAL wsrep_cluster_address=''")
        for name in HANDLERS if self._notified else ():
            run.skip(name, handler=True)


def play(run):
    if not run.play("Recover mariadb", run.inventory.hosts("mariadb")):
        return
    run.task("Gathering Facts", lambda host: run.ask(host, "ping"))
    run.group_shards()
    run.include_action("deploy")
    recovery = Recovery(run)
    recovery.configure()
    if run.alive:
        recovery.look_up(skipped=True)
        recovery.recover()


def deploy(run):
    """Only its refusal: the lab's clouds are deployed already."""
    here = stop.gather(run)
    stop.others(run, stop.SITE.before, here)
    hosts = [host for host in run.inventory.hosts("mariadb") if host in here]
    if not run.play("Apply role mariadb", hosts) or not stop.wanted(run):
        return
    run.group_shards()
    run.include_action("deploy")
    recovery = Recovery(run)
    recovery.configure()
    recovery.look_up(skipped=False)
