"""Check that the pages agree with the code and have the required form.

tests/ticktalk/test_maintaining.py has further checks.
"""

import re
import tomllib

from scripts import tables
from tests.docs import pages
from tests.support.paths import ROOT


def test_every_table_has_its_page():
    text = "".join(path.read_text(encoding="utf-8") for path in pages.paths())
    assert sorted(found["name"] for found in tables.TABLE.finditer(text)) == sorted(tables.TABLES)


def test_every_row_of_a_table_has_its_meaning():
    for page in ("board-files.md", "protocols.md"):
        path = next(found for found in pages.paths() if found.name == page)
        found = (found["now"] for found in tables.TABLE.finditer(path.read_text()) if found["name"] != "boards")
        cells = tables.by_hand("".join(found))
        assert cells and all(cells.values()), [key for key, meaning in cells.items() if not meaning]


def test_the_console_page_lists_the_messages_of_the_code():
    text = (ROOT / "docs" / "reference" / "console.md").read_text(encoding="utf-8")
    page = {int(number, 16): name for number, name in re.findall(r"^\| (0x[0-9A-F]{2}) ([A-Z_]+) \|", text, re.M)}
    code, number = {}, 0
    header = (ROOT / "firmware_gen/templates/device/messages.h").read_text(encoding="utf-8")
    for name, value in re.findall(r"CONSOLE_([A-Z_]+)(?: = (0x[0-9A-F]{2}))?,", header):
        number = int(value, 16) if value else number + 1
        code[number] = name
    assert page.keys() == code.keys()
    assert [name for number, name in code.items() if not name.startswith(page[number])] == []


def test_every_extra_is_in_the_page_of_commands():
    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    listed = text.partition("where `EXTRA` is:\n\n")[2].partition("\n\n")[0]
    named = {name for row in listed.splitlines() for name in re.findall(r"`(\w+)`", row.partition(":")[0])}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert named == set(extras)


def test_every_page_is_reached_from_the_index():
    index = ROOT / "docs" / "index.md"
    linked = {
        (index.parent / link.split("#")[0]).resolve() for link in re.findall(r"\]\(([^)\s]+)\)", index.read_text())
    }
    missing = [
        pages.name(path)
        for path in pages.paths()
        if pages.name(path).startswith("docs/") and path.resolve() not in linked
    ]
    assert missing == ["docs/index.md"]


def test_code_names_pages_that_exist():
    missing = []
    for folder in ("boards", "converter", "firmware_gen", "runtime_sim", "scripts", "ticktalk", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".c", ".h", ".j2", ".toml", ".cc"} and path.name != "test_docs_links.py":
                text = path.read_text(encoding="utf-8", errors="replace")
                named = re.findall(r"docs/[a-z/-]+\.md", text)
                missing += [f"{pages.name(path)}: {page}" for page in named if not (ROOT / page).is_file()]
    assert missing == []


def test_lines_have_at_most_100_characters():
    """Table rows and the output of `make tables` are exempt. Lines in CHANGELOG.md may be as long as those in code."""
    long = []
    for path in pages.paths():
        text = path.read_text(encoding="utf-8")
        generated = {line for found in tables.TABLE.finditer(text) for line in found["now"].splitlines()}
        for number, line in pages.prose(path):
            if len(line) > 100 and path.name != "CHANGELOG.md" and not line.startswith("|") and line not in generated:
                long.append(f"{pages.name(path)}:{number}")
    assert long == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
