"""
Removes what a preparation left on a node: its containers and its directory. Never old data.

    request: {"directory": "<base>/<operation>", "engine": "docker", "label": operation id, "live": datadir,
              "keep": [[dev, inode], ...]}

`keep` are the datadirs that were live when the preparation began. Nothing is removed when one of them lies in the
directory, or when none of them is live any more: then the datadirs were exchanged. May be asked again.
Prints one line of JSON: {"state": "cleared" | "absent"}, or {"state": "refused", "code", "detail"}, exit 3.
"""
import os
import shutil


def see_no_old_data(wanted):
    directory, keep, live = wanted["directory"], wanted["keep"], wanted["live"]
    if not any(same(identity(live), one) for one in keep):
        raise Refused("CLEAR_OLD_DATA", "%s is %s, another directory than before" % (live, identity(live)))
    for folder, folders, _ in os.walk(directory):
        for path in [folder] + [os.path.join(folder, name) for name in folders]:
            if any(same(identity(path), one) for one in keep):
                raise Refused("CLEAR_OLD_DATA", "%s is old data" % path)


def clear(wanted):
    directory = wanted["directory"]
    if not is_own(directory) or (os.path.lexists(directory) and identity(directory) is None):
        raise Refused("CLEAR_NOT_A_DIRECTORY", directory)
    if identity(directory) is None:
        remove_labelled(wanted["engine"], wanted["label"], "CLEAR_ENGINE")
        return {"state": "absent"}
    see_no_old_data(wanted)
    remove_labelled(wanted["engine"], wanted["label"], "CLEAR_ENGINE")
    where, pid = mounted_anywhere(directory), holder([directory])
    if where is not None or pid is not None:
        raise Refused("CLEAR_IN_USE", "it is mounted at %s" % where if where else "pid %d holds something in it" % pid)
    see_no_old_data(wanted)
    shutil.rmtree(directory)
    sync(os.path.dirname(directory))
    return {"state": "cleared"}


main(clear)
