"""Build every package with a stand-in for its SDK, run the examples, and check the manifests against the SDK's rules.

The stand-ins are in tests/support/sdks. An example must play exactly the simulator's samples.
"""

import json
import re
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from kconfiglib import Kconfig

from tests.support.paths import ROOT, SUPPORT, TINY
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.packages import PACKAGES, description, package_files, spdx
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.output_rate import OutputRate
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.voice import load_voice

SDKS = SUPPORT / "sdks"
CATEGORIES = {"Communication", "Data Processing", "Data Storage", "Device Control", "Display", "Other", "Sensors"} | {
    "Signal Input/Output",
    "Timing",
}  # of Arduino libraries
SEMVER = r"\d+\.\d+\.\d+"


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


@pytest.fixture(scope="module")
def expected(voice):
    """Return the samples that the examples play, which contain every phoneme once."""
    edge, symbols = voice.manifest["phonemes"]["edge"], voice.manifest["phonemes"]["symbols"]
    return Speaker(voice).speak([edge, *sorted(symbols.values()), edge], 1)


@pytest.fixture(scope="module")
def package(voice, tmp_path_factory):
    """Return a function that exports a package once and returns its folder."""
    made = {}

    def export(name: str):
        if name not in made:
            folder = tmp_path_factory.mktemp(name) / "ticktalk_speech"
            made[name] = export_library(voice, None, folder, LibraryOptions(name="speech", text="none", package=name))
        return made[name]

    return export


def cmake(source, build, *options: str, **variables: str) -> None:
    """Configure and build a CMake project with environment `variables`."""
    run = {"env": {"PATH": "/usr/bin:/bin", **variables}, "capture_output": True, "text": True}
    for command in (["cmake", "-S", source, "-B", build, *options], ["cmake", "--build", build, "-j2"]):
        done = subprocess.run(list(map(str, command)), **run)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in (done.stdout + done.stderr).lower()


