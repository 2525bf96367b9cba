"""A playbook's run: hosts that are still in it, tasks on them at once, and what the container's item looks like."""
from concurrent.futures import ThreadPoolExecutor, as_completed

import remote

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

    def task(self, name, act, only=None, item=None, handler=False):
        """
        Runs `act(host)` on every host still in the play, at once; `only(host)` false means skipped, and None as a
        result that it was skipped too. Hosts that fail or can't be reached leave the play. Gives the results.
        """
        if not self.alive:
            return {}
        self.output.task(name, handler)
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
        hosts = list(self.alive)
        with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
            futures = {pool.submit(one, host): host for host in hosts}
            for future in as_completed(futures):
                host = futures[future]
                results[host] = future.result()
                self.tell(host, results[host], item(host) if item else None)
        return results

    def tell(self, host, result, item):
        if result is None:
            self.output.skipped(host, [item] if item else ())
        elif isinstance(result, remote.Unreachable):
            self.output.unreachable(host, str(result))
        else:
            self.output.result(host, result, item)
        if isinstance(result, remote.Unreachable) or (result or {}).get("failed"):
            self.alive.remove(host)
            self.lost = True

    def nothing(self, name):
        """A task that ran and changed nothing."""
        return self.task(name, lambda host: {"changed": False})

    def skip(self, name, handler=False):
        return self.task(name, lambda host: None, handler=handler)

    def include(self, name, role, file):
        if self.alive:
            self.output.task(name)
            self.output.included(self.role_file(role, file), self.alive)

    def group_shards(self, enabled=True):
        """The task that puts MariaDB hosts into shards: run by the first host, for all."""
        if not self.alive:
            return
        first, hosts = self.alive[0], self.inventory.members("mariadb")
        self.output.task("mariadb : Group MariaDB hosts based on shards")
        if not enabled:
            self.output.skipped(first, hosts)
            return
        for host in hosts:
            self.output.result(first, {"changed": False}, item=host, counted=False)
        self.output.count(first, "ok")

    def item(self, host):
        """The service as loops over services print it."""
        environment = {"MYSQL_USERNAME": "haproxy", "MYSQL_PASSWORD": "", "MYSQL_HOST": self.address(host), "AVAILABLE_WHEN_DONOR": "1"}
        volumes = ["/etc/kolla/mariadb/:/var/lib/kolla/config_files/:ro", "/etc/localtime:/etc/localtime:ro", "/etc/timezone:/etc/timezone:ro", "mariadb:/var/lib/mysql", "kolla_logs:/var/log/kolla/"]
        health = {"interval": "30", "retries": "3", "start_period": "5", "test": ["CMD-SHELL", "/usr/bin/clustercheck"], "timeout": "30"}
        value = {"container_name": "mariadb", "group": "mariadb_shard_0", "enabled": True, "image": self.image()}
        value |= {"volumes": volumes, "dimensions": {}, "healthcheck": health, "environment": environment}
        return {"key": "mariadb", "value": value}

    def image(self):
        tag = self.variables.get("openstack_tag", "2023.2-debian-bookworm")
        namespace = self.variables.get("docker_namespace", "kolla")
        return self.variables.get("mariadb_image_full", f"{namespace}/mariadb-server:{tag}")
