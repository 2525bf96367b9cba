"""
Reads the manifest of a prepared copy again. Changes nothing.

    request: {"data": path, "new": [dev, inode]}

Prints one line of JSON: {"state": "measured", "manifest": hex, "bytes", "files"}, or {"state": "refused", "code",
"detail"}, exit 3.
"""


def look(wanted):
    if not same(identity(wanted["data"]), wanted["new"]):
        raise Refused("MANIFEST_NOT_THE_COPY", "%s is %s" % (wanted["data"], identity(wanted["data"])))
    try:
        return dict(measure(wanted["data"]), state="measured")
    except FileNotFoundError as error:
        raise Refused("MANIFEST_CHANGING", str(error))


main(look)
