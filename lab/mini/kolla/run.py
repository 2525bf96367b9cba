"""A playbook's run: hosts that are still in it, tasks on them at once, and what the container's item looks like."""
from concurrent.futures import ThreadPoolExecutor, as_completed

import remote
from agent import container
from release import DIALECT, RELEASE

ROLE = "share/kolla-ansible/ansible/roles"


class Run:
    def __init__(self, options, variables, inventory, output, switches):
        self.options, self.variables, self.inventory = options, variables, inventory
        self.output, self.switches = output, switches
        self.alive = []
        self.lost = False

    def play(self, name, hosts):
        self.alive = list(hosts)
        self.output.play(name, hosts)
        return bool(hosts)

    def ask(self, host, action, **parameters):
        return remote.ask(host, self.inventory.variables.get(host, {}), action, parameters)

    def address(self, host):
        return self.inventory.variables.get(host, {}).get("ansible_host", host)

    def role_file(self, role, name):
        return f"{self.options.home}/{ROLE}/{role}/tasks/{name}"

    def task(self, name, act, only=None, items=None, handler=False, once=False, at=None, origin=None):
        """
        Runs `act(host)` on every host still in the play, at once; `only(host)` false means skipped, and None as a
        result that it was skipped too. Hosts that fail or can't be reached leave the play. Gives the results.
        """
        if not self.alive:
            return {}
        self.output.task(name, handler, origin)
        self.switches.delay(name)

        def one(host):
            if only is not None and not only(host):
                return None
            wanted = self.switches.failure(name, host)
            if wanted:
                return wanted
            try:
                return act(host)
            except remote.Unreachable as error:
                return error

        results = {}
        hosts = self.alive[:1] if once else list(self.alive)
        with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
            futures = {pool.submit(one, host): host for host in hosts}
            for future in as_completed(futures):
                host = futures[future]
                results[host] = future.result()
                self.tell(host, results[host], items(host) if items else [], at)
        return results

    def tell(self, host, result, items=(), at=None):
        if result is None:
            self.output.skipped(host, items)
        elif isinstance(result, remote.Unreachable):
            self.output.unreachable(host, str(result))
        else:
            *most, last = items or [None]
            for item in most:
                self.output.result(host, result, item, counted=False, at=at)
            self.output.result(host, result, last, at=at)
        if isinstance(result, remote.Unreachable) or ((result or {}).get("failed") and not result.get("ignored")):
            self.alive.remove(host)
            self.lost = True

    def step(self, step, act, only=None):
        """A task of a dialect's row; `only` says on whom, where the row leaves that to its caller."""
        items = {"services": lambda host: [self.item(host)], "hosts": lambda _: self.inventory.members("mariadb")}.get(step.loop)
        nobody = (lambda host: False) if step.on == "nobody" else None
        return self.task(step.name, act, nobody or only, items, once=step.on == "once", at=step.at)

    def nothing(self, name):
        """A task that ran and changed nothing."""
        return self.task(name, lambda host: {"changed": False})

    def skip(self, name, handler=False):
        return self.task(name, lambda host: None, handler=handler)

    def include(self, name, role, file):
        if self.alive:
            self.output.task(name)
            self.output.included(self.role_file(role, file), self.alive)

    def include_action(self, action):
        self.include(DIALECT.include.format(action=action), "mariadb", f"{action}.yml")

    def group_shards(self, enabled=True):
        """The task that puts MariaDB hosts into shards: run by the first host, for all."""
        if not self.alive:
            return
        first, hosts = self.alive[0], self.inventory.members("mariadb")
        self.output.task("mariadb : Group MariaDB hosts based on shards")
        self.tell(first, {"changed": False} if enabled else None, hosts)

    def item(self, host):
        """The service as loops over services print it."""
        made = container(RELEASE, self.address(host))
        health = {"interval": "30", "retries": "3", "start_period": "5", "test": ["CMD-SHELL", made["healthcheck"]], "timeout": "30"}
        value = {"container_name": "mariadb", "group": "mariadb_shard_0", "enabled": True, "image": self.image()}
        value |= {"volumes": made["volumes"], "dimensions": {}, "healthcheck": health, "environment": made["environment"]}
        return {"key": "mariadb", "value": value}

    def image(self):
        namespace, tag = self.variables.get("docker_namespace", "kolla"), self.variables.get("openstack_tag")
        return self.variables.get("mariadb_image_full", f"{namespace}/mariadb-server:{tag}")
