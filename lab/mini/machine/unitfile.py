"""Unit files as systemd reads them: sections, drop-ins, an empty value that clears a list, conditions on paths."""
import glob
import os

FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/mini/units")


class UnitFile:
    """What was read at the last daemon-reload. `paths` holds the fragment first, then the drop-ins."""

    def __init__(self, name):
        self.name = name
        self.values = {}
        fragments = [f"{folder}/{name}" for folder in FOLDERS if os.path.exists(f"{folder}/{name}")]
        self.loaded = bool(fragments)
        drop_ins = {}
        for folder in reversed(FOLDERS):
            for path in glob.glob(f"{folder}/{name}.d/*.conf"):
                drop_ins[os.path.basename(path)] = path
        self.drop_ins = [drop_ins[key] for key in sorted(drop_ins)]
        self.paths = fragments[:1] + (self.drop_ins if fragments else [])
        for path in self.paths:
            with open(path, encoding="utf-8") as lines:
                self._read(lines)

    def _read(self, lines):
        for line in lines:
            line = line.strip()
            if not line or line[0] in "#;[" or "=" not in line:
                continue
            key, value = (part.strip() for part in line.split("=", 1))
            if value:
                self.values.setdefault(key, []).append(value)
            else:
                self.values.pop(key, None)

    def get(self, key, default=""):
        return self.values.get(key, [default])[-1]

    def all(self, key):
        return self.values.get(key, [])

    def seconds(self, key, default):
        return float(self.get(key, str(default)).removesuffix("s"))

    def condition(self):
        """Whether every ConditionPathExists holds now."""
        wanted = [(value.startswith("!"), value.lstrip("!")) for value in self.all("ConditionPathExists")]
        return all(os.path.exists(path) != negated for negated, path in wanted)

    def enabled(self):
        return os.path.lexists(f"/etc/systemd/system/multi-user.target.wants/{self.name}")
