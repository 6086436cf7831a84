"""Errors of the converter, each with the exit code of the command line."""

from ticktalk.system.errors import TicktalkError
from ticktalk.system.installing import pip_install

# Packages for judging. DistillMOS is installed without the dependencies that judging does not use.
INSTALL = f"{pip_install('evaluate')} && pip install --no-deps distillmos==0.9.1 xls-r-sqa==0.1.0"


class DistillError(TicktalkError):
    """The teacher, the corpus or the training cannot continue."""

    exit_code = 11


class MissingToolError(TicktalkError):
    """A program or package is missing; the message says how to install it."""

    exit_code = 10
