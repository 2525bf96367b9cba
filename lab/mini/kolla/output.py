"""What ansible-playbook prints without a terminal, and what it counts."""
import json

from origins import ORIGINS

WIDTH = 79
COUNTS = ("ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored")
FAILED, UNREACHABLE = 2, 4


def dump(result):
    return json.dumps(dict(sorted(result.items())))


class Plain:
    """Up to ansible-core 2.18: a failure is the line of its result."""

    refused = "ERROR! {}"

    def failed(self, output, task, message, kind):
        pass

    def unreachable(self, output, task, message):
        return message


class Placed:
    """
    From 2.19 on: before that line stand the error, the task's place in the playbooks, and what caused it. The same words
    of the same place are said once a run.
    """

    refused = "[ERROR]: {}"

    def __init__(self, playbooks):
        self.playbooks, self.said = playbooks, set()

    def new(self, *error):
        found = error not in self.said
        self.said.add(error)
        return found

    def place(self, output, task):
        origin = ORIGINS.get(task)
        if origin is None:
            return False
        output.line(f"Origin: {self.playbooks}/{origin.file}:{origin.line}:{origin.column}\n")
        width = len(str(origin.line))
        for number, text in enumerate(origin.source, origin.line - len(origin.source) + 1):
            output.line(f"{number:>{width}} {text}" if text else f"{number:>{width}}")
        output.line(f"{' ' * (width + origin.column)}^ column {origin.column}\n")
        return True

    def failed(self, output, task, message, kind):
        if self.new(task, kind, message):
            output.line(f"[ERROR]: Task failed: {kind} failed: {message}")
            self.place(output, task)

    def unreachable(self, output, task, message):
        if self.new(task, message):
            output.line(f"[ERROR]: Task failed: {message}\n\nTask failed.")
            if not self.place(output, task):
                output.line()
            output.line(f"<<< caused by >>>\n\n{message}\n")
        return f"Task failed: {message}"


class Output:
    def __init__(self, verbosity, switches, style):
        self.verbosity, self.switches, self.style = verbosity, switches, style
        self.stats, self.current = {}, None

    def line(self, text=""):
        print(text, flush=True)

    def header(self, text):
        self.line(f"\n{text} {'*' * max(3, WIDTH - len(text))}")

    def play(self, name, hosts):
        self.header(f"PLAY [{name}]")
        if not hosts:
            self.line("skipping: no hosts matched")

    def task(self, name, handler=False, origin=None):
        """`origin` is the name under which its place in the playbooks is known, if that is another."""
        self.header(f"{'RUNNING HANDLER' if handler else 'TASK'} [{name}]")
        self.current = origin or name
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

    def result(self, host, result, item=None, counted=True, at=None):
        """One host's end of a task that ran; `at` is where it was done in that host's name."""
        inner = ("failed", "ignored", "kind", "told")
        shown = {key: value for key, value in result.items() if key not in inner}
        shown |= {f"{key}_lines": shown[key].splitlines() for key in ("stderr", "stdout") if key in shown}
        if result.get("failed"):
            if "msg" in result:
                self.style.failed(self, self.current, result["msg"], result.get("kind", "Module"))
            if item is None:
                self.line(f"fatal: [{host}]: FAILED! => {dump(shown)}")
            else:
                self.line(f"failed: [{host}] (item={item}) => {dump(shown | {'ansible_loop_var': 'item', 'item': item})}")
            if result.get("ignored"):
                self.line("...ignoring")
            self.count(host, *(["ok", "ignored"] if result.get("ignored") else ["failed"]))
            return
        word = "changed" if result.get("changed") else "ok"
        suffix = f" => (item={item})" if item is not None else ""
        if "told" in result:
            suffix += f" => {json.dumps({'msg': result['told']}, indent=4)}"
        elif self.verbosity:
            suffix += f" => {dump(shown)}"
        self.line(f"{word}: [{host}{f' -> {at}' if at else ''}]{suffix}")
        if counted:
            self.count(host, "ok", *(["changed"] if word == "changed" else []))

    def unreachable(self, host, message):
        message = self.style.unreachable(self, self.current, message)
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
