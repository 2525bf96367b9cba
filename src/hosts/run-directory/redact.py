# Part 3 of 5: what a program prints, without the secrets of this host.
import base64
import html
import json
import os
import re
from urllib.parse import quote, quote_plus, unquote_to_bytes

MARK = b"***"
# Shorter values occur by chance everywhere.
VALUE_CHARACTERS = 6
LINE_BYTES = 1024 * 1024
LEFT_OUT = b"[a line that was too long was left out]"
SECRET_FILE_BYTES = 1024 * 1024
# Every repetition is bounded: a hostile line must not keep the filter busy.
SECRET_KEY = r"(?:passw(?:or)?d|passphrase|secret|token|api_?key|private_?key|mysql_pwd|sst_auth|credential)[\w.-]{0,64}"
# A quoted value (the quotes may themselves be escaped); one without an end goes to the end of the line.
QUOTED = r"(?:(?P<esc>\\{0,7})(?P<quote>[\"'])(?:(?!(?<!\\)(?P=esc)(?P=quote)).){0,4096}(?P=esc)(?P=quote)|\\{0,7}[\"'].*)"
# Each: what stays is the group `keep`, everything else of the match goes.
PATTERNS = [
    r"(?i)(?P<keep>" + SECRET_KEY + r"\\{0,7}[\"']?\s{0,8}[:=]\s{0,8})(?:" + QUOTED + r"|[^\s,;}\"']+)",
    r"(?i)(?P<keep>--[\w-]{0,32}(?:pass|secret|token)[\w-]{0,32}\s{1,8})(?!-)(?:" + QUOTED + r"|\S+)",
    r"(?P<keep>(?<![\w-])-p)(?:" + QUOTED + r"|[^\s\"',\]]+)",
    r"(?i)(?P<keep>identified\s+(?:by|with\s+\w+\s+(?:by|as))\s+(?:password\s+)?)" + QUOTED,
    r"(?i)(?P<keep>[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,256}:)[^\s@]{1,1024}(?=@)",
    r"(?i)(?P<keep>authorization\\{0,7}[\"']?\s{0,8}[:=]\s{0,8}\\{0,7}[\"']?(?:basic|bearer|token)\s+)[^\s\"',]+",
    r"(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END|\Z)",
]
PEM_BEGIN = re.compile(br"-----BEGIN [A-Z ]*PRIVATE KEY-----(?!.*-----END)")
PEM_END = b"-----END"
TOKEN = re.compile(br"[^\s\"]+")
# What can stand between the two, whatever indents, quotes or ends it. Any other line was not part of a key.
PEM_BODY = re.compile(br"[\s\"',|\\]*(?:[A-Za-z0-9+/=\\]*|(?:Proc-Type|DEK-Info|Comment): .*)[\s\"',]*\Z")


def as_json(texts):
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for text in texts for ascii_only in (True, False)}


def forms(value):
    """The ways in which a value can turn up: as it is, and as JSON, URL, Python, shell, SQL, HTML and base64 write it."""
    escaped = as_json({value})
    # JSON within JSON is how Ansible prints the answer of a module that itself printed JSON.
    found = {value, repr(value)[1:-1], ascii(value)[1:-1], html.escape(value)} | escaped | as_json(escaped)
    found |= {text.replace("/", "\\/") for text in escaped}
    found |= {value.replace("'", other) for other in ("'\\''", "'\"'\"'", "''", "\\'")}
    for encoded in (quote(value), quote(value, ""), quote(value, "!'()*"), quote_plus(value)):
        found |= {encoded, re.sub(r"%[0-9A-F]{2}", lambda match: match.group().lower(), encoded)}
    found.add(base64.b64encode(value.encode("utf-8", "replace")).decode("ascii").rstrip("="))
    return {form.encode("utf-8", "replace") for form in found}


def unquote_scalar(text):
    """The values that a YAML or ini scalar can mean."""
    text = text.strip()
    # Without quotes too, for one that opens or closes here may have its other end on another line.
    found = {text, re.split(r"\s#", text)[0].strip(), text.strip("'\" ")}
    for candidate in list(found):
        if len(candidate) > 1 and candidate[0] == candidate[-1] == "'":
            found.add(candidate[1:-1].replace("''", "'"))
            found.add(candidate[1:-1])
        if len(candidate) > 1 and candidate[0] == candidate[-1] == '"':
            found.add(candidate[1:-1])
            try:
                found.add(str(json.loads(candidate)))
            except ValueError:
                pass
    return found


def yaml_values(lines):
    """Every scalar of a mapping, nested or not, and block scalars both whole and line by line."""
    values, block, indent = set(), None, 0
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if block is not None and (depth > indent or not line.strip()):
            block.append(line.strip())
            continue
        if block:
            values.add("\n".join(block).strip())
        block = None
        match = re.match(r"\s*(?:- +)?[\"']?[\w.-]+[\"']?\s*:(?:\s+(.*))?$", line)
        scalar = (match.group(1) or "") if match else re.sub(r"^\s*- +", "", line)
        if match and re.match(r"(?:!\S+\s*)?[|>][0-9+-]*\s*(?:#.*)?$", scalar):
            block, indent = [], depth
        elif not line.lstrip().startswith("#"):
            values |= unquote_scalar(scalar)
    if block:
        values.add("\n".join(block).strip())
    return values


