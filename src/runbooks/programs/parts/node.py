# What a node's unit manager, container engine and process table say of its MariaDB.
import os
import re
import subprocess

# How long the unit manager or the engine may take to answer.
ANSWER_SECONDS = 30
SERVERS = ("mariadbd", "mysqld")
# podman says `stopped` until it has cleaned up.
CONTAINER_DOWN = ("exited", "created", "dead", "stopped")
UNIT_DOWN = ("inactive", "failed")
NOT_FOUND, TOO_LONG = 127, 124


def ask(argv, seconds=ANSWER_SECONDS):
    """Exit code, standard output and error, also where the program isn't there or doesn't answer."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds)
    except FileNotFoundError:
        return NOT_FOUND, "", "%s is not there" % argv[0]
    except subprocess.TimeoutExpired:
        return TOO_LONG, "", "%s did not answer within %d s" % (argv[0], seconds)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip(), done.stderr.decode("utf-8", "replace").strip()


def unit_loaded(unit):
    """Whether the unit manager knows the unit: Kolla's recovery takes it away for a while."""
    return unit is not None and ask(["systemctl", "show", "-p", "LoadState", unit])[1] == "LoadState=loaded"


def unit_state(unit):
    """`inactive` where there is no unit to speak of; what the manager says instead of an answer where it gives none."""
    if unit is None:
        return "inactive"
    _, state, said = ask(["systemctl", "is-active", unit])
    return state or "unknown: " + said


def container_state(engine, container):
    code, state, said = ask([engine, "container", "inspect", "--format", "{{.State.Status}}", container])
    if code != 0 and "no such container" in said.lower():
        return "absent"
    return state if code == 0 else "unknown: " + said


def container_down(state):
    return state == "absent" or state in CONTAINER_DOWN


def processes():
    return [name for name in os.listdir("/proc") if name.isdigit()]


def servers():
    """Pids of every mariadbd of this host, wherever its data is."""
    found = []
    for pid in processes():
        try:
            with open("/proc/%s/comm" % pid) as file:
                if file.read().strip() in SERVERS:
                    found.append(int(pid))
        except OSError:
            pass
    return found


def arguments(pid):
    """A process's words; none where it has ended."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")
    except OSError:
        return []


def remove_labelled(engine, label, code):
    """Removes the containers that an earlier try of this operation left, running or not."""
    rc, listed, said = ask([engine, "ps", "-aq", "--filter", "label=kolla-backup.operation=" + label])
    if rc != 0:
        raise Refused(code, said or "%s ended with %d" % (engine, rc))
    for container in listed.split():
        rc, _, said = ask([engine, "rm", "-f", container], 120)
        if rc != 0 and "no such container" not in said.lower():
            raise Refused(code, said or "%s ended with %d" % (engine, rc))


def galera_state(datadir):
    """What grastate.dat says; null where it can't be read."""
    try:
        with open(os.path.join(datadir, "grastate.dat")) as file:
            found = dict(re.findall(r"^(uuid|seqno|safe_to_bootstrap):\s*(\S+)\s*$", file.read(65536), re.M))
    except (OSError, UnicodeDecodeError):
        return None
    return {"uuid": found.get("uuid"), "seqno": found.get("seqno"), "safe_to_bootstrap": found.get("safe_to_bootstrap")}