def played(program, channels: int = 1) -> np.ndarray:
    """Run an example, and return the samples of the left channel. All other channels must be equal to the left
    channel."""
    done = subprocess.run([program], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    frames = np.frombuffer(done.stdout, "<i2").reshape(-1, channels)
    assert (frames == frames[:, :1]).all()
    return frames[:, 0]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_has_the_sources_of_the_library(name, package, voice, tmp_path):
    """The many compilers and options of test_builds.py therefore cover the packages as well."""
    library = export_library(
        voice, PACKAGES[name].cores[0], tmp_path / "library", LibraryOptions(name="speech", text="none")
    )
    sources = {path.name: path.read_bytes() for path in (library / "src").iterdir()}
    assert {path.name: path.read_bytes() for path in (package(name) / "src").iterdir()} == sources


@pytest.mark.parametrize("output, channels", [("i2s", 2), ("uart", 1)])
def test_a_zephyr_module_speaks(package, expected, tmp_path, output, channels):
    """Kconfig accepts the configuration, and the samples are complete even though the I2S queue runs empty once."""
    folder = package("zephyr")
    extra = [f"-DPYTHON={sys.executable}", *(["-DEXTRA_CONF_FILE=uart.conf"] if output == "uart" else [])]
    cmake(folder / "samples" / "speak", tmp_path / "build", *extra, ZEPHYR_BASE=str(SDKS / "zephyr"))
    samples = played(tmp_path / "build" / "app", channels)
    assert (samples[: len(expected)] == expected).all() and not samples[len(expected) :].any()
    assert len(samples) - len(expected) < 200


def test_the_manifests_of_a_zephyr_module(package):
    folder = package("zephyr")
    module = yaml.safe_load((folder / "zephyr" / "module.yml").read_text())
    assert set(module) <= {"name", "build", "samples", "tests", "boards", "blobs", "package-managers", "runners"}
    assert (folder / module["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (folder / module["build"]["kconfig"]).is_file()
    assert all((folder / each).is_dir() for each in module["samples"])
    west = yaml.safe_load((folder / "zephyr" / "west.yml").read_text())["manifest"]
    assert {each["remote"] for each in west["projects"]} == {each["name"] for each in west["remotes"]}
    sample = yaml.safe_load((folder / "samples" / "speak" / "sample.yaml").read_text())
    assert sample["sample"]["name"] and all(re.fullmatch(r"[\w.-]+", test) for test in sample["tests"])


def test_an_option_that_the_module_does_not_have_is_an_error(package, tmp_path):
    """This proves that the Kconfig check above can fail."""
    (tmp_path / "wrong.conf").write_text("CONFIG_TICKTALK_SPEECH=y\nCONFIG_TICKTALK_OTHER=y\n")
    module = package("zephyr") / "zephyr" / "Kconfig"
    sample = package("zephyr") / "samples" / "speak" / "Kconfig"
    base = SDKS / "zephyr"
    command = [sys.executable, base / "kconfig.py", base, module, sample, tmp_path / "out", tmp_path / "wrong.conf"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "TICKTALK_OTHER" in done.stderr


def test_an_esp_idf_component_speaks(package, expected, tmp_path):
    folder = package("esp-idf")
    example = folder / "examples" / "t_watch_s3"
    overridden = yaml.safe_load((example / "main" / "idf_component.yml").read_text())["dependencies"]
    component = (example / "main" / overridden["ticktalk_speech"]["override_path"]).resolve()
    assert component == folder.resolve()
    cmake(example, tmp_path / "build", f"-DCOMPONENT={component}", IDF_PATH=str(SDKS / "esp_idf"))
    assert (played(tmp_path / "build" / "speak.elf") == expected).all()
    manifest = yaml.safe_load((folder / "idf_component.yml").read_text())
    assert set(manifest) == {"version", "description", "license", "dependencies"}
    assert re.fullmatch(SEMVER, manifest["version"])
    assert manifest["license"] == "Apache-2.0"


def test_the_partition_of_the_esp_idf_example_has_room_for_every_voice(package):
    """Rules of ESP-IDF's gen_esp32part.py: five fields, applications at multiples of 64 KiB, and no overlap."""
    example = package("esp-idf") / "examples" / "t_watch_s3"
    settings = (example / "sdkconfig.defaults").read_text().splitlines()
    assert {"CONFIG_PARTITION_TABLE_CUSTOM=y", 'CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="partitions.csv"'} <= set(
        settings
    )
    lines = (example / "partitions.csv").read_text().splitlines()
    rows = [[field.strip() for field in line.split(",")] for line in lines if not line.startswith("#")]
    assert [row[:3] for row in rows][-1] == ["factory", "app", "factory"] and {len(row) for row in rows} == {5}
    end = 0x9000  # of the partition table
    for *_, offset, size in rows:
        assert int(offset, 0) >= end and int(offset, 0) % 0x1000 == int(size, 0) % 0x1000 == 0
        end = int(offset, 0) + int(size, 0)
    offset, size = (int(each, 0) for each in rows[-1][3:])
    assert offset % 0x10000 == 0 and end <= 16 << 20  # the watch's flash
    assert size > 1_400_000 + 500_000  # heart with its language pack, and an application with drivers


def test_a_pico_sdk_library_speaks(package, expected, tmp_path):
    sdk = {"PICO_SDK_PATH": str(SDKS / "pico_sdk"), "PICO_EXTRAS_PATH": str(SDKS / "pico_extras")}
    cmake(package("pico-sdk") / "examples" / "i2s", tmp_path / "build", **sdk)
    assert (played(tmp_path / "build" / "speak") == expected).all()


def test_an_example_plays_the_rate_of_the_output(voice, expected, tmp_path):
    folder = export_library(
        voice, None, tmp_path / "p", LibraryOptions(name="speech", text="none", package="pico-sdk", output_rate=24000)
    )
    sdk = {"PICO_SDK_PATH": str(SDKS / "pico_sdk"), "PICO_EXTRAS_PATH": str(SDKS / "pico_extras")}
    cmake(folder / "examples" / "i2s", tmp_path / "build", **sdk)
    output = OutputRate(16000, 24000)
    pcm = np.concatenate([output.push(expected), output.finish()])
    assert (played(tmp_path / "build" / "speak") == pcm).all()


@pytest.fixture(scope="module")
def arduino_objects(package, tmp_path_factory):
    """Return the compiled sources of the Arduino library. Arduino compiles C as gnu17 and with -Os."""
    build = tmp_path_factory.mktemp("objects")
    sources = sorted((package("arduino") / "src").glob("*.c"))
    flags = ["-std=gnu17", "-Os", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-c"]
    subprocess.run(["gcc", *flags, *sources], cwd=build, check=True)
    return sorted(build.glob("*.o"))


def sketch_of(library, sketch, objects, build):
    """Compile a sketch as the Arduino builder does: as C++ with Arduino.h first. Return the program."""
    (build / "sketch.cpp").write_text(
        f'#include <Arduino.h>\n#line 1 "{sketch.name}"\n{sketch.read_text()}\nint main() {{ setup(); loop(); }}\n'
    )
    flags = ["-std=gnu++17", "-Os", "-Wall", "-Wextra", "-Werror", "-isystem", SDKS / "arduino", f"-I{library / 'src'}"]
    subprocess.run(["g++", *flags, build / "sketch.cpp", *objects, "-o", build / "sketch"], check=True)
    return build / "sketch"


@pytest.mark.parametrize("example, channels", [("ESP32S3_I2S", 1), ("Pico_I2S", 2)])
def test_an_arduino_library_speaks(package, arduino_objects, expected, tmp_path, example, channels):
    folder = package("arduino")
    program = sketch_of(folder, folder / "examples" / example / f"{example}.ino", arduino_objects, tmp_path)
    assert (played(program, channels) == expected).all()


def test_library_properties_follow_the_rules_of_arduino_lint(package):
    """Checks the rules LP001 to LP057 for the fields that are present, and LS008 and LS010 for the files."""
    folder = package("arduino")
    lines = (folder / "library.properties").read_text().splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert required <= set(fields) <= required | {"includes", "depends", "license"} and len(fields) == len(lines)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9 _.-]{0,62}", fields["name"])
    assert not any("arduino" in fields[key].lower() for key in ("name", "author", "maintainer"))
    assert re.fullmatch(SEMVER, fields["version"]) and re.fullmatch(r"https?://\S+", fields["url"])
    assert not fields["paragraph"].startswith(fields["sentence"])
    assert fields["category"] in CATEGORIES
    assert set(fields["architectures"].split(",")) == {"esp32", "rp2040"}
    assert (folder / "src" / fields["includes"]).is_file()
    assert not list(folder.glob("*.ino"))
    for sketch in folder.glob("examples/*/*.ino"):
        assert sketch.stem == sketch.parent.name and re.fullmatch(r"[\w.-]{1,63}", sketch.stem)


def test_library_json_follows_the_schema_of_platformio(package):
    manifest = json.loads((package("arduino") / "library.json").read_text())
    text = (package("arduino") / "library.properties").read_text()
    assert re.fullmatch(r"[^:;/,@<>]{1,100}", manifest["name"]) and re.fullmatch(SEMVER, manifest["version"])
    assert f"name={manifest['name']}\n" in text and f"version={manifest['version']}\n" in text
    assert 0 < len(manifest["description"]) <= 1000 and manifest["license"] == "Apache-2.0"
    assert all(re.fullmatch(r"[a-z\d+. -]{1,50}", each) for each in manifest["keywords"])
    assert all(0 < len(author["name"]) <= 50 for author in manifest["authors"])
    assert manifest["frameworks"] == ["arduino"] and manifest["platforms"] == ["espressif32", "raspberrypi"]
    source = package("arduino") / manifest["build"]["srcDir"]
    assert (source / manifest["headers"]).is_file() and set(manifest["build"]) <= {"srcDir", "flags"}


def test_a_cmsis_pack_lists_every_file_once(package):
    """Checks the order of elements, the required attributes and the enumerations of PACK.xsd, and packchk's rule for
    file names."""
    folder = package("cmsis-pack")
    (file,) = folder.glob("*.pdsc")
    root = ElementTree.parse(file).getroot()
    order = "vendor name description url license licenseSets releases keywords conditions components"
    assert " ".join(each.tag for each in root) == order and root.get("schemaVersion")
    text = {each.tag: each.text for each in root}
    assert file.name == f"{text['vendor']}.{text['name']}.pdsc" and re.fullmatch(r"[\w-]+", text["name"])
    assert text["url"].endswith("/") and (folder / text["license"]).is_file()
    assert all(re.fullmatch(SEMVER, each.get("version")) for each in root.find("releases"))
    cores = {each.get("Dcore") for each in root.iter("accept")}
    assert cores == {"Cortex-M33"}
    (component,) = root.find("components")
    assert {"Cclass", "Cgroup", "Cversion"} <= set(component.attrib)
    assert component.get("condition") in {each.get("id") for each in root.find("conditions")}
    files = component.find("files")
    assert {each.get("category") for each in files} <= {"doc", "include", "header", "source"}
    assert all((folder / each.get("name")).exists() for each in files)
    listed = [each.get("name") for each in files if each.get("category") == "source" and not each.get("attr")]
    assert sorted(listed) == sorted(f"src/{path.name}" for path in (folder / "src").glob("*.c"))


def test_the_template_of_a_cmsis_pack_speaks(package, arduino_objects, expected, tmp_path):
    """The template compiles for the core. The test links the template with portable C, which gives the same samples."""
    folder = package("cmsis-pack")
    template, warnings = folder / "examples" / "speak.c", ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
    cross = ["arm-none-eabi-gcc", "-mcpu=cortex-m33", "-std=c11", "-O2", *warnings, f"-I{folder / 'src'}"]
    subprocess.run([*cross, "-c", template, "-o", tmp_path / "speak.o"], check=True)
    (tmp_path / "main.c").write_text(
        f'#include "{template}"\n#include <stdio.h>\nvoid play_samples(const int16_t *samples, size_t count)\n'
        "{\n    fwrite(samples, sizeof *samples, count, stdout);\n}\nint main(void)\n{\n    speak();\n}\n"
    )
    include = f"-I{package('arduino') / 'src'}"
    command = ["gcc", "-std=c11", include, tmp_path / "main.c", *arduino_objects, "-o", tmp_path / "main"]
    subprocess.run(command, check=True)
    assert (played(tmp_path / "main") == expected).all()


def test_an_example_with_a_language_pack_speaks_a_text(tmp_path):
    """The example plays the simulator's samples for the same sentence. The library is for the RP2350 only."""
    heart = load_voice(ROOT / "voices" / "heart-nano")
    folder = export_library(heart, "cortex-m33", tmp_path / "library", LibraryOptions(name="speech", package="arduino"))
    (sketch,) = folder.glob("examples/*/*.ino")
    assert f'say("{examples_of(heart).short}");' in sketch.read_text()
    assert "architectures=rp2040\n" in (folder / "library.properties").read_text()
    sources = sorted((folder / "src").glob("*.c"))
    subprocess.run(
        ["gcc", "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-c", *sources], cwd=tmp_path, check=True
    )
    samples = played(sketch_of(folder, sketch, sorted(tmp_path.glob("*.o")), tmp_path), 2)
    expected = [Speaker(heart).speak(ids, seed) for ids, seed in utterances(heart, examples_of(heart).short)]
    assert (samples == np.concatenate(expected)).all()


@pytest.mark.parametrize("name", PACKAGES)
def test_every_readme_says_untried_on_hardware_and_the_report_names_the_package(package, name):
    folder = package(name)
    assert "**Untried on hardware.**" in (folder / "README.md").read_text()
    report = json.loads((folder / "report.json").read_text())
    assert report["package"] == name and report["core"] == PACKAGES[name].cores[0]
    assert (folder / "NOTICE").is_file()


def test_a_voice_that_the_default_partition_of_an_esp32_has_no_room_for(voice):
    facts = {"prefix": "one", "name": "x", "teacher": {}, "text": None, "core": "xtensa-lx7", "isa": "portable"}
    facts |= {"constant_bytes": 1_170_000, "static_bytes": 30_000}
    assert "Huge APP" in package_files("arduino", description(voice, (), facts))["README.md"]
    small = description(voice, (), facts | {"constant_bytes": 390_000})
    assert "Huge APP" not in package_files("arduino", small)["README.md"]


def test_a_voice_with_a_hostile_name_cannot_break_a_manifest(voice, tmp_path):
    """Quotes, line feeds and tags in a voice's name or licence are treated as text."""
    name = "x\"\ny: <b> & \\ */ '$(a)"
    bad = replace(voice, manifest=voice.manifest | {"name": name, "teacher": {"name": name, "licence": name}})
    for package in PACKAGES:
        export_library(bad, None, tmp_path / package, LibraryOptions(name="speech", text="none", package=package))
    yaml.safe_load((tmp_path / "esp-idf" / "idf_component.yml").read_text())
    assert "license" not in json.loads((tmp_path / "arduino" / "library.json").read_text())
    assert len((tmp_path / "arduino" / "library.properties").read_text().splitlines()) == 10
    kconfig = Kconfig(str(tmp_path / "zephyr" / "zephyr" / "Kconfig"), warn_to_stderr=False)
    assert "<b>" in kconfig.syms["TICKTALK_SPEECH"].nodes[0].prompt[0] and not (tmp_path / "ran").exists()
    root = ElementTree.parse(tmp_path / "cmsis-pack" / "ticktalk.speech.pdsc").getroot()
    assert "<b> & \\ */" in root.find("description").text


@pytest.mark.parametrize(
    "licences, expression",
    [
        (["Apache-2.0", "Apache-2.0"], "Apache-2.0"),
        (["Apache-2.0", "CC-BY-4.0"], "Apache-2.0 AND CC-BY-4.0"),
        (["Apache-2.0", "unknown"], "LicenseRef-NOTICE"),
        (["CC0; fine-tuned from another"], "LicenseRef-NOTICE"),
    ],
)
def test_a_licence_without_an_spdx_identifier_refers_to_the_notice(licences, expression):
    assert spdx(*licences) == expression


def test_bad_options_are_refused(voice, tmp_path):
    with pytest.raises(BuildError, match="unknown package 'mbed'; choose zephyr, esp-idf, "):
        export_library(voice, None, tmp_path / "x", LibraryOptions(package="mbed"))
    with pytest.raises(BuildError, match="package 'esp-idf' has no core 'cortex-m4'; choose xtensa-lx7, rv32imc"):
        export_library(voice, "cortex-m4", tmp_path / "x", LibraryOptions(package="esp-idf"))
    with pytest.raises(BuildError, match="--package: only for a voice, not for a model"):
        export_library(tmp_path / "model.tflite", None, tmp_path / "x", LibraryOptions(package="zephyr"))
    assert not (tmp_path / "x").exists()
