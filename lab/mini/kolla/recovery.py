"""Later."""


def play(run):
    raise NotImplementedError


deploy = play
