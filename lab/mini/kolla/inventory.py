"""Hosts and groups as the real ansible-inventory reads them, with its warnings."""
import json
import re
import subprocess
import sys

# By ansible-core: what is said where --limit leaves nobody.
NOBODY = {
    "2.15": "Specified hosts and/or --limit does not match any hosts",
    "2.19": "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.",
}


def unwrapped(warnings):
    """As from 2.19 on: each on a line of its own."""
    return re.sub(r"\n(?=[^\[\n])", " ", warnings)


class NoSuchHosts(Exception):
    pass


class Inventory:
    def __init__(self, home, files, limit, dialect):
        argv = [f"{home}/bin/ansible-inventory", "--list"]
        for name in files:
            argv += ["-i", name]
        done = subprocess.run(argv, capture_output=True, text=True)
        sys.stdout.flush()
        sys.stderr.write(unwrapped(done.stderr) if dialect.ansible == "2.19" else done.stderr)
        sys.stderr.flush()
        if done.returncode:
            raise NoSuchHosts("the inventory could not be read")
        self.groups = json.loads(done.stdout)
        self.variables = self.groups.pop("_meta")["hostvars"]
        self.limit = limit
        if limit and not self._limited(self.members("all")):
            self._nobody(limit)
            raise NoSuchHosts(NOBODY[dialect.ansible])

    def _nobody(self, pattern):
        print(f"[WARNING]: Could not match supplied host pattern, ignoring: {pattern}", file=sys.stderr, flush=True)

    def members(self, group):
        """Names in the order of the inventory, each once."""
        found = []
        entry = self.groups.get(group, {})
        for name in entry.get("hosts", []):
            if name not in found:
                found.append(name)
        for child in entry.get("children", []):
            found += [name for name in self.members(child) if name not in found]
        return found

    def _limited(self, names):
        patterns = self.limit.replace(":", ",").split(",")
        taken = [pattern for pattern in patterns if not pattern.startswith("!")] or ["all"]
        wanted = self._matched(taken) - self._matched(pattern[1:] for pattern in patterns if pattern.startswith("!"))
        return [name for name in names if name in wanted]

    def _matched(self, patterns):
        found = set()
        for pattern in patterns:
            found |= set(self.members(pattern)) if pattern in self.groups or pattern == "all" else {pattern}
        return found

    def left_out(self, group):
        """The hosts of a group that --limit keeps out of its plays."""
        return [name for name in self.members(group) if self.limit and name not in self._limited([name])]

    def hosts(self, group):
        """The hosts of a play, after --limit. A group that isn't there is warned about."""
        if group not in self.groups:
            self._nobody(group)
        names = self.members(group)
        return self._limited(names) if self.limit else names
