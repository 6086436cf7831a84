"""Make JAX compile quickly: tests train tiny students for a few hundred steps, so most of their time is compilation.

XLA skips its expensive optimisations, and processes share their compiled code while pytest runs. The compiled code is
not kept for later runs, because it may not suit another machine.
"""

import os
import shutil
import tempfile

import pytest


def install(config: pytest.Config) -> None:
    """Configure JAX in child processes of this process and of pytest-xdist's workers."""
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:  # set by the process that started this worker, or by the user
        return
    folder = tempfile.mkdtemp(prefix="ticktalk-jax-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ |= {
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_COMPILATION_CACHE_DIR": folder,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
