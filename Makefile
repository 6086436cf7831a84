# make demo [TEXT="..."] [BOARD=qemu-m4] [VOICE=heart]    have an emulated watch speak
# make test                                               run every test
# make check                                              its tests of format, lint, types, structure, links: a minute
# make format                                             format Python and hand-written C
# `make demo` and `make test` install everything they need: Debian packages (as root or with sudo), and Python packages
# in the virtual environment .venv.
#
# make docs                     build the documentation as a website with search: build/site/index.html
# make fresh [DEBIAN=trixie]    run both on a minimal Debian under build/ (requires root and debootstrap)
# make tables                   update the generated tables in docs/: commands, exit codes, boards
# make wheel                    build and test the last commit's wheel and source distribution in dist/, reproducibly
# make release                  run `make wheel` if the changelog is complete, and print the command that sets the tag
# make durations [TESTS=...]    write the test durations, per file and for the 40 slowest tests, to build/durations.txt
# make long [MINUTES=30]        run each fuzzer for MINUTES, then the long tests (docs/measurements/robustness.md)
# make figures                  measure coverage and complexity of the exported C (docs/measurements/c-code.md)
# make constraints              update constraints.txt to the newest versions of all Python packages
# make clean                    remove everything that the commands above created

PYTHON ?= python3
TEXT ?=
BOARD ?= qemu-m4
VOICE ?= heart
DEBIAN ?= bookworm
TESTS ?= tests
MINUTES ?= 30
export PYTHON TEXT BOARD VOICE

# The variables also pin the packages that pip installs to build other packages in isolation.
PIP := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt .venv/bin/pip --disable-pip-version-check
EXTRAS_DEMO := demo
EXTRAS_TEST := demo,convert,test,check
CHECKS := tests/checks tests/test_structure.py tests/test_docs_links.py tests/docs/test_reference.py \
	tests/firmware_gen/test_device_layers.py \
	tests/ticktalk/test_maintaining.py::test_a_page_has_the_tables_that_make_tables_writes

.PHONY: demo test docs check format fresh tables wheel release durations long figures constraints clean debian-demo debian-test
.NOTPARALLEL:

demo: debian-demo .stamps/demo
	@.venv/bin/ticktalk demo --board "$$BOARD" --voice "$$VOICE" --out build/demo -- "$$TEXT"

# With TICKTALK_ALL_TESTS, a skipped test fails unless tests/skips.py lists it. With worksteal, most test files run on a
# single worker, so their fixtures are built only once. There are three workers for every two cores, because tests of
# time limits spend time waiting.
test: debian-test .stamps/test
	TICKTALK_ALL_TESTS=1 .venv/bin/python -m pytest -n $$(( ($$(nproc) * 3 + 1) / 2 )) --dist worksteal --durations=40 --durations-min=3

docs: debian-demo .stamps/docs
	@mkdir -p build
	@.venv/bin/ticktalk page --voice heart --voice heart-nano -o build/speak.html --quiet
	@.venv/bin/python scripts/site/build.py build/site build/speak.html

check: .stamps/test
	TICKTALK_ALL_TESTS=1 .venv/bin/python -m pytest -q -n0 $(CHECKS)

format: .stamps/test
	.venv/bin/ruff format --quiet .
	.venv/bin/ruff check --quiet --fix .
	scripts/clang-format-check --fix

fresh:
	scripts/fresh "$(DEBIAN)"

tables: .stamps/test
	.venv/bin/python scripts/tables.py

wheel: .stamps/test
	.venv/bin/python scripts/release.py

release: .stamps/test
	.venv/bin/python scripts/release.py --tag

durations: debian-test .stamps/test
	TICKTALK_ALL_TESTS=1 .venv/bin/python scripts/durations.py build/durations.txt -q -n auto --dist worksteal $(TESTS)

long: debian-test .stamps/test
	scripts/long "$(MINUTES)"

figures: debian-test .stamps/test
	$(PYTHON) -m venv build/figures
	build/figures/bin/pip install --quiet --disable-pip-version-check gcovr==8.8 lizard==1.24.3
	PATH="$$PWD/build/figures/bin:$$PATH" .venv/bin/python -m tests.firmware_gen.c_figures

# uv resolves for all Python versions at once. These versions need not be installed.
constraints:
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip install --quiet --disable-pip-version-check --upgrade uv
	build/uv/bin/uv pip compile pyproject.toml constraints.in --universal --upgrade --python-version 3.11 \
		$(foreach extra,$(subst $(comma), ,$(EXTRAS_TEST)) kokoro,--extra $(extra)) \
		--no-annotate --custom-compile-command "make constraints" --output-file constraints.txt

clean:
	rm -rf build dist .stamps .venv

debian-demo debian-test: debian-%:
	@scripts/debian-packages $*

comma := ,

.stamps/venv:
	$(PYTHON) -m venv .venv
	@mkdir -p .stamps
	@touch $@

.stamps/demo: .stamps/venv pyproject.toml constraints.txt
	$(PIP) install --quiet -e ".[$(EXTRAS_DEMO)]"
	@touch $@

.stamps/docs: .stamps/venv pyproject.toml constraints.txt
	$(PIP) install --quiet -e ".[docs]"
	@touch $@

# Most of the 16,000 modules are never imported. The tests compile the others when they first import them.
.stamps/test: .stamps/venv pyproject.toml constraints.txt
	$(PIP) install --quiet --no-compile -e ".[$(EXTRAS_TEST)]"
	@touch .stamps/demo $@
