"""Compare each implementation of a subject with the simulator."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ticktalk.boards.line import Connection
from ticktalk.proof.trace import Difference, first_difference, first_different_sample

if TYPE_CHECKING:
    from ticktalk.proof.subject import AnySubject
    from ticktalk.proof.witnesses import Device, HostProgram, Witness


@dataclass
class Agreement:
    """The result of comparing one implementation.

    `text_bytes` is the length of the text that the implementation also read itself. If it was not compared, `skipped`
    is the reason.
    """

    tensors: int = 0
    samples: int = 0
    text_bytes: int = 0
    difference: Difference | None = None
    skipped: str | None = None


@dataclass
class Proof:
    """The result of a proof. Sizes and counts refer to the board's firmware and are 0 if not measured.

    `simplified` states what the analysis found to be unnecessary (firmware_gen/simplify/simplify.py).
    """

    agreements: dict[str, Agreement] = field(default_factory=dict)
    tensors: int = 0
    samples: int = 0
    text_bytes: int = 0
    macs: int = 0
    instructions: int = 0
    flash_bytes: int = 0
    ram_bytes: int = 0
    stack_bytes: int = 0
    simplified: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def compared(self) -> list[str]:
        """Names of the implementations that were compared."""
        return [name for name, agreement in self.agreements.items() if agreement.skipped is None]

    @property
    def bit_exact(self) -> bool:
        """Whether at least one implementation was compared and none of them differs."""
        return bool(self.compared) and all(agreement.difference is None for agreement in self.agreements.values())


class Prover:
    """The simulator's traces of a subject. Each `ask_*` method compares further implementations with these traces.

    `log` receives one line per implementation.
    """

    def __init__(self, subject: "AnySubject", log: Callable[[str], None] = lambda line: None):
        from ticktalk.runtime_sim.simulator import Simulator

        self.subject, self.proof, self._log = subject, Proof(), log
        compute = subject.computer(lambda graph: Simulator(subject.graphs[graph]))
        self.parts = [*subject.parts, *subject.others]
        self.traces = [compute(part) for part in self.parts]
        self.proof.tensors = sum(len(trace.tensors) for trace in self.traces)
        self.proof.samples = sum(len(trace.pcm) for trace in self.traces)

    def ask_oracles(self) -> None:
        """Compare TFLite Micro and LiteRT, if they are installed."""
        from ticktalk.proof.witnesses import Interpreter
        from ticktalk.runtime_sim import oracles
        from ticktalk.runtime_sim.errors import MissingToolError, OracleError

        for name, oracle, known_errors in (("tflite-micro", oracles.tflm, False), ("litert", oracles.litert, True)):
            try:
                self._ask(Interpreter(name, oracle, self.subject, known_errors))
            except MissingToolError as error:
                self.proof.agreements[name] = Agreement(skipped=str(error))
                self._log(f"{name}: skipped: {error}")
            except OracleError as error:
                why = str(error).removeprefix("model: ")
                self.proof.agreements[name] = Agreement(skipped=why)
                self._log(f"{name}: not compared: {why}")

    def ask_host(self, project: Path, sanitize: bool = False) -> None:
        """Build a project's C code for this machine, run the program and compare the results."""
        from ticktalk.firmware_gen.project.build import build
        from ticktalk.proof.held import held
        from ticktalk.proof.witnesses import HostProgram

        name = "host C (sanitised)" if sanitize else "host C"
        program = HostProgram(
            name, build(project, "host", sanitize), self.subject, held(project, self.subject.graph_names)
        )
        self._ask(program)
        self._ask_to_read(program, project)

    def ask_device(self, name: str, serial: Connection, project: Path) -> None:
        """Compare the firmware of a project folder, running on an open port."""
        from ticktalk.boards.console.client import Console
        from ticktalk.proof.held import held
        from ticktalk.proof.witnesses import Device

        console = Console(serial)
        device = Device(name, console, self.subject, held(project, self.subject.graph_names))
        self._ask(device)
        self._ask_to_read(device, project)
        self.proof.instructions, self.proof.stack_bytes = device.instructions, console.stats().get("stack_bytes", 0)

    def measure(self, report: dict) -> Proof:
        """Add sizes and multiply-adds from the built project's report, and return the proof."""
        times = Counter((key.graph, key.tensor) for trace in self.traces for key in trace.tensors)
        self.proof.macs = sum(
            times[number, operator["output"]] * operator["macs"]
            for number, name in self.subject.graph_names.items()
            for operator in report["graphs"][name]["operators"]
        )
        for facts in report["graphs"].values():
            self.proof.simplified |= facts.get("simplified", {})
        self.proof.flash_bytes, self.proof.ram_bytes = report["flash_bytes"], report["ram_bytes"]
        return self.proof

    def _ask_to_read(self, witness: "HostProgram[Any] | Device[Any]", project: Path) -> None:
        """If the subject's project contains a language pack, have its C code read the text, and compare all samples."""
        from ticktalk.firmware_gen.project.report import read_report
        from ticktalk.proof.subject import SEED

        agreement, text = self.proof.agreements[witness.name], self.subject.text
        if text is None or not read_report(project)["text"] or agreement.difference:
            return
        expected = self.subject.output(np.concatenate([each.native for each in self.traces[: len(self.subject.parts)]]))
        agreement.difference = first_different_sample(None, expected, witness.read(text, SEED))
        if agreement.difference:
            self._log(f"{witness.name}: first difference at {agreement.difference}")
            return
        agreement.text_bytes = self.proof.text_bytes = len(text)
        self._log(f"{witness.name}: reads the text of {len(text)} bytes and speaks the same {len(expected)} samples")

    def _ask(self, witness: "Witness[Any]") -> None:
        agreement = self.proof.agreements[witness.name] = Agreement()
        for number, (part, expected) in enumerate(zip(self.parts, self.traces)):
            found, stored = witness.record(part), witness.stored(expected)
            agreement.difference = first_difference(
                self.subject, number, stored, found, witness.compares, witness.fetch
            )
            if agreement.difference:
                self._log(f"{witness.name}: first difference at {agreement.difference}")
                return
            agreement.tensors += sum(map(witness.compares, expected.tensors))
            agreement.samples += len(expected.pcm)
        if not agreement.tensors and not agreement.samples:
            agreement.skipped = "LiteRT computes all of these operators differently from TFLite Micro"
            self._log(f"{witness.name}: skipped: {agreement.skipped}")
            return
        apart = self.proof.tensors - agreement.tensors
        without = f"; {apart} tensors are not compared" if apart else ""
        self._log(f"{witness.name}: {agreement.tensors} tensors and {agreement.samples} samples are identical{without}")
