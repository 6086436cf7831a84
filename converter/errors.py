"""Errors of the converter, each with the exit code that the command line returns."""


class DistillError(Exception):
    """The teacher, the corpus or the training cannot go on."""

    exit_code = 11


class MissingToolError(Exception):
    """A package that this step needs is not installed; the message says how to install it."""

    exit_code = 10
