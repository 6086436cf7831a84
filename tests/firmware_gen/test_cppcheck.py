"""cppcheck reports nothing in the generated C for any instruction set, without suppressions."""

import subprocess
from shutil import which

import pytest

from tests.firmware_gen.test_compiler import ON_MVE, OPERATORS, graph_cases, operator_cases
from tests.firmware_gen.test_mve import dense_cases, depthwise_cases, sum_cases
from tests.support.compiled import HERE, write
from tests.support.cppcheck import as_built

CHECKS = [
    "--enable=warning,style,performance,portability",
    "--std=c11",
    "--quiet",
    "--error-exitcode=1",
    "--template={file}:{line}: {id}: {message}",
    # cppcheck 2.17 reports that it analyses long functions only in part, and that `graph` could be const in graphs in
    # which it cannot follow all calls.
    "--suppress=normalCheckLevelMaxBranches",
    "--suppress=constParameterPointer",
]


@pytest.mark.skipif(not which("cppcheck"), reason="needs cppcheck")
@pytest.mark.parametrize("conditions", ["as built", pytest.param("all combinations", marks=pytest.mark.long)])
# test_misra.py runs cppcheck on code with DSP instructions.
@pytest.mark.parametrize("isa", ["portable", "mve", pytest.param("dsp", marks=pytest.mark.long)])
def test_generated_c_is_clean(isa, conditions, tmp_path):
    if isa == "mve":
        cases = [*dense_cases(), *depthwise_cases(), *sum_cases()]
    else:
        cases = [
            *graph_cases()[:3],
            *(case for name in (OPERATORS if isa == "portable" else ON_MVE) for case in operator_cases(name, range(2))),
        ]
    sources = [str(path) for path in write(tmp_path, cases, isa) if path.name.startswith("case")]
    # cppcheck 2.17 cannot parse the register variables of the Helium assembly; 2.10 can.
    checks = [*CHECKS, *(["--suppress=syntaxError"] if isa == "mve" else [])]
    checks += as_built(isa) if conditions == "as built" else []
    done = subprocess.run(["cppcheck", *checks, f"-I{tmp_path}", f"-I{HERE}", *sources], capture_output=True, text=True)
    found = sorted({line.replace(f"{tmp_path}/", "") for line in done.stderr.splitlines()})
    assert not found, "\n".join(found)
