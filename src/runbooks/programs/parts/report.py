# How a program on a host is asked and how it answers: one line of JSON at the end. Python 3.6 or later.
import json
import sys

EXIT_REFUSED = 3


class Refused(Exception):
    def __init__(self, code, detail):
        super().__init__(detail)
        self.code, self.detail = code, detail


def main(act):
    """Runs `act` with the request: the first argument, or what the sender has put into `request`."""
    wanted = globals().get("request") or json.loads(sys.argv[1])
    try:
        answer, code = act(wanted), 0
    except Refused as refused:
        answer, code = {"state": "refused", "code": refused.code, "detail": refused.detail}, EXIT_REFUSED
    print(json.dumps(answer))
    sys.exit(code)
