"""Errors raised by the converter. Each class has an exit code for the command line."""

from ticktalk.system.errors import TicktalkError
from ticktalk.system.installing import pip_install

# Packages for scoring. Some are installed without their dependencies, which scoring does not use.
UNDEMANDING = "distillmos==0.9.1 xls-r-sqa==0.1.0 resemblyzer==0.1.4 webrtcvad-wheels==2.0.14.post1"
INSTALL = f"{pip_install('evaluate')} && pip install --no-deps {UNDEMANDING}"


class DistillError(TicktalkError):
    """A problem with the teacher, the corpus or training that stops the run."""

    exit_code = 11


class MissingToolError(TicktalkError):
    """A program or package is missing. The message explains how to install it."""

    exit_code = 10


def missing_package(error: ImportError) -> MissingToolError:
    """Return the error for a package that scoring could not import."""
    return MissingToolError(f"the package {error.name or error} is not installed: {INSTALL}")
