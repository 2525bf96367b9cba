"""What `systemctl` understands here, and what it answers: exit code, stdout, stderr."""
import os

from unitfile import UnitFile

WANTS = "/etc/systemd/system/multi-user.target.wants"
USAGE = (1, "", "Unknown command verb or option: this systemctl knows only what the lab needs.\n")


def properties(unit):
    file = unit.file
    # In systemd's order, whichever was asked for first.
    return {
        "MainPID": str(unit.process.pid if unit.process else 0),
        "Result": unit.result,
        "NRestarts": str(unit.restarts),
        "ExecMainStatus": str(abs(unit.status)),
        "Id": unit.name,
        "LoadState": "loaded" if file.loaded else "not-found",
        "ActiveState": unit.active,
        "SubState": unit.sub,
        "FragmentPath": file.paths[0] if file.paths else "",
        "DropInPaths": " ".join(file.drop_ins),
        "UnitFileState": ("enabled" if file.enabled() else "disabled") if file.loaded else "",
        "NeedDaemonReload": "yes" if UnitFile(unit.name).paths != file.paths else "no",
        "ConditionResult": "yes" if unit.condition else "no",
    }


async def start(manager, units):
    code, message = 0, ""
    for unit in units:
        one, text = await unit.start()
        code, message = code or one, message + text
    return code, "", message


async def stop(manager, units):
    unknown = [unit.name for unit in units if not unit.file.loaded and unit.active == "inactive"]
    for unit in units:
        await unit.stop()
    return (5 if unknown else 0), "", "".join(f"Failed to stop {name}: Unit {name} not loaded.\n" for name in unknown)


async def restart(manager, units):
    for unit in units:
        await unit.stop()
    return await start(manager, units)


async def kill(manager, units, number):
    for unit in units:
        if unit.process:
            unit.process.send_signal(number)
    return 0, "", ""


async def is_active(manager, units):
    states = [unit.active for unit in units]
    return (0 if "active" in states else 3), "".join(f"{state}\n" for state in states), ""


async def is_enabled(manager, units):
    states = [properties(unit)["UnitFileState"] or "not-found" for unit in units]
    return (0 if "enabled" in states else 4 if "not-found" in states else 1), "".join(f"{state}\n" for state in states), ""


async def status(manager, units):
    lines = [f"{unit.name}\n     Loaded: {properties(unit)['LoadState']}\n     Active: {unit.active} ({unit.sub})\n" for unit in units]
    return (0 if all(unit.active == "active" for unit in units) else 3), "\n".join(lines), ""


async def cat(manager, units):
    text = ""
    for unit in units:
        for path in unit.file.paths:
            with open(path, encoding="utf-8") as file:
                text += f"# {path}\n{file.read()}\n"
    return (0 if text else 1), text, "" if text else "No files found.\n"


async def enable(manager, units):
    os.makedirs(WANTS, exist_ok=True)
    for unit in units:
        if not unit.file.enabled():
            os.symlink(f"/etc/systemd/system/{unit.name}", f"{WANTS}/{unit.name}")
    return 0, "", ""


async def disable(manager, units):
    for unit in units:
        if unit.file.enabled():
            os.unlink(f"{WANTS}/{unit.name}")
    return 0, "", ""


async def mask(manager, units):
    """Fails for a unit whose file lies in /etc, as Kolla's do."""
    path = f"/etc/systemd/system/{units[0].name}"
    return 1, "", f"Failed to mask unit: File {path} already exists.\n"


async def reset_failed(manager, units):
    for unit in units:
        unit.starts.clear()
        if unit.active == "failed":
            unit.state("inactive", "dead")
    return 0, "", ""


def show(manager, units, wanted, value_only):
    blocks = []
    for unit in units:
        known = properties(unit)
        names = [name for name in known if name in wanted] if wanted else known
        blocks.append("".join((known[name] if value_only else f"{name}={known[name]}") + "\n" for name in names))
    return 0, "\n".join(blocks), ""


VERBS = {
    "start": start,
    "stop": stop,
    "restart": restart,
    "is-active": is_active,
    "is-enabled": is_enabled,
    "status": status,
    "cat": cat,
    "enable": enable,
    "disable": disable,
    "mask": mask,
    "reset-failed": reset_failed,
}


async def answer(manager, arguments):
    words, wanted, flags, rest = [], [], set(), list(arguments)
    while rest:
        word = rest.pop(0)
        if word in ("-p", "--property"):
            wanted += rest.pop(0).split(",")
        elif word.startswith("--property=") or (word.startswith("-p") and not word.startswith("--")):
            wanted += word.removeprefix("--property=").removeprefix("-p").split(",")
        elif word.startswith("-"):
            flags.add(word)
        else:
            words.append(word)
    if words == ["daemon-reload"]:
        manager.reload()
        return 0, "", ""
    if not words:
        return USAGE
    units = [manager.unit(name) for name in words[1:]]
    for unit in units:
        # systemd loads a unit file when a unit that it doesn't know is named.
        if not unit.file.loaded:
            unit.file = UnitFile(unit.name)
    if words[0] == "show":
        return show(manager, units, wanted, "--value" in flags)
    if words[0] == "kill":
        signals = {"KILL": 9, "SIGKILL": 9, "TERM": 15, "SIGTERM": 15, "STOP": 19, "SIGSTOP": 19, "CONT": 18, "SIGCONT": 18}
        named = [flag.split("=", 1)[1] for flag in flags if flag.startswith("--signal=")]
        return await kill(manager, units, signals[named[0]] if named else 15)
    verb = VERBS.get(words[0])
    if verb is None or not units:
        return USAGE
    result = await verb(manager, units)
    if result[0] == 0 and words[0] in ("enable", "disable") and "--now" in flags:
        return await (start if words[0] == "enable" else stop)(manager, units)
    return (result[0], "", result[2]) if {"-q", "--quiet"} & flags else result
