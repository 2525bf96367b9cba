"""
Removes a kept old datadir for good.

    request: {"data": "<base>/<operation>/<number>/data", "directory": "<base>/<operation>", "old": [dev, inode],
              "live": datadir}

It must be that very directory, not the live one, and nobody may hold or mount it. It is renamed first, so that nothing
half removed can be taken for data; asked again, it goes on. Prints one line of JSON: {"state": "discarded" | "already",
"bytes": freed by this run}, or {"state": "refused", "code", "detail"}, exit 3.
"""
import os
import shutil

SUFFIX = ".discarding"


def see_discardable(wanted, path):
    live = wanted["live"]
    if identity(live) is None or same(identity(live), wanted["old"]) or os.path.realpath(live) != live:
        raise Refused("DISCARD_LIVE", "%s is %s" % (live, identity(live)))
    if not same(identity(path), wanted["old"]):
        raise Refused("DISCARD_ANOTHER", "%s is %s" % (path, identity(path)))
    where, pid = mounted_anywhere(path), holder([path])
    if where is not None or pid is not None:
        raise Refused("DISCARD_IN_USE", "it is mounted at %s" % where if where else "pid %d holds something in it" % pid)


def remove_empty(folder, last):
    """What held it, and the empty places beside it, as far as nothing else lies there."""
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        try:
            os.rmdir(os.path.join(folder, name))
        except OSError:
            continue
    while within(folder, last):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = os.path.dirname(folder)
        sync(nearest(folder))


def discard(wanted):
    data, directory = wanted["data"], wanted["directory"]
    going, folder = data + SUFFIX, os.path.dirname(data)
    if not is_own(directory) or not within(folder, directory) or os.path.realpath(folder) != folder:
        raise Refused("DISCARD_NOT_OURS", data)
    if not os.path.lexists(data) and not os.path.lexists(going):
        remove_empty(folder, directory)
        return {"state": "already", "bytes": 0}
    if os.path.lexists(data):
        if os.path.lexists(going):
            raise Refused("DISCARD_ANOTHER", "both %s and %s are there" % (data, going))
        see_discardable(wanted, data)
        os.rename(data, going)
        sync(folder)
    see_discardable(wanted, going)
    freed = measure(going)["bytes"]
    shutil.rmtree(going)
    sync(folder)
    remove_empty(folder, directory)
    return {"state": "discarded", "bytes": freed}


main(discard)
