# Part 4 of 5: the supervisor of one step's program. It outlives the connection that started it.

# How long output is awaited after the program's end: what it left behind (ssh's ControlPersist, say) may hold the pipe.
DRAIN_SECONDS = 3
OUTPUT_BYTES = 8 * 1024 * 1024
TAIL_BYTES = 256 * 1024
EXIT_BYTES = 512
EXIT_ATTEMPTS = 60
PIPE_BYTES = 64 * 1024
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CUT = "\n[%d bytes were left out here]\n"


class Output:
    """The file `output`: its first bytes as they come; of the rest the last ones, written at the end behind a mark."""

    def __init__(self, directory, limits):
        self.fd = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600, dir_fd=directory)
        self.room = limits.get("output_bytes", OUTPUT_BYTES) - os.fstat(self.fd).st_size
        self.tail_room = limits.get("tail_bytes", TAIL_BYTES)
        self.tail, self.left_out = b"", 0

    def write(self, data):
        if self.room >= len(data) and not self.tail:
            self.room -= len(data)
            self.put(data)
            return
        self.room = 0
        self.tail += data
        if len(self.tail) > 2 * self.tail_room:
            self.shorten()

    def shorten(self):
        """Whole lines only, for half a secret's mark or half a character helps nobody."""
        cut = max(0, len(self.tail) - self.tail_room)
        cut = self.tail.find(b"\n", cut) + 1 or len(self.tail) if cut else 0
        self.left_out += cut
        self.tail = self.tail[cut:]

    def put(self, data):
        # A full disk must not stop the program: what can't be written is lost, the pipe is emptied all the same.
        try:
            while data:
                data = data[os.write(self.fd, data) :]
        except OSError:
            self.left_out += len(data)

    def end(self):
        self.shorten()
        if self.left_out:
            self.put((CUT % self.left_out).encode("ascii"))
        self.put(self.tail)
        os.fsync(self.fd)


def filter_output(pipe, directory, redactor, limits):
    """Runs in a process of its own until the pipe ends or SIGUSR1 says that nothing more is awaited."""
    told = []
    signal.signal(signal.SIGUSR1, lambda *_: told.append(True))
    output = Output(directory, limits)
    while True:
        # `told` is read first: what was in the pipe before the word came is still taken.
        last = bool(told)
        ready = select.select([pipe], [], [], 0 if last else 0.2)[0]
        data = os.read(pipe, PIPE_BYTES) if ready else b""
        if data:
            output.write(redactor.feed(data))
        elif ready or last:
            break
    output.write(redactor.end())
    output.end()


def fork_filter(pipe, directory, redactor, limits):
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        filter_output(pipe, directory, redactor, limits)
        status = 0
    finally:
        os._exit(status)


def environment(request):
    """The same whoever starts us: neither a login's environment nor systemd's."""
    user = pwd.getpwuid(os.geteuid())
    own = {"PATH": PATH, "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "LANG": "C.UTF-8"}
    own.update(request.get("env", {}))
    own[MARKER] = marker_of(request)
    return {key.encode("utf-8"): value.encode("utf-8") for key, value in own.items()}


def spawn(request, pipe):
    # A session of its own, so that no signal meant for others reaches it, and its children can be told by it.
    return subprocess.Popen(
        [word.encode("utf-8") for word in request["argv"]],
        cwd=request.get("cwd") or "/",
        env=environment(request),
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
    )


def reserve_exit(directory):
    """Room for the exit code, taken before anything runs: a disk filled by the program can't swallow it."""
    fd = os.open("exit.%d" % os.getpid(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=directory)
    os.write(fd, b" " * EXIT_BYTES)
    os.fsync(fd)
    return fd


def write_exit(directory, fd, result):
    data = json.dumps(result).encode("ascii").ljust(EXIT_BYTES)
    for _ in range(EXIT_ATTEMPTS):
        try:
            os.pwrite(fd, data, 0)
            os.fsync(fd)
            os.rename("exit.%d" % os.getpid(), "exit", src_dir_fd=directory, dst_dir_fd=directory)
            os.fsync(directory)
            return
        except OSError:
            time.sleep(1)


def begin(path, directory):
    """The act that decides: whoever makes `begun` first. By path, so that it fails where the plan's directory was renamed."""
    try:
        os.mkdir(os.path.join(path, "begun"), 0o700)
    except (FileExistsError, FileNotFoundError):
        return False
    os.fsync(directory)
    # From here on it is unknown what happened until `exit` is there; without this file nothing has.
    write_new(directory, "starting", b"")
    return True


def watch(program, pipe, directory, redactor, limits):
    """Waits for the program, and gives its status. A filter that was killed is replaced: a broken pipe would end the program."""
    helper = fork_filter(pipe, directory, redactor, limits)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == program.pid:
            return status, helper
        if pid == helper and status == 0:
            # The program closed its output before it ended: everything is written.
            helper = None
        elif pid == helper:
            # It took the beginning of a line along: the rest alone could be half a secret.
            redactor.skip_line()
            helper = fork_filter(pipe, directory, redactor, limits)


def drain(helper):
    if helper is None:
        return
    for sign, seconds in ((None, DRAIN_SECONDS), (signal.SIGUSR1, DRAIN_SECONDS), (signal.SIGKILL, DRAIN_SECONDS)):
        if sign is not None:
            os.kill(helper, sign)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if os.waitpid(helper, os.WNOHANG)[0]:
                return
            time.sleep(0.02)


def outcome(status, started):
    ended = time.time()
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    sign = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    return {"code": code, "signal": sign, "started": started, "ended": ended}


def run(request, directory, exit_fd, redactor):
    limits, started = request.get("limits", {}), time.time()
    source, sink = os.pipe()
    try:
        program = spawn(request, sink)
    except OSError as error:
        # The file that is named may also be the folder to run it in.
        reason = "%s: %s" % (os.strerror(error.errno or 0), os.fsdecode(error.filename or ""))
        note = "kolla-backup: %s could not be run: %s\n" % (request["argv"][0], reason)
        Output(directory, limits).write(redactor.feed(note.encode("utf-8")))
        write_exit(directory, exit_fd, {"code": 127, "signal": None, "started": started, "ended": time.time()})
        return
    os.close(sink)
    try:
        write_json(directory, "program", identity(program.pid))
    except OSError:
        pass
    status, helper = watch(program, source, directory, redactor, limits)
    result = outcome(status, started)
    drain(helper)
    write_exit(directory, exit_fd, result)


def supervise(request):
    # Handlers instead of SIG_IGN: a program inherits what is ignored, but not a handler.
    for sign in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: None)
    os.umask(0o022)
    path = step_path(request)
    directory = open_directory(path)
    if directory is None:
        return
    values, _ = read_secrets(request["redact"]["files"])
    redactor = Redactor(values, request["redact"]["patterns"])
    who = dict(identity(os.getpid()), unit=request.get("unit"))
    write_json(directory, "supervisor.%d" % os.getpid(), who)
    exit_fd = reserve_exit(directory)
    if begin(path, directory):
        run(request, directory, exit_fd, redactor)
