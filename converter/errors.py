"""Errors raised by the converter. Each class has an exit code for the command line."""

from ticktalk.system.errors import TicktalkError
from ticktalk.system.installing import pip_install

# Packages for scoring. DistillMOS is installed without the dependencies that scoring does not use.
INSTALL = f"{pip_install('evaluate')} && pip install --no-deps distillmos==0.9.1 xls-r-sqa==0.1.0"


class DistillError(TicktalkError):
    """A problem with the teacher, the corpus or training that stops the run."""

    exit_code = 11


class MissingToolError(TicktalkError):
    """A program or package is missing. The message explains how to install it."""

    exit_code = 10
