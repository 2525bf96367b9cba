"""
Holds a node's MariaDB down, also over a reboot, and reads its position; looks; or lets it go and starts it again.

    request: {"act": "hold" | "look" | "let-go" | "start" | "restart" | "reload", "unit": name or null, "flag": path,
              "engine": "docker", "container": name, "live": datadir}

Held: a drop-in keeps the unit from starting while the flag file is there, and the unit is stopped. (Masking doesn't hold
such a unit.) Without a unit the engine has nothing that starts the container, so it is only stopped. Then it is seen
down by every sign. The container may be gone. Every act may be asked again. Prints one line of JSON, by the act:
{"state": "held", "position": {...} or null}, {"state": "down"} or {"state": "up", "why"}, {"state": "free"},
{"state": "started"}, {"state": "restarted"}, {"state": "reloaded", "done"}; or {"state": "refused", "code", "detail"}, exit 3.
"""
import os
import time

UNITS = "/etc/systemd/system"
DROP_IN = "90-kolla-backup-hold.conf"
# The container's own stop may take 60 s until the engine kills it.
STOP_SECONDS = 150
LOOK_SECONDS = 0.5
# A unit that restarts comes back after 11 s: without one a server counts as down when none was seen for longer.
QUIET_SECONDS = 15
# What makes a server the first of a new cluster, and where a container has it.
FIRST = "--wsrep-new-cluster"
ENVIRONMENT = "{{range .Config.Env}}{{println .}}{{end}}"


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


def up(wanted):
    """Why MariaDB isn't seen down; null where every sign says that it is."""
    unit, container = unit_state(wanted["unit"]), container_state(wanted["engine"], wanted["container"])
    running = servers()
    if unit in UNIT_DOWN and container_down(container) and not running:
        return None
    return "unit %s, container %s, mariadbd %s" % (unit, container, " ".join(str(pid) for pid in running) or "none")


def quiet_seconds(wanted):
    return 0 if unit_loaded(wanted["unit"]) else QUIET_SECONDS


def see_down(wanted):
    """Null once it was down for long enough, or why it isn't after all that a stop may take."""
    quiet, until, since = quiet_seconds(wanted), time.monotonic() + STOP_SECONDS, None
    while True:
        why = up(wanted)
        since = None if why else since or time.monotonic()
        if why is None and time.monotonic() - since >= quiet:
            return None
        if time.monotonic() > until:
            return why or "it was not quiet for long enough"
        time.sleep(LOOK_SECONDS)


def hold(wanted):
    write(wanted["flag"], "kolla-backup holds MariaDB down on this node\n")
    if wanted["unit"] is not None:
        write(drop_in(wanted["unit"]), "[Unit]\nConditionPathExists=!%s\n" % wanted["flag"])
        reload_units()
        ask(["systemctl", "stop", wanted["unit"]], STOP_SECONDS)
    if not container_down(container_state(wanted["engine"], wanted["container"])):
        ask([wanted["engine"], "stop", "-t", "60", wanted["container"]], STOP_SECONDS)
    why = see_down(wanted)
    if why:
        raise Refused("HOLD_NOT_DOWN", why)
    return {"state": "held", "position": galera_state(wanted["live"])}


def look(wanted):
    until = time.monotonic() + quiet_seconds(wanted)
    while True:
        why = up(wanted)
        if why:
            return {"state": "up", "why": why}
        if time.monotonic() >= until:
            return {"state": "down"}
        time.sleep(LOOK_SECONDS)


def let_go(wanted):
    if wanted["unit"] is not None:
        remove(drop_in(wanted["unit"]))
        reload_units()
    remove(wanted["flag"])
    return {"state": "free"}


def do(wanted, with_unit, with_engine):
    argv = with_unit + [wanted["unit"]] if unit_loaded(wanted["unit"]) else [wanted["engine"]] + with_engine + [wanted["container"]]
    code, said, why = ask(argv, STOP_SECONDS)
    if code != 0:
        raise Refused("HOLD_NOT_STARTED", why or said or "it ended with code %d" % code)


def see_joins(wanted):
    """
    What a recovery has started as the first of a new cluster begins another one, however it is started again: its
    container says so, also where no server of it is left after a reboot.
    """
    for pid in servers():
        if FIRST in arguments(pid):
            raise Refused("HOLD_BOOTSTRAPPED", "mariadbd %d" % pid)
    code, said, why = ask([wanted["engine"], "container", "inspect", "--format", ENVIRONMENT, wanted["container"]])
    if code != 0:
        raise Refused("HOLD_NOT_STARTED", why or said)
    if any(line.startswith("BOOTSTRAP_ARGS=") and FIRST in line for line in said.splitlines()):
        raise Refused("HOLD_BOOTSTRAPPED", "BOOTSTRAP_ARGS of the container %s" % wanted["container"])


def start(wanted):
    state = container_state(wanted["engine"], wanted["container"])
    # Where it runs, as whatever, nothing is started; where there is none, its unit says so.
    if state != "absent" and container_down(state):
        see_joins(wanted)
    let_go(wanted)
    do(wanted, ["systemctl", "start"], ["start"])
    return {"state": "started"}


def restart(wanted):
    see_joins(wanted)
    do(wanted, ["systemctl", "restart"], ["restart", "-t", "60"])
    return {"state": "restarted"}


def reload(wanted):
    """
    Kolla enables its unit after its own reload, and systemd forgets such a unit once it is stopped: Kolla's stop would
    then wait 120 s for it. Where it can't be had, the stop only takes longer.
    """
    return {"state": "reloaded", "done": ask(["systemctl", "daemon-reload"])[0] == 0}


ACTS = {"hold": hold, "look": look, "let-go": let_go, "start": start, "restart": restart, "reload": reload}


main(lambda wanted: ACTS[wanted["act"]](wanted))
