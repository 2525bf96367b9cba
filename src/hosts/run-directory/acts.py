# Part 5 of 5: the acts. Each gets one request and gives one answer, a line of JSON; whichever is cut short can be asked again.

CHUNK_BYTES = 256 * 1024
SYSTEMD_SECONDS = 20
SYSTEMD = "/run/systemd/system"
# On stop systemd is to leave the program alone: a time limit reports, it doesn't kill.
UNIT_PROPERTIES = ["KillMode=process", "SendSIGKILL=no", "TimeoutStopSec=10"]


def act_open(request):
    path = plan_path(request)
    lock(os.path.dirname(path))
    if os.path.lexists(path + OVER):
        return {"state": "plan_over"}
    try:
        make(path)
    except FileExistsError:
        return {"state": "exists"}
    return {"state": "opened"}


def gone(path):
    return {"state": "plan_over" if os.path.lexists(path + OVER) else "plan_missing"}


def act_start(request):
    check_start(request)
    path, plan = step_path(request), plan_path(request)
    values, problems = read_secrets(request["redact"]["files"])
    Redactor(values, request["redact"]["patterns"])
    try:
        make(path)
        directory = open_directory(path)
    except FileExistsError:
        return {"state": "already_sent"}
    except FileNotFoundError:
        return gone(plan)
    if directory is None:
        return gone(plan)
    write_json(directory, "head", request["head"])
    write_json(directory, "command", {"argv": request["argv"], "cwd": request.get("cwd")})
    by, note = launch(request, path, directory)
    return {"state": "sent", "supervised_by": by, "note": note, "redaction": problems}


def check_start(request):
    argv, redaction = request.get("argv"), request.get("redact")
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) and "\0" not in word for word in argv):
        raise Refused("bad_request", "argv is not a list of words")
    if not isinstance(redaction, dict) or not isinstance(request.get("head"), dict):
        raise Refused("bad_request", "redact and head are needed")
    for pattern in redaction["patterns"]:
        try:
            re.compile(pattern.encode("utf-8"))
        except re.error as error:
            raise Refused("bad_request", "pattern %s: %s" % (pattern, error))


def launch(request, path, directory):
    """Starts the supervisor. If both ways are tried, `begun` lets only one of them run the program."""
    unit = "kolla-backup-%s.service" % marker_of(request).replace("/", "-")
    inner = {key: request[key] for key in request if key != "program"}
    inner.update(act="supervise", unit=unit)
    text = "import json\nrequest = json.loads(%r)\n%s" % (json.dumps(inner), request["program"])
    write_new(directory, "run.py", text.encode("ascii"))
    argv, note = [sys.executable, "-I", os.path.join(path, "run.py")], None
    if request.get("systemd") != "never" and os.path.isdir(SYSTEMD) and os.geteuid() == 0:
        note = start_unit(unit, argv)
        if note is None:
            return "systemd", None
    with open("/dev/null", "r+b") as null:
        log = os.open("supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600, dir_fd=directory)
        # Its parent, this process, ends now: nothing of the login is left above it.
        subprocess.Popen(argv, stdin=null, stdout=log, stderr=log, cwd="/", start_new_session=True)
        os.close(log)
    return "setsid", note


def start_unit(unit, argv):
    """None, or why systemd didn't take it."""
    properties = ["--property=" + value for value in UNIT_PROPERTIES]
    command = ["systemd-run", "--quiet", "--unit=" + unit] + properties + ["--"] + argv
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SYSTEMD_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:500]
    return None if done.returncode == 0 else done.stdout.decode("utf-8", "replace").strip()[:500]


def find_step(request):
    """(state of the plan, descriptor of the step or None)."""
    plan = plan_path(request)
    for path, state in ((plan, "open"), (plan + OVER, "over")):
        directory = open_directory(os.path.join(path, name_of(request, "step")))
        if directory is not None:
            return state, directory
    return ("open" if os.path.isdir(plan) else "over" if os.path.lexists(plan + OVER) else "missing"), None


def supervisors(directory):
    names = [name for name in os.listdir(directory) if name.startswith("supervisor.") and name[11:].isdigit()]
    return [who for who in (read_json(directory, name) for name in names) if who]


def state_of(request, directory):
    """Each question is asked in the order in which a step writes, so that one which goes on meanwhile isn't taken for dead."""
    if not exists(directory, "begun"):
        return {"state": "sent"}
    finished = finished_state(request, directory)
    if finished:
        return finished
    if exists(directory, "taken"):
        return {"state": "taken"}
    known, program = supervisors(directory), read_json(directory, "program")
    pid = program["pid"] if program else None
    if any(is_alive(who) for who in known):
        return {"state": "running", "pid": pid}
    # It may have finished between the two looks; dead, it can't any more.
    finished = finished_state(request, directory)
    if finished:
        return finished
    if not exists(directory, "starting"):
        return {"state": "taken"}
    pids = descendants(request, read_json(directory, "program"), unit_of(known))
    return {"state": "orphaned", "pids": pids} if pids else {"state": "unclear"}


def unit_of(known):
    return known[0].get("unit") if known else None


def finished_state(request, directory):
    result = read_json(directory, "exit")
    if result is None:
        return None
    left = descendants(request, read_json(directory, "program"), unit_of(supervisors(directory)))
    return dict(result, state="finished", left=left)


