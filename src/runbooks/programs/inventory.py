"""
Writes an inventory that is the deployment's own without the hosts that are gone, or removes it.

    request: {"act": "write" | "remove", "path": file, "command": argv that lists the inventory as JSON, "cwd": directory,
              "without": [names]}

The file is a program: Ansible runs it for each playbook, so that variables, which may be secret, are written nowhere.
May be asked again. Prints one line of JSON: {"state": "written", "sha256"}, or {"state": "removed"}.
"""
import hashlib
import os

TEXT = """#!/usr/bin/env python3
# The inventory of this deployment without the hosts that are gone: made by kolla-backup for one restore.
import json
import subprocess
import sys

COMMAND = %s
WITHOUT = %s
said = subprocess.run(COMMAND, cwd=%s, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
data = json.loads(said[said.index("{") : said.rindex("}") + 1])
for name, group in data.items():
    if name == "_meta":
        group["hostvars"] = {host: told for host, told in group["hostvars"].items() if host not in WITHOUT}
    elif "hosts" in group:
        group["hosts"] = [host for host in group["hosts"] if host not in WITHOUT]
json.dump(data, sys.stdout)
"""


def write(wanted):
    path = wanted["path"]
    text = TEXT % tuple(json.dumps(wanted[part]) for part in ("command", "without", "cwd"))
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    part = path + ".new"
    with open(part, "w") as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o700)
    os.rename(part, path)
    return {"state": "written", "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest()}


def remove(wanted):
    if os.path.lexists(wanted["path"]):
        os.unlink(wanted["path"])
    return {"state": "removed"}


ACTS = {"write": write, "remove": remove}


main(lambda wanted: ACTS[wanted["act"]](wanted))
