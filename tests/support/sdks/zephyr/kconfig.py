"""Merge a Zephyr application's configuration files, as Zephyr's kconfig.py does, and write CMake variables.

kconfig.py ZEPHYR_BASE MODULE_KCONFIG APPLICATION_KCONFIG OUTPUT CONFIGURATION...

Any warning is an error, as is any value that does not take effect.
"""

import os
import sys
from pathlib import Path

from kconfiglib import Kconfig


def main(base: str, module: str, application: str, output: str, *configurations: str) -> None:
    os.environ |= {"srctree": base, "MODULE_KCONFIG": module}
    kconfig = Kconfig(application, warn_to_stderr=False)
    kconfig.warn_assign_undef = True
    kconfig.warn_assign_override = kconfig.warn_assign_redun = False
    for number, configuration in enumerate(configurations):
        print(kconfig.load_config(configuration, replace=number == 0))
    for symbol in kconfig.unique_defined_syms:
        wanted = symbol.user_value
        wanted = wanted if wanted is None or isinstance(wanted, str) else "nmy"[wanted]
        if wanted is not None and wanted != symbol.str_value:
            kconfig.warnings.append(f"{symbol.name} is {symbol.str_value}, not {wanted}")
    if kconfig.warnings:
        sys.exit("\n".join(kconfig.warnings))
    chosen = [s for s in kconfig.unique_defined_syms if s.str_value not in ("", "n")]
    Path(output).write_text("".join(f'set(CONFIG_{s.name} "{s.str_value}")\n' for s in chosen))


if __name__ == "__main__":
    main(*sys.argv[1:])