def output_of(directory, offset):
    """Up to CHUNK_BYTES from `offset` (bytes), cut at a line's end where there is one."""
    try:
        fd = os.open("output", os.O_RDONLY, dir_fd=directory)
    except FileNotFoundError:
        return {"text": "", "next": offset, "size": 0}
    data, size = os.pread(fd, CHUNK_BYTES, offset), os.fstat(fd).st_size
    os.close(fd)
    if offset + len(data) < size or not data.endswith((b"\n", b"\r")):
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1] or data
    return {"text": data.decode("utf-8", "replace"), "next": offset + len(data), "size": size}


def act_look(request):
    plan, directory = find_step(request)
    answer = {"plan": plan, "now": time.time()}
    if directory is None:
        return dict(answer, state="absent")
    answer.update(state_of(request, directory), head=read_json(directory, "head"))
    # Read after the state: what is finished has all of its output.
    return dict(answer, output=output_of(directory, request.get("output_offset", 0)))


def act_take(request):
    path, plan = step_path(request), plan_path(request)
    try:
        make_if_missing(path)
        directory = open_directory(path)
        if directory is None:
            return gone(plan)
        try:
            os.mkdir(os.path.join(path, "begun"), 0o700)
        except FileExistsError:
            return {"state": "taken" if exists(directory, "taken") else "begun_already"}
        os.fsync(directory)
    except FileNotFoundError:
        return gone(plan)
    write_new(directory, "taken", b"")
    return {"state": "taken"}


def steps_in(path):
    return sorted(name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name)))


def running_in(request, path):
    """The steps of a plan's directory whose program lives."""
    found = []
    for step in steps_in(path):
        directory = open_directory(os.path.join(path, step))
        if directory is None:
            continue
        state = state_of(dict(request, step=step), directory)
        if state["state"] in ("running", "orphaned"):
            found.append(step)
        os.close(directory)
    return found


def act_close(request):
    plan = plan_path(request)
    lock(os.path.dirname(plan))
    if os.path.isdir(plan + OVER):
        return {"state": "already", "running": running_in(request, plan + OVER)}
    if not os.path.isdir(plan):
        # Never opened here: an opening that is still under way somewhere must find it over.
        make(plan + OVER)
        return {"state": "closed", "running": []}
    running = running_in(request, plan)
    if running and not request.get("even_if_running"):
        return {"state": "running", "running": running}
    os.rename(plan, plan + OVER)
    sync(os.path.dirname(plan))
    # Nothing can begin from here on; what began in the moment before is told.
    return {"state": "closed", "running": running_in(request, plan + OVER)}


def act_heads(request):
    base, operations = base_of(request), []
    for operation in filter(NAME.match, steps_in(base)):
        plans = [plan_of(os.path.join(base, operation), plan) for plan in steps_in(os.path.join(base, operation))]
        heads = [step["head"] for plan in plans for step in plan["steps"] if step["head"]]
        highest = max(heads, key=lambda head: head["seq"]) if heads else None
        operations.append({"operation": operation, "plans": plans, "highest": highest})
    return {"state": "heads", "operations": operations}


def plan_of(folder, plan):
    steps = []
    for step in steps_in(os.path.join(folder, plan)):
        directory = open_directory(os.path.join(folder, plan, step))
        if directory is not None:
            steps.append({"step": step, "head": read_json(directory, "head"), "begun": exists(directory, "begun")})
            os.close(directory)
    over = plan.endswith(OVER)
    return {"plan": plan[: -len(OVER)] if over else plan, "over": over, "steps": steps}


def act_remove(request):
    path = operation_path(request)
    # The name starts with a dot, which no operation's does: half removed, it is none any more.
    doomed = os.path.join(os.path.dirname(path), ".removed-" + os.path.basename(path))
    if os.path.isdir(doomed):
        shutil.rmtree(doomed)
    if not os.path.isdir(path):
        return {"state": "absent"}
    lock(path)
    names = steps_in(path)
    still_open = [name for name in names if not name.endswith(OVER)]
    if still_open:
        return {"state": "kept", "open": still_open, "running": []}
    plans = [name[: -len(OVER)] for name in names]
    running = [step for plan in plans for step in running_in(dict(request, plan=plan), os.path.join(path, plan + OVER))]
    if running:
        return {"state": "kept", "open": [], "running": running}
    os.rename(path, doomed)
    sync(os.path.dirname(path))
    shutil.rmtree(doomed)
    return {"state": "removed"}


ACTS = {
    "open": act_open,
    "start": act_start,
    "look": act_look,
    "take": act_take,
    "close": act_close,
    "heads": act_heads,
    "remove": act_remove,
}


def answer(request):
    try:
        act = ACTS.get(request.get("act"))
        if act is None:
            raise Refused("bad_request", "no such act")
        return dict(act(request), ok=True)
    except Refused as refused:
        return {"ok": False, "code": refused.code, "detail": str(refused)}
    except OSError as error:
        return {"ok": False, "code": "os", "detail": "%s: %s" % (os.strerror(error.errno or 0), error.filename)}


if request.get("act") == "supervise":
    supervise(request)
else:
    print(json.dumps(answer(request)))
