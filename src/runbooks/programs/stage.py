"""
Makes an operation's own directory on a node, empty, beside the datadir and owned like it.

    request: {"directory": "<base>/<operation>/<number>", "live": datadir, "engine": "docker", "label": operation id,
              "uid", "gid", "mode": the datadir's, "needBytes", "floorBytes": must stay free beyond them,
              "incrementals": how many directories are made beside the copy, for what is applied to it}

What an earlier preparation of this operation left running is ended first. It may be asked again while the directory is
still empty. Prints one line of JSON: {"state": "staged", "data": path, "live": [dev, inode], "new": [dev, inode],
"freeBytes"}, or {"state": "refused", "code", "detail"}, exit 3.
"""
import os

REFUSALS = {"mount": "STAGE_MOUNT_POINT", "differ": "STAGE_FILE_SYSTEMS_DIFFER"}


def make(path, mode):
    """One directory, root's own until somebody else's, written down before anything lies in it."""
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        if identity(path) is None:
            raise Refused("STAGE_NOT_A_DIRECTORY", path)
    sync(os.path.dirname(path))


def see_place(wanted):
    live, directory = wanted["live"], wanted["directory"]
    if identity(live) is None or os.path.realpath(live) != live or not is_own(os.path.dirname(directory)):
        raise Refused("STAGE_NOT_A_DIRECTORY", live if identity(live) is None else directory)
    why = see_same_file_system(live, os.path.join(directory, "data"))
    if why is not None:
        raise Refused(REFUSALS[why[0]], why[1])
    free, needed = free_bytes(live), wanted["needBytes"] + wanted["floorBytes"]
    if free < needed:
        raise Refused("STAGE_NO_ROOM", "%d bytes are free, %d are needed and %d must stay free" % (
            free, wanted["needBytes"], wanted["floorBytes"]))
    return free


def see_exchange(directory):
    """Tried here with two of its own: once MariaDB is stopped it is late to learn that there is none."""
    pair = [os.path.join(directory, "exchange-%d" % (1 + index)) for index in range(2)]
    for path in pair:
        make(path, 0o700)
    why = exchanged(*pair)
    for path in pair:
        os.rmdir(path)
    if why is not None:
        raise Refused("STAGE_NO_EXCHANGE", why)


def stage(wanted):
    directory, data = wanted["directory"], os.path.join(wanted["directory"], "data")
    remove_labelled(wanted["engine"], wanted["label"], "STAGE_ENGINE")
    free = see_place(wanted)
    operation = os.path.dirname(directory)
    for path in (os.path.dirname(operation), operation, directory, data):
        make(path, 0o700)
    see_exchange(directory)
    others = [os.path.join(directory, "incremental-%d" % (1 + index)) for index in range(wanted.get("incrementals", 0))]
    for path in others:
        make(path, 0o700)
    for path in [data] + others:
        if os.listdir(path):
            raise Refused("STAGE_NOT_EMPTY", path)
        os.chown(path, wanted["uid"], wanted["gid"])
        os.chmod(path, wanted["mode"])
        sync(path)
    if others:
        # A container that sees this directory alone moves files between the two; what is above stays root's own.
        os.chmod(directory, 0o711)
    sync(directory)
    return {"state": "staged", "data": data, "live": identity(wanted["live"]), "new": identity(data), "freeBytes": free}


main(stage)
