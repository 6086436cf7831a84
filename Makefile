# make demo [TEXT="..."] [BOARD=qemu-m4] [VOICE=heart]    hear an emulated watch speak
# make test                                               run every test
# Both do all set-up: Debian packages (as root or with sudo) and a virtual environment in .venv.

PYTHON ?= python3
TEXT ?=
BOARD ?= qemu-m4
VOICE ?= heart
export TEXT BOARD VOICE

TOOLS := cc c++ cmake ninja arm-none-eabi-gcc arm-none-eabi-size qemu-system-arm
PACKAGES := python3 python3-venv gcc g++ libc6-dev cmake ninja-build gcc-arm-none-eabi binutils-arm-none-eabi qemu-system-arm
APT := apt-get install -y --no-install-recommends $(PACKAGES)

# What only tests use: other compilers and checkers, independent flashers, other voices.
TEST_TOOLS := clang cppcheck stm32flash espeak-ng flite festival
TEST_PACKAGES := clang cppcheck stm32flash espeak-ng flite festival festvox-us-slt-hts libstdc++-arm-none-eabi-newlib
TEST_APT := apt-get install -y --no-install-recommends $(TEST_PACKAGES)

.PHONY: demo test clean

demo: .stamps/demo
	@.venv/bin/ticktalk demo --board "$$BOARD" --voice "$$VOICE" --out build/demo -- "$$TEXT"

test: .stamps/test
	.venv/bin/python -m pytest -n auto

clean:
	rm -rf build .stamps .venv

.stamps/debian:
	@mkdir -p .stamps
	@missing=; for tool in $(TOOLS); do command -v $$tool > /dev/null || missing="$$missing $$tool"; done; \
	$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || missing="$$missing python3-venv"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then apt-get update && $(APT); \
	elif sudo -n true 2> /dev/null; then sudo apt-get update && sudo $(APT); \
	else echo "missing:$$missing. Run this, then make again:"; echo "  sudo $(APT)"; exit 1; fi
	@touch $@

# Without these the tests that need them are skipped, so they are no reason to stop.
.stamps/debian-test: .stamps/debian
	@missing=; for tool in $(TEST_TOOLS); do command -v $$tool > /dev/null || missing="$$missing $$tool"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then apt-get update && $(TEST_APT); \
	elif sudo -n true 2> /dev/null; then sudo apt-get update && sudo $(TEST_APT); else false; fi \
	|| echo "missing:$$missing. Tests that need them are skipped; to run them: sudo $(TEST_APT)"
	@touch $@

.stamps/venv: .stamps/debian
	$(PYTHON) -m venv .venv
	@touch $@

.stamps/demo: .stamps/venv pyproject.toml
	.venv/bin/pip install --quiet --disable-pip-version-check -e ".[demo]"
	@touch $@

.stamps/test: .stamps/demo .stamps/debian-test
	.venv/bin/pip install --quiet --disable-pip-version-check -e ".[demo,convert,test]"
	@touch $@
