"""`make test` fails if a test is skipped because a tool is missing."""

import os
import subprocess
import sys

import pytest

from tests import skips
from tests.support.paths import ROOT

CONFTEST = "from tests.skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401\n"
FILES = {
    "test_mark.py": "import pytest\n@pytest.mark.skipif(True, reason='needs a-tool')\ndef test_it(): pass\n",
    "test_call.py": "import pytest\ndef test_it():\n    pytest.skip('needs a-tool')\n",
    "test_file.py": "import pytest\npytest.importorskip('a_tool', reason='needs a-tool')\ndef test_it(): pass\n",
    "test_fixture.py": "import pytest\n@pytest.fixture\ndef it():\n    pytest.skip('needs a-tool')\ndef "
    "test_it(it): pass\n",
}


def suite(folder, strict: str, *options: str) -> subprocess.CompletedProcess:
    (folder / "conftest.py").write_text(CONFTEST)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rN",
            "-p",
            "xdist",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            folder,
            *options,
            folder,
        ],
        env=os.environ | {"TICKTALK_ALL_TESTS": strict, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("options", ["-n0", "-n1"])
def test_a_skip_is_a_failure_that_names_what_is_missing(options, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    done = suite(tmp_path, "1", "--continue-on-collection-errors", options)
    assert done.returncode not in (0, 5), done
    assert done.stdout.splitlines()[-1].startswith("1 failed, 3 errors in"), done
    assert done.stdout.count("allows only the skips listed in tests/skips.py") == len(FILES), done
    assert done.stdout.count("needs a-tool\n`make test`") == len(FILES), done


def test_by_hand_it_stays_a_skip(tmp_path):
    (tmp_path / "test_mark.py").write_text(FILES["test_mark.py"])
    done = suite(tmp_path, "", "-n0")
    assert done.returncode == 0 and "1 skipped" in done.stdout


def test_an_expected_failure_and_a_listed_skip_stay_what_they_are(tmp_path):
    (tmp_path / "test_judging.py").write_text(
        "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\ndef test_real_ears(): pytest.skip('large')\n"
    )
    done = suite(tmp_path, "1", "-n0")
    assert done.returncode == 0 and "1 skipped, 1 xfailed" in done.stdout


@pytest.mark.parametrize("hook", ["pytest_make_collect_report", "pytest_runtest_makereport"])
def test_this_suite_has_the_hooks(request, hook):
    plugins = request.config.pluginmanager.get_plugins()
    assert any(getattr(plugin, hook, None) is getattr(skips, hook) for plugin in plugins)
