"""What a call of kolla-ansible asks for, however its command line spells it."""


class Options:
    def __init__(self, home):
        self.home, self.inventories, self.variables = home, [], []
        self.configdir = "/etc/kolla"
        self.tags, self.skip, self.limit, self.check, self.verbosity = None, None, None, False, 0
        self.backup_type, self.ignore_missing = "full", False

    def files(self):
        """The files of variables that ansible-playbook is given, later ones win."""
        raise NotImplementedError

    def playbook(self, name):
        return f"{self.home}/share/kolla-ansible/ansible/{name}"
