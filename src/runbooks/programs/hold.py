"""
Holds a node's MariaDB down, also over a reboot, and reads its position; or lets it go again.

    python3 -c <this> {"act": "hold" | "let-go", "unit": name or null, "flag": path, "engine": "docker",
                       "container": name, "live": datadir}

Held: a drop-in keeps the unit from starting while the flag file is there, and the unit is stopped. (Masking doesn't hold
such a unit.) Without a unit the engine has nothing that starts the container, so it is only stopped. Then it is seen
down by every sign. Both acts may be asked again. Prints one line of JSON: {"state": "held", "position": {...} or null}
or {"state": "free"}, or {"state": "refused", "code", "detail"}, exit 3.
"""
import json
import os
import re
import subprocess
import sys
import time

UNITS = "/etc/systemd/system"
DROP_IN = "90-kolla-backup-hold.conf"
ANSWER_SECONDS = 30
# The container's own stop may take 60 s until the engine kills it.
STOP_SECONDS = 150
LOOK_SECONDS = 0.5
# A unit that restarts comes back after 11 s: without one a server counts as down when none was seen for longer.
QUIET_SECONDS = 15
SERVERS = ("mariadbd", "mysqld")
EXIT_REFUSED = 3


class Refused(Exception):
    def __init__(self, code, detail):
        super().__init__(detail)
        self.code, self.detail = code, detail


def ask(argv, seconds=ANSWER_SECONDS):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip(), done.stderr.decode("utf-8", "replace").strip()


def sync(path):
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write(path, text):
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path + ".new", "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
    sync(os.path.dirname(path))


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    sync(os.path.dirname(path))


def drop_in(unit):
    return os.path.join(UNITS, unit + ".d", DROP_IN)


def reload_units():
    code, said, why = ask(["systemctl", "daemon-reload"])
    if code != 0:
        raise Refused("HOLD_UNITS", why or said)


def unit_state(unit):
    return "inactive" if unit is None else ask(["systemctl", "is-active", unit])[1]


def container_state(engine, container):
    code, state, said = ask([engine, "container", "inspect", "--format", "{{.State.Status}}", container])
    if code != 0 and "no such container" in said.lower():
        return "exited"
    return state if code == 0 else "unknown: " + said


def servers():
    found = []
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            with open("/proc/%s/comm" % pid) as file:
                if file.read().strip() in SERVERS:
                    found.append(pid)
        except OSError:
            pass
    return found


def down(wanted):
    unit, container = unit_state(wanted["unit"]), container_state(wanted["engine"], wanted["container"])
    running = servers()
    if unit in ("inactive", "failed") and container in ("exited", "created", "dead") and not running:
        return None
    return "unit %s, container %s, mariadbd %s" % (unit, container, " ".join(running) or "none")


def hold(wanted):
    write(wanted["flag"], "kolla-backup holds MariaDB down on this node\n")
    if wanted["unit"] is not None:
        write(drop_in(wanted["unit"]), "[Unit]\nConditionPathExists=!%s\n" % wanted["flag"])
        reload_units()
        ask(["systemctl", "stop", wanted["unit"]], STOP_SECONDS)
    if container_state(wanted["engine"], wanted["container"]) not in ("exited", "created", "dead"):
        ask([wanted["engine"], "stop", "-t", "60", wanted["container"]], STOP_SECONDS)
    see_down(wanted, 0 if wanted["unit"] is not None else QUIET_SECONDS)
    return {"state": "held", "position": position(wanted["live"])}


def see_down(wanted, quiet):
    until, since = time.monotonic() + STOP_SECONDS, None
    while True:
        why = down(wanted)
        since = None if why else since or time.monotonic()
        if why is None and time.monotonic() - since >= quiet:
            return
        if time.monotonic() > until:
            raise Refused("HOLD_NOT_DOWN", why or "it was not quiet for long enough")
        time.sleep(LOOK_SECONDS)


def position(live):
    """What grastate.dat says, before anything can change it; null where it can't be read."""
    try:
        with open(os.path.join(live, "grastate.dat")) as file:
            text = file.read(65536)
    except OSError:
        return None
    found = dict(re.findall(r"^(uuid|seqno|safe_to_bootstrap):\s*(\S+)\s*$", text, re.M))
    return {"uuid": found.get("uuid"), "seqno": found.get("seqno"), "safe_to_bootstrap": found.get("safe_to_bootstrap")}


def let_go(wanted):
    if wanted["unit"] is not None:
        remove(drop_in(wanted["unit"]))
        reload_units()
    remove(wanted["flag"])
    return {"state": "free"}


try:
    request = json.loads(sys.argv[1])
    print(json.dumps(hold(request) if request["act"] == "hold" else let_go(request)))
except Refused as refused:
    print(json.dumps({"state": "refused", "code": refused.code, "detail": refused.detail}))
    sys.exit(EXIT_REFUSED)
