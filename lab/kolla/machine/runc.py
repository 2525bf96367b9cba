#!/usr/bin/python3 -I
"""
runc for a machine that lacks capabilities or has low limits: what a container asks for and this machine can't give is
left out of its description before runc reads it. Where the machine has all of them nothing changes.
"""
import json
import os
import resource
import sys

RUNC = "/usr/sbin/runc"
LIMITS = {"RLIMIT_NOFILE": resource.RLIMIT_NOFILE, "RLIMIT_NPROC": resource.RLIMIT_NPROC}


def held():
    """The numbers of the capabilities of this machine."""
    with open("/proc/self/status", encoding="ascii") as lines:
        mask = next(int(line.split()[1], 16) for line in lines if line.startswith("CapBnd:"))
    return mask


NAMES = """chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore""".split()


def lessen(process):
    mask = held()
    allowed = {f"CAP_{name.upper()}" for number, name in enumerate(NAMES) if mask >> number & 1}
    for kind, names in (process.get("capabilities") or {}).items():
        process["capabilities"][kind] = [name for name in names if name in allowed]
    for limit in process.get("rlimits") or []:
        number = LIMITS.get(limit["type"])
        highest = resource.getrlimit(number)[1] if number is not None else resource.RLIM_INFINITY
        if highest != resource.RLIM_INFINITY and "CAP_SYS_RESOURCE" not in allowed:
            limit["hard"] = min(limit["hard"], highest)
            limit["soft"] = min(limit["soft"], highest)
    if process.get("oomScoreAdj") is not None and "CAP_SYS_RESOURCE" not in allowed:
        process["oomScoreAdj"] = max(process["oomScoreAdj"], 0)


def rewrite(path, part):
    with open(path, encoding="utf-8") as file:
        description = json.load(file)
    lessen(description["process"] if part else description)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(description, file)


def value(arguments, *names):
    for position, argument in enumerate(arguments[:-1]):
        if argument in names:
            return arguments[position + 1]
    return None


def main():
    arguments = sys.argv[1:]
    if "create" in arguments or "run" in arguments:
        rewrite(os.path.join(value(arguments, "--bundle", "-b") or ".", "config.json"), True)
    elif "exec" in arguments and value(arguments, "--process", "-p"):
        rewrite(value(arguments, "--process", "-p"), False)
    os.execv(RUNC, [RUNC, *arguments])


main()
