"""The harness is tested too: break the product on purpose, and see which part notices.

Each mutant is a small textual patch to a copy of the product. A patch that does not fit any more is a failure of its
own: the code has moved on, and the mutant must follow.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".venv", ".git", "data", "*_cache", ".hypothesis", "__pycache__", "node_modules")


class Patch(NamedTuple):
    """A text of a file, and what is put in its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A breach of the protocol, and the parts that must or must not notice it."""

    name: str
    patches: tuple[Patch, ...]
    noticed_by: tuple[tuple[str, ...], ...]
    """The arguments of each part that must notice it."""
    unnoticed_by: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What became of one part with one mutant."""

    mutant: str
    part: str
    expected: bool
    noticed: str
    """Where it was first noticed; empty when it was not."""

    @property
    def is_right(self) -> bool:
        """Whether it was noticed exactly when it should be."""
        return bool(self.noticed) == self.expected

    def line(self) -> str:
        """A row of the table."""
        mark = "as it should" if self.is_right else "WRONG"
        return f"{self.mutant:<48} {self.part:<44} {mark:<13} {self.noticed[:150] or 'not noticed'}"


def mutated(mutant: Mutant, directory: Path) -> Path:
    """A copy of the project with a mutant's patches. Raises AssertionError when one does not fit."""
    tree = directory / "project"
    shutil.copytree(PROJECT, tree, ignore=NOT_COPIED, dirs_exist_ok=True)
    for patch in mutant.patches:
        path = tree / patch.file
        text = path.read_text()
        assert text.count(patch.old) == 1, (
            f"{mutant.name}: {patch.file} has it {text.count(patch.old)} times: {patch.old}"
        )
        path.write_text(text.replace(patch.old, patch.new))
    return tree


def judge(mutant: Mutant) -> list[Verdict]:
    """Run the parts on a mutant."""
    with tempfile.TemporaryDirectory(prefix="cacherr-mutant-", ignore_cleanup_errors=True) as directory:
        tree = mutated(mutant, Path(directory))
        parts = [*((part, True) for part in mutant.noticed_by), *((part, False) for part in mutant.unnoticed_by)]
        return [Verdict(mutant.name, " ".join(part), expected, _run(tree, part)) for part, expected in parts]


def _run(tree: Path, part: Sequence[str]) -> str:
    """The first failure that a part finds; empty when it finds none."""
    ours = {"LD_PRELOAD", "CACHERR_TEST_CRASH_READY"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    command = [sys.executable, "-m", "tests.crash", *part, "--stop-at-first"]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    failed = [line for line in done.stderr.splitlines() if line.startswith("FAILED ")]
    assert failed or done.returncode == 0, f"{part} ended with {done.returncode}: {done.stderr[-2000:]}"
    return failed[0].removeprefix("FAILED ") if failed else ""


def sweep(mutants: Sequence[Mutant]) -> int:
    """Judge every mutant and print the table. 0 when each was noticed by the parts that should."""
    wrong = 0
    for mutant in mutants:
        for verdict in judge(mutant):
            wrong += not verdict.is_right
            sys.stdout.write(verdict.line() + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"mutants: {len(mutants)}; {wrong} verdicts are wrong\n")
    return 1 if wrong else 0
