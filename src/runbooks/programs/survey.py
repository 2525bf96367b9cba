"""
Reads, in one question, what planning a restore has to know of a node. Changes nothing.

    request: {"engine": "docker", "container": name, "volume": name, "backupVolume": name, "unit": name, "config": path}

Prints one line of JSON: {"state": "surveyed", ...}, or {"state": "refused", "code", "detail"}, exit 3.
"""
import json
import os
import re
import socket

DATADIR = "/var/lib/mysql"
BINLOG = re.compile(r"^mysql-bin\.\d{6,}$")
ROOTS = {"docker": "{{.DockerRootDir}}", "podman": "{{.Store.GraphRoot}}"}
NANOSECONDS_PER_MS = 1000000


def engine_root(engine):
    code, root, said = ask([engine, "info", "--format", ROOTS[engine]])
    if code != 0 or not root.startswith("/"):
        raise Refused("SURVEY_ENGINE", said or root)
    return root


def inspect(engine, container):
    code, told, said = ask([engine, "container", "inspect", container])
    if code == 0:
        return json.loads(told)[0]
    if "no such container" in said.lower():
        return None
    raise Refused("SURVEY_ENGINE", said)


def volume_path(engine, volume):
    code, path, said = ask([engine, "volume", "inspect", "--format", "{{.Mountpoint}}", volume])
    if code == 0:
        return path
    if "no such volume" in said.lower():
        return None
    raise Refused("SURVEY_ENGINE", said)


def container_report(found):
    if found is None:
        return None
    return {
        "state": found["State"]["Status"],
        "imageId": found["Image"],
        "image": found["Config"]["Image"],
        "startedAt": found["State"]["StartedAt"],
    }


def datadir_path(found, engine, volume):
    """Where the datadir really lies: what the container mounts, or its volume when the container is gone."""
    mounts_there = [] if found is None else [mount for mount in found["Mounts"] if mount["Destination"].rstrip("/") == DATADIR]
    path = mounts_there[0]["Source"] if mounts_there else volume_path(engine, volume)
    return None if path is None else os.path.realpath(path)


def bytes_below(path):
    """What it takes on disk; of a live datadir files may go while it is looked at."""
    taken = 0
    for folder, folders, files in os.walk(path):
        for name in [""] + files:
            try:
                taken += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return taken


def datadir_report(path):
    if path is None or identity(path) is None:
        return None
    found = os.lstat(path)
    return {
        "path": path,
        "dev": found.st_dev,
        "ino": found.st_ino,
        "mode": found.st_mode & 0o7777,
        "uid": found.st_uid,
        "gid": found.st_gid,
        "bytes": bytes_below(path),
        "mountPoint": mounted(path),
    }


def base_of(path):
    """Outside every volume, where no prune finds it, and on the datadir's file system."""
    volumes = os.path.dirname(os.path.dirname(path))
    if os.path.basename(path) == "_data" and os.path.basename(volumes) == "volumes":
        return os.path.join(os.path.dirname(volumes), BASES[0])
    return os.path.join(os.path.dirname(path), BASES[1])


def newest_binlog(path):
    newest = None
    for entry in os.scandir(path):
        if BINLOG.match(entry.name):
            changed = entry.stat(follow_symlinks=False).st_mtime_ns // NANOSECONDS_PER_MS
            newest = changed if newest is None else max(newest, changed)
    return newest


def config_report(path):
    options = server_options(path)
    if options is None:
        return None
    force = last_of(options, "innodb_force_recovery")
    return {
        "path": path,
        "forceRecovery": None if force is None else force[:20],
        "lowerCaseTableNames": last_of(options, "lower_case_table_names"),
        "galeraAddress": last_of(options, "wsrep_node_address"),
        # Names only: a value may be a key.
        "encryption": sorted({name for name, _ in needed_options(options) if name != "lower_case_table_names"}),
    }


def machine_id():
    try:
        with open("/etc/machine-id") as file:
            return file.read(64).strip() or None
    except OSError:
        return None


def see_no_transfer(path):
    """The exchange refuses it too, but by then MariaDB is stopped everywhere."""
    left = os.path.join(path, "sst_in_progress")
    if os.path.exists(left):
        raise Refused("SURVEY_TRANSFER", left)


def pid_namespace(pid):
    try:
        return os.readlink("/proc/%d/ns/pid" % pid)
    except OSError:
        return None


def foreign_servers(engine, container, pids):
    """Those that live and aren't the container's, looked at after they were seen: its unit may just have started it."""
    found = inspect(engine, container)
    inside = pid_namespace(found["State"].get("Pid") or 0) if found else None
    lived = [(pid, pid_namespace(pid)) for pid in pids]
    return [pid for pid, namespace in lived if namespace is not None and namespace != inside]


def survey(wanted):
    engine, unit = wanted["engine"], wanted["unit"]
    root, found = engine_root(engine), inspect(engine, wanted["container"])
    datadir = datadir_report(datadir_path(found, engine, wanted["volume"]))
    path = None if datadir is None else datadir["path"]
    if path is not None:
        see_no_transfer(path)
    base = None if path is None else base_of(path)
    why = None if path is None else see_same_file_system(path, base)
    running = servers()
    return {
        "state": "surveyed",
        "machineId": machine_id(),
        "hostname": socket.gethostname(),
        "engineRoot": root,
        "container": container_report(found),
        "datadir": datadir,
        "backupVolumePath": volume_path(engine, wanted["backupVolume"]),
        "base": base,
        "baseTrouble": None if why is None else why[1],
        "freeBytes": None if path is None else free_bytes(path),
        "unit": {"present": unit_loaded(unit), "active": unit_state(unit)},
        "servers": running,
        "foreign": foreign_servers(engine, wanted["container"], running),
        "newestBinlog": None if path is None else newest_binlog(path),
        "grastate": None if path is None else galera_state(path),
        "config": config_report(wanted["config"]),
    }


main(survey)