def ini_values(lines):
    """The values of secret keys only: other settings are needed in the output. `user:password` also gives its part."""
    values = set()
    for line in lines:
        match = re.match(r"(?i)\s*[\"']?([\w.-]*" + SECRET_KEY + r")[\"']?\s*[=:]\s*(.*)$", line)
        if match:
            found = unquote_scalar(match.group(2).rstrip(","))
            values |= found
            if "sst_auth" in match.group(1).lower():
                values |= {value.partition(":")[2] for value in found}
    return values


def read_secrets(paths):
    """(values, problems): what can't be read is told, and doesn't stop anything."""
    values, problems = set(), []
    for path in paths:
        try:
            with open(path, "rb") as file:
                text = file.read(SECRET_FILE_BYTES + 1)
        except OSError as error:
            problems.append({"file": path, "problem": "unreadable", "detail": os.strerror(error.errno or 0)})
            continue
        if len(text) > SECRET_FILE_BYTES:
            problems.append({"file": path, "problem": "too_large", "detail": "over %d bytes" % SECRET_FILE_BYTES})
        if b"$ANSIBLE_VAULT;" in text:
            problems.append({"file": path, "problem": "vault", "detail": "encrypted; its values are not known here"})
        lines = text.decode("utf-8", "replace").replace("\r", "").split("\n")
        values |= yaml_values(lines) if path.endswith((".yml", ".yaml")) else ini_values(lines)
    return values, problems


class Redactor:
    """Takes bytes in any pieces, gives whole lines without secrets. A line of more than LINE_BYTES is left out."""

    def __init__(self, values, patterns):
        self.index, self.short_lines = {}, set()
        pieces = set()
        for value in values:
            parts = [part.strip() for part in re.split(r"[\r\n]+", value)]
            pieces |= {value} | set(parts)
            if len(parts) > 1:
                self.short_lines |= {part.encode() for part in parts if 1 < len(part) < VALUE_CHARACTERS}
        for value in pieces:
            for form in forms(value) if len(value) >= VALUE_CHARACTERS else ():
                if len(form) >= VALUE_CHARACTERS:
                    self.index.setdefault(form[:VALUE_CHARACTERS], set()).add(form)
        self.index = {start: sorted(found, key=len, reverse=True) for start, found in self.index.items()}
        self.patterns = [re.compile(pattern.encode("utf-8")) for pattern in PATTERNS + list(patterns)]
        self.rest, self.skipping, self.in_key = b"", False, False

    def feed(self, data):
        pieces = re.split(br"([\r\n])", self.rest + data)
        self.rest = pieces.pop()
        lines = [self.line(pieces[at], pieces[at + 1]) for at in range(0, len(pieces), 2)]
        if len(self.rest) > LINE_BYTES:
            self.skip_line()
        return b"".join(lines)

    def skip_line(self):
        self.rest, self.skipping = b"", True

    def end(self):
        rest, self.rest = self.rest, b""
        return self.line(rest, b"\n") if rest or self.skipping else b""

    def line(self, text, ending):
        if self.skipping or len(text) > LINE_BYTES:
            self.skipping = False
            return LEFT_OUT + ending
        was_in_key = self.in_key
        if PEM_END in text or not PEM_BODY.match(text):
            self.in_key = False
        if PEM_BEGIN.search(text):
            self.in_key = True
        if was_in_key and self.in_key:
            return MARK + ending
        if was_in_key and PEM_END in text:
            text = MARK + text[text.find(PEM_END) :]
        return self.clean(text) + ending

    def clean(self, text):
        if text.strip() in self.short_lines:
            return MARK
        # Values first, for a pattern could cut one in two; and last, for what is left could join to one.
        text = self.without_values(text)
        for pattern in self.patterns:
            text = pattern.sub(keep, text)
        return self.without_values(text)

    def without_encoded(self, match):
        """Encoders disagree about which characters they leave alone, so what they made is decoded and looked at."""
        token = match.group()
        if b"%" not in token:
            return token
        views = (unquote_to_bytes(token), unquote_to_bytes(token.replace(b"+", b" ")))
        return MARK if any(self.replace_once(view) != view for view in views) else token

    def without_values(self, text):
        """Until nothing is found any more. It ends, for the mark is shorter than any value."""
        while True:
            cleaned = TOKEN.sub(self.without_encoded, self.replace_once(text))
            if cleaned == text:
                return text
            text = cleaned

    def replace_once(self, text):
        out, done, at, last = [], 0, 0, len(text) - VALUE_CHARACTERS
        while at <= last:
            for form in self.index.get(text[at : at + VALUE_CHARACTERS], ()):
                if text.startswith(form, at):
                    out += [text[done:at], MARK]
                    at = done = at + len(form)
                    break
            else:
                at += 1
        return b"".join(out) + text[done:] if out else text


def keep(match):
    kept = match.groupdict().get("keep")
    return (kept or b"") + MARK
