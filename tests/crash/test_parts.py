"""A bounded part of each sweep. The whole of each is one command: `python -m tests.crash PART`."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.crash.ground import COMBINATIONS
from tests.crash.mutations import MUTANTS
from tests.environment import clean_environment

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler: apt-get install gcc libc6-dev")


def run(directory: Path, *words: str) -> str:
    """Run a part to its end; its line of counts."""
    command = [sys.executable, "-m", "tests.crash", *words, "--directory", str(directory)]
    done = subprocess.run(command, env=clean_environment(), cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def counted(line: str, what: str) -> int:
    """One of the counts of a part's line."""
    for part in line.split(": ", 1)[1].split("; ", maxsplit=1)[0].split(", "):
        number, _, name = part.partition(" ")
        if name == what:
            return int(number.replace(",", ""))
    raise AssertionError(f"{what} was not counted: {line}")


@cache
def why_no_mounts() -> str:
    """Why file systems cannot be mounted here; empty when they can."""
    if os.geteuid() != 0:
        return "not root: only root may mount"
    missing = [name for name in ("unshare", "mkfs.ext4", "losetup") if shutil.which(name) is None]
    if missing:
        return f"missing: {', '.join(missing)}"
    if not os.path.exists("/dev/loop-control"):
        return "no loop devices here"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip()


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_kill_at_any_call_loses_nothing(tmp_path: Path, combination: str) -> None:
    assert counted(run(tmp_path, "kill", "--combination", combination, "--every", "19"), "kills") > 15


def test_a_kill_of_the_recovery_at_any_call_loses_nothing(tmp_path: Path) -> None:
    line = run(tmp_path, "kill-recovery", "--combination", "symlink/move", "--kind", "restore", "--every", "19")
    assert counted(line, "kills of a recovery") > 5


def test_an_error_at_any_call_once_or_for_ever_loses_nothing(tmp_path: Path) -> None:
    only = ("--combination", "symlink/copy", "--combination", "union/move", "--kind", "cache", "--kind", "restore")
    line = run(tmp_path, "errors", *only, "--every", "61")
    kinds = ("errors", "errors that stay", "short writes", "wrong writes")
    assert all(counted(line, kind) > 2 for kind in kinds)


def test_an_error_while_a_vanished_directory_is_made_again_loses_nothing(tmp_path: Path) -> None:
    only = ("--combination", "union/move/vanishes", "--kind", "restore")
    assert counted(run(tmp_path, "errors", *only, "--every", "41"), "errors") > 5


def test_others_that_make_and_remove_the_directory_of_a_file_lose_nothing(tmp_path: Path) -> None:
    only = ("--combination", "union/move/vanishes", "--kind", "restore")
    assert counted(run(tmp_path, "races", *only, "--every", "17"), "races") > 20


@pytest.mark.parametrize(("part", "what", "every"), [("kill", "kills", "7"), ("errors", "errors", "23")])
def test_a_file_whose_link_was_renamed_meanwhile_comes_back_whole(
    tmp_path: Path, part: str, what: str, every: str
) -> None:
    only = ("--combination", "symlink/copy", "--combination", "symlink/move", "--kind", "renamed")
    assert counted(run(tmp_path, part, *only, "--every", every), what) > 8


def test_an_outside_program_at_any_step_loses_nothing(tmp_path: Path) -> None:
    kinds = ("--kind", "cache", "--kind", "restore")
    line = run(
        tmp_path, "races", "--combination", "symlink/copy", "--combination", "union/copy", *kinds, "--every", "29"
    )
    assert counted(line, "races") > 40


def test_a_file_made_anew_while_an_upgraded_one_comes_back_leaves_no_orphan(tmp_path: Path) -> None:
    """Around the last renames, where the old original waits beside its name and everything is to be put back."""
    only = ("--combination", "union/copy", "--kind", "upgraded", "--points", "56:70")
    assert counted(run(tmp_path, "races", *only), "races") > 40


def test_a_power_cut_at_any_call_loses_nothing(tmp_path: Path) -> None:
    if why_no_mounts():
        pytest.skip(why_no_mounts())
    only = ("--combination", "union/move", "--kind", "cache", "--file-system", "ext4")
    assert counted(run(tmp_path, "power", *only, "--every", "23"), "power cuts") > 15


@pytest.mark.parametrize("combination", ["symlink/copy", "union/copy"])
def test_a_viewer_never_misses_the_film_while_it_comes_and_goes(tmp_path: Path, combination: str) -> None:
    if why_no_mounts():
        pytest.skip(why_no_mounts())
    if combination.startswith("union") and (shutil.which("mergerfs") is None or not os.path.exists("/dev/fuse")):
        pytest.skip("no union: apt-get install mergerfs, and /dev/fuse must be there")
    line = run(tmp_path, "viewer", "--combination", combination, "--kind", "cache", "--opens", "5000", "--trips", "5")
    assert counted(line, "opens") >= 5000
    assert counted(line, "wrong opens") == 0


def test_several_instances_keep_off_each_other(tmp_path: Path) -> None:
    line = run(tmp_path, "instances", "--combination", "symlink/copy", "--rounds", "1")
    assert counted(line, "kept off") == 2


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_still_fits_the_product(mutant: object) -> None:
    known = next(one for one in MUTANTS if one is mutant)
    for patch in known.patches:
        assert (PROJECT / patch.file).read_text().count(patch.old) == 1, f"{patch.file} has moved on: {patch.old}"


def test_the_harness_notices_a_window_without_the_film() -> None:
    """One mutant as a sample; the others take minutes: `python -m tests.crash mutants`."""
    command = [sys.executable, "-m", "tests.crash", "mutants", "--mutant", "published before"]
    done = subprocess.run(command, env=clean_environment(), cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as it should" in done.stdout
