"""`ticktalk bench` for a real board, whose instructions are counted on the emulated board with the same core."""

import json
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.models import small_network
from ticktalk.bench import real_board
from ticktalk.bench.measure import Measurement
from ticktalk.bench.real_board import emulated, on_board
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import BoardError


def test_a_board_is_emulated_by_one_with_the_same_core():
    for name, other in (("nucleo-l4r5zi", "qemu-m4"), ("stm32u5a9j-dk", "qemu-m33"), ("alif-e7", "qemu-m55")):
        assert emulated(load_board(name)).name == other
    assert emulated(load_board("qemu-m33")).name == "qemu-m33"
    with pytest.raises(BoardError, match="none of them has a cortex-m0plus; see `ticktalk fit`"):
        emulated(load_board("pico"))


def test_the_weights_wait_for_the_flash():
    board = load_board("nucleo-l4r5zi")
    found = on_board(Measurement("ticktalk", cycles=1_000_000, read_bytes=16_000, seconds=0.5), board)
    assert found.wait_cycles == 16_000 // 8 * 5 and found.cycles == 1_010_000
    assert found.milliseconds == pytest.approx(1010 / 120)
    assert found.factor == pytest.approx(1.01 / 120 / 0.5, abs=1e-4)
    cached = on_board(Measurement("ticktalk", cycles=1_000_000, read_bytes=16_000, waits=(300, 700)), board)
    assert cached.wait_cycles == (300 + 700) * 5
    unknown = on_board(Measurement("ticktalk", cycles=1_000_000, read_bytes=16_000), load_board("apollo510-evb"))
    assert unknown.wait_cycles is unknown.factor is None and unknown.cycles == 1_000_000
    assert "without flash wait states" in unknown.told()


CACHE = """
#include "flash_cache.h"
#include <stdio.h>

int main(void)
{
    struct cache cache = {.lines = 2};
    unsigned address;

    while (scanf("%u", &address) == 1)
        putchar(misses(&cache, address, 8, 32) ? 'M' : '-');
    return 0;
}
"""


@pytest.mark.skipif(not which("cc"), reason="needs a C compiler")
def test_the_cache_of_the_flash_replaces_the_least_recently_used_line(tmp_path):
    (tmp_path / "cache.c").write_text(CACHE)
    include = f"-I{Path(real_board.__file__).parent}"
    subprocess.run(["cc", include, "-o", tmp_path / "cache", tmp_path / "cache.c"], check=True)

    def run(*addresses: int) -> str:
        text = " ".join(map(str, addresses))
        return subprocess.run([tmp_path / "cache"], input=text, capture_output=True, text=True, check=True).stdout

    assert run(0, 4, 7, 8, 0, 12) == "M--M--"  # a miss reads 8 bytes
    assert run(0, 32, 0, 64, 0, 32) == "MM-M-M"  # line 32 is replaced
    assert run(0, 8, 64, 128, 0, 8) == "MMMMMM"  # more lines in turn than the cache has


def test_the_command_answers_for_a_real_board(tmp_path):
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    done = ticktalk("bench", "--board", "nucleo-l4r5zi", "--model", file, "--json", "--quiet", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    ours, real = told["implementations"]["ticktalk"], told["on_board"]
    assert told["board"] == "qemu-m4" and real["board"] == "nucleo-l4r5zi" and ours["exact"]
    fetches, reads = ours["waits"]
    assert fetches > 0 and ours["flash"]["weights"] // 8 <= reads < ours["read_bytes"] // 8
    assert real["wait_cycles"] == 5 * (fetches + reads)
    assert real["cycles"] == ours["cycles"] + real["wait_cycles"]
    assert_refused(ticktalk("bench", "--board", "pico", "--model", file, cache=tmp_path), 5, "cortex-m0plus")
