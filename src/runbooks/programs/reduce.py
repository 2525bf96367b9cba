"""
Makes, on the deploy host, an inventory that lacks some hosts and is otherwise the deployment's own.

    request: {"act": "make" | "remove", "directory": "<base>/<operation>", "program": argv of ansible-inventory --list,
              "sources": [inventory, ...], "vault": [argument, ...], "playbooks": [where they may lie, ...],
              "group": "mariadb", "gone": [host, ...]}

An option of Ansible's can't take a host away, so the inventories are read by Ansible, the hosts are left out, and the
rest is written as a script that prints it. What each remaining host and each group is then, with the variables beside
kolla-ansible's playbooks, must be what it was: variables of groups may weigh otherwise in one file than in several.
What can't be seen so is refused: variables that name the inventory's own place, and another name of a host that is gone.
Prints one line of JSON: {"state": "reduced", "inventory", "digest", "nodes"} or {"state": "removed"}, or
{"state": "refused", "code", "detail"}, exit 3. May be asked again.
"""
import hashlib
import os
import shutil
import subprocess


def listed(wanted, sources, *options):
    argv = wanted["program"] + [part for source in sources for part in ("-i", source)] + wanted["vault"] + list(options)
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    text = done.stdout
    try:
        return json.loads(text[text.index("{"):text.rindex("}") + 1])
    except ValueError:
        said = (done.stderr.strip() or "it printed no inventory").splitlines()[-1]
        raise Refused("INVENTORY_NOT_REDUCED", "ansible-inventory ended with %s: %s" % (done.returncode, said))


def without(inventory, gone):
    for name, group in inventory.items():
        if name != "_meta" and "hosts" in group:
            group["hosts"] = [host for host in group["hosts"] if host not in gone]
    variables = inventory.get("_meta", {}).get("hostvars", {})
    for host in gone:
        variables.pop(host, None)
    return inventory


def plain(inventory):
    """An empty group or list says nothing."""
    groups = {name: {key: value for key, value in group.items() if value} for name, group in inventory.items() if name != "_meta"}
    return {name: group for name, group in groups.items() if group}, inventory.get("_meta", {}).get("hostvars", {})


def difference(before, after):
    for one, other in zip(plain(before), plain(after)):
        for name in sorted(set(one) | set(other)):
            if one.get(name, {}) == other.get(name, {}):
                continue
            keys = [key for key in sorted(set(one.get(name, {})) | set(other.get(name, {}))) if one.get(name, {}).get(key) != other.get(name, {}).get(key)]
            # Never a value: it may be a secret.
            return "%s would differ in %s" % (name, ", ".join(keys[:5]))
    return None


def members(inventory, group, seen):
    if group in seen:
        return []
    seen.add(group)
    found = inventory.get(group, {})
    below = [host for child in found.get("children", []) for host in members(inventory, child, seen)]
    return list(found.get("hosts", [])) + below


def address(inventory, host):
    """Where Ansible reaches a host; null where only it knows, by a template."""
    found = str(inventory.get("_meta", {}).get("hostvars", {}).get(host, {}).get("ansible_host", host))
    return None if "{{" in found else found


def see_no_alias(inventory, gone):
    away = {address(inventory, host): host for host in sorted(gone)}
    for host in sorted(members(inventory, "all", set())):
        there = address(inventory, host)
        if host not in gone and there is not None and there in away:
            raise Refused("INVENTORY_NOT_REDUCED", "%s is another name of %s, by its address" % (host, away[there]))


def see_no_place(text):
    for name in ("inventory_dir", "inventory_file"):
        if name in text:
            raise Refused("INVENTORY_NOT_REDUCED", "something in it is found by %s, which would be another" % name)


def write(path, text, mode):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(path, mode)


def link(wanted, directory):
    """Files of variables beside an inventory weigh more than what stands in it: they stand beside the script, too."""
    places = {source if os.path.isdir(source) else os.path.dirname(source) for source in wanted["sources"]}
    for name in ("group_vars", "host_vars"):
        path = os.path.join(directory, name)
        if os.path.lexists(path):
            os.unlink(path)
        found = [os.path.join(place, name) for place in sorted(places) if os.path.isdir(os.path.join(place, name))]
        # Of several only one could stand there; what then differs is seen below.
        if len(found) == 1:
            os.symlink(found[0], path)


def act(wanted):
    directory, gone = wanted["directory"], set(wanted["gone"])
    if wanted["act"] == "remove":
        if os.path.isdir(directory) and not os.path.islink(directory):
            shutil.rmtree(directory)
        return {"state": "removed"}
    playbooks = [path for path in wanted["playbooks"] if os.path.isdir(path)]
    if not playbooks:
        raise Refused("INVENTORY_NOT_REDUCED", "the playbooks of kolla-ansible lie in none of %s" % ", ".join(wanted["playbooks"]))
    os.makedirs(directory, mode=0o700, exist_ok=True)
    found = listed(wanted, wanted["sources"], "--export")
    see_no_alias(found, gone)
    text = json.dumps(without(found, gone))
    see_no_place(text)
    write(os.path.join(directory, "hosts.json"), text, 0o600)
    script = os.path.join(directory, "hosts")
    write(script, '#!/bin/sh\nexec cat "${0%/*}/hosts.json"\n', 0o700)
    link(wanted, directory)
    before = without(listed(wanted, wanted["sources"], "--playbook-dir", playbooks[0]), gone)
    after = listed(wanted, [script], "--playbook-dir", playbooks[0])
    differs = difference(before, after)
    if differs is not None:
        raise Refused("INVENTORY_NOT_REDUCED", differs)
    nodes = list(dict.fromkeys(members(after, wanted["group"], set())))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"state": "reduced", "inventory": script, "digest": digest, "nodes": nodes}


main(act)
