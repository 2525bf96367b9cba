"""
Types answers at a terminal, as a person would: waits until a pattern was printed, then types.

    typer.py JSON program argument …      JSON: [[pattern, keys], …]

Prints what stood on the terminal, without its control sequences, and ends with the program's exit code.
"""
import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

LIMIT_S = 120
# A screen stands still before somebody types.
STILL_S = 0.3

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
text, read = "", 0
end = time.monotonic() + LIMIT_S
while time.monotonic() < end:
    ready, _, _ = select.select([terminal], [], [], STILL_S)
    if ready:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece.decode("utf-8", "replace")
    elif steps and re.search(steps[0][0], text[read:]):
        read = len(text)
        os.write(terminal, steps.pop(0)[1].encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
print(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))
print(f"not typed: {json.dumps(steps)}")
sys.exit(os.waitstatus_to_exitcode(status))
