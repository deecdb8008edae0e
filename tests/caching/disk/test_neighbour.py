"""Another program's pid file: when it means that the program is at work."""

import os
from pathlib import Path

import pytest

from caching.disk import neighbour

HOST = {"1": "init", "2": "kthreadd"}
SYSTEMD = {"1": "systemd", "2": "kthreadd"}
CONTAINER = {"1": "tini"}
CONTAINER_WITH_INIT = {"1": "systemd", "2": "cron"}

CASES = [
    pytest.param(None, HOST, False, id="no file"),
    pytest.param("77\n", HOST, True, id="the process lives"),
    pytest.param("78\n", HOST, False, id="the process is gone"),
    pytest.param("78", SYSTEMD, False, id="the process is gone under systemd"),
    pytest.param("78\n", CONTAINER, True, id="a container cannot know"),
    pytest.param("78\n", CONTAINER_WITH_INIT, True, id="nor can one that has an init"),
    pytest.param("78\n", {}, True, id="processes cannot be seen"),
    pytest.param("", HOST, True, id="an empty file"),
    pytest.param("mover", HOST, True, id="no number"),
    pytest.param("-1", HOST, True, id="no pid"),
    pytest.param("\xff\xfe", HOST, True, id="nonsense"),
    pytest.param("9" * 60, HOST, True, id="a number that is too large"),
]


@pytest.mark.parametrize(("content", "processes", "at_work"), CASES)
def test_the_file_counts_unless_its_process_is_seen_to_be_gone(
    tmp_path: Path, content: str | None, processes: dict[str, str], at_work: bool
) -> None:
    proc, file = tmp_path / "proc", tmp_path / "mover.pid"
    for pid, name in {**processes, "77": "mover"}.items():
        (proc / pid).mkdir(parents=True)
        (proc / pid / "comm").write_text(f"{name}\n")
    if content is not None:
        file.write_text(content, encoding="latin-1")
    assert neighbour.is_at_work(str(file), str(proc)) is at_work


def test_a_file_whose_content_cannot_be_read_counts(tmp_path: Path) -> None:
    os.symlink("/nowhere", tmp_path / "mover.pid")
    assert neighbour.is_at_work(str(tmp_path / "mover.pid"))
    (tmp_path / "directory").mkdir()
    assert neighbour.is_at_work(str(tmp_path / "directory"))
