"""What ansible-playbook prints without a terminal, and what it counts."""
import json

WIDTH = 79
COUNTS = ("ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored")
FAILED, UNREACHABLE = 2, 4


class Output:
    def __init__(self, verbosity, switches):
        self.verbosity, self.switches = verbosity, switches
        self.stats = {}

    def line(self, text=""):
        print(text, flush=True)

    def header(self, text):
        self.line(f"\n{text} {'*' * max(3, WIDTH - len(text))}")

    def play(self, name, hosts):
        self.header(f"PLAY [{name}]")
        if not hosts:
            self.line("skipping: no hosts matched")

    def task(self, name, handler=False):
        self.header(f"{'RUNNING HANDLER' if handler else 'TASK'} [{name}]")
        for text in self.switches.printed(name):
            self.line(text)

    def count(self, host, *names):
        stats = self.stats.setdefault(host, dict.fromkeys(COUNTS, 0))
        for name in names:
            stats[name] += 1

    def included(self, path, hosts):
        self.line(f"included: {path} for {', '.join(hosts)}")
        for host in hosts:
            self.count(host, "ok")

    def skipped(self, host, items=()):
        for item in items:
            self.line(f"skipping: [{host}] => (item={item}) ")
        self.line(f"skipping: [{host}]")
        self.count(host, "skipped")

    def result(self, host, result, item=None, counted=True):
        """One host's end of a task that ran."""
        shown = {key: value for key, value in result.items() if key != "failed"}
        shown |= {f"{key}_lines": shown[key].splitlines() for key in ("stderr", "stdout") if key in shown}
        if result.get("failed"):
            self.line(f"fatal: [{host}]: FAILED! => {json.dumps(dict(sorted(shown.items())))}")
            self.count(host, "failed")
            return
        word = "changed" if result.get("changed") else "ok"
        suffix = f" => (item={item})" if item is not None else ""
        if self.verbosity:
            suffix += f" => {json.dumps(dict(sorted(shown.items())))}"
        self.line(f"{word}: [{host}]{suffix}")
        if counted:
            self.count(host, "ok", *(["changed"] if word == "changed" else []))

    def unreachable(self, host, message):
        shown = {"changed": False, "msg": message, "unreachable": True}
        self.line(f"fatal: [{host}]: UNREACHABLE! => {json.dumps(shown)}")
        self.count(host, "unreachable")

    def recap(self):
        self.header("PLAY RECAP")
        for host in sorted(self.stats):
            counts = " ".join(f"{name}={self.stats[host][name]:<4}" for name in COUNTS)
            self.line(f"{host:<26} : {counts}")
        self.line()

    def code(self):
        totals = {name: sum(stats[name] for stats in self.stats.values()) for name in COUNTS}
        return UNREACHABLE if totals["unreachable"] else FAILED if totals["failed"] else 0
