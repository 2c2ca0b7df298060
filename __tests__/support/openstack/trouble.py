"""What the user can do something about: a fact, and the next action."""


class Trouble(Exception):
    code = 1


class Unfit(Trouble):
    """This machine cannot have a stack."""
    code = 3
