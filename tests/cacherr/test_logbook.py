"""The log in files: several processes at once, bounded, whole tracebacks, no secret, and names that forge nothing."""

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacherr import logbook
from cacherr.logbook import Entry, Filter, LogbookHandler, Tail
from cacherr.redaction import RedactingFormatter


@pytest.fixture
def log(tmp_path: Path) -> logging.Logger:
    """A logger of its own that writes to files below `tmp_path`."""
    return make_logger(tmp_path)


def make_logger(directory: Path, name: str = "tests.logbook", **bounds: int) -> logging.Logger:
    handler = LogbookHandler(str(directory), **bounds)
    handler.setFormatter(RedactingFormatter("{message}", style="{"))
    made = logging.Logger(name)
    made.addHandler(handler)
    return made


def messages(directory: Path) -> list[str]:
    return [entry.message for entry in logbook.entries(directory)]


def test_the_latest_comes_first_with_all_that_belongs_to_it(log: logging.Logger, tmp_path: Path) -> None:
    before = logbook.moment(datetime.now(UTC))
    log.info("one %s", 1)
    log.warning("two")
    latest, first = logbook.entries(tmp_path)
    assert (first.level, first.logger, first.message) == ("info", "tests.logbook", "one 1")
    assert (latest.level, latest.message) == ("warning", "two")
    assert before <= first.time <= latest.time
    assert (tmp_path / logbook.NAME).stat().st_mode & 0o777 == 0o600


def test_a_traceback_stays_in_its_entry_and_tells_no_secret(log: logging.Logger, tmp_path: Path) -> None:
    try:
        int("/x?X-Plex-Token=s3cret")
    except ValueError:
        log.exception("It failed")
    [message] = messages(tmp_path)
    assert message.startswith("It failed\nTraceback")
    assert "/x?X-Plex-Token=***" in message
    assert "s3cret" not in (tmp_path / logbook.NAME).read_text()


@pytest.mark.parametrize("name", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\u2028b", "a\x85b"])
def test_a_name_cannot_make_lines_of_its_own(log: logging.Logger, tmp_path: Path, name: str) -> None:
    log.info("cached: %s", name)
    [message] = messages(tmp_path)
    assert message.startswith("cached: a\\")
    assert message.isprintable()


def test_the_files_are_bounded_and_the_oldest_goes_first(tmp_path: Path) -> None:
    log = make_logger(tmp_path, most_bytes=2000)
    for number in range(300):
        log.info("line %03d", number)
    kept = messages(tmp_path)
    assert kept == [f"line {number:03d}" for number in range(299, 299 - len(kept), -1)]
    files = [path for path in logbook.paths(tmp_path) if path.exists()]
    assert len(kept) > 40
    assert len(files) >= logbook.MOST_FILES - 1
    assert all(path.stat().st_size < 2000 + 200 for path in files)


def test_an_entry_is_bounded(log: logging.Logger, tmp_path: Path) -> None:
    log.info("x" * 100_000)
    assert len(messages(tmp_path)[0]) < logbook.MOST_CHARACTERS + 20


WRITER = """
import sys
from pathlib import Path
from tests.cacherr.test_logbook import make_logger
log = make_logger(Path(sys.argv[1]), most_bytes=5000, most_files=50)
for number in range(150):
    log.info("%s:%d", sys.argv[2], number)
"""


def test_several_processes_turn_over_the_same_files_and_lose_nothing(tmp_path: Path) -> None:
    """With files enough for all lines: whoever loses the race to turn over follows, and no line is torn."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    processes = [subprocess.Popen([*command, name], cwd=Path.cwd()) for name in ("a", "b", "c")]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    files = [path for path in logbook.paths(tmp_path, 50) if path.exists()]
    lines = [line for path in files for line in path.read_bytes().splitlines()]
    found = [entry.message for line in lines if (entry := logbook.parsed(line))]
    assert sorted(found) == sorted(f"{name}:{number}" for name in "abc" for number in range(150))
    assert len(files) > 3
    assert all(path.stat().st_size >= 5000 for path in files[1:])  # none was turned over before it was full


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files to others")
def test_what_root_logs_can_be_gone_on_with_by_the_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 99, 100)
    make_logger(tmp_path / "logs").info("by root")
    made = (tmp_path / "logs", tmp_path / "logs" / logbook.NAME)
    assert [(path.stat().st_uid, path.stat().st_gid) for path in made] == [(99, 100)] * 2


def test_a_configuration_directory_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    make_logger(tmp_path / "gone" / "logs").info("lost")
    assert not (tmp_path / "gone").exists()


def test_a_directory_that_cannot_be_made_stops_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    make_logger(tmp_path / "file" / "logs").info("lost")
    assert capsys.readouterr().err == ""


def test_what_is_no_entry_is_left_out(log: logging.Logger, tmp_path: Path) -> None:
    log.info("good")
    with (tmp_path / logbook.NAME).open("ab") as file:
        file.write(b'\xff\xfe\n{"t": 1}\n[]\nnull\n{"t": "2026"\n' + b"[" * 100_000 + b"\n")
    log.info("better")
    assert messages(tmp_path) == ["better", "good"]


def test_nothing_was_logged_yet(tmp_path: Path) -> None:
    assert messages(tmp_path / "nowhere") == []
    assert Tail(tmp_path / "nowhere").read() == []


ENTRY = Entry("2026-03-10T12:00:00.000+00:00", "warning", "caching.cycle", "Cached: Straße (2001) [a.b*c]", 1)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Filter(), True),
        (Filter("warning"), True),
        (Filter("error"), False),
        (Filter(search="STRASSE"), True),
        (Filter(search="a.b*c"), True),
        (Filter(search="a.*c"), False),
        (Filter(search="cycle"), True),
        (Filter(search="["), True),
        (Filter(since="2026-03-10T12:00:00.000+00:00"), True),
        (Filter(since="2026-03-10T12:00:00.001+00:00"), False),
    ],
)
def test_lines_are_chosen_by_level_plain_text_and_time(wanted: Filter, shown: bool) -> None:
    assert wanted(ENTRY) is shown


def test_a_tail_tells_what_comes_also_when_the_file_is_turned_over(log: logging.Logger, tmp_path: Path) -> None:
    log.info("before")
    tail = Tail(tmp_path)
    assert not tail.has_grown()
    log.info("one")
    assert tail.has_grown()
    assert [entry.message for entry in tail.read()] == ["one"]
    assert not tail.has_grown()
    make_logger(tmp_path, most_bytes=10).info("two")
    log.info("three")
    assert [entry.message for entry in tail.read()] == ["two", "three"]


def test_a_tail_waits_for_the_rest_of_a_line(log: logging.Logger, tmp_path: Path) -> None:
    log.info("whole")
    tail = Tail(tmp_path)
    line = (tmp_path / logbook.NAME).read_bytes()
    with (tmp_path / logbook.NAME).open("ab") as file:
        file.write(line[:20])
    assert tail.read() == []
    with (tmp_path / logbook.NAME).open("ab") as file:
        file.write(line[20:])
    assert [entry.message for entry in tail.read()] == ["whole"]
    (tmp_path / logbook.NAME).write_bytes(line)
    assert tail.has_grown()
    tail.read()
    assert not tail.has_grown()


@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_at(line: bytes) -> None:
    logbook.parsed(line)


@given(st.text(max_size=300))
def test_any_message_is_one_line_of_the_file(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "%s", (text,), None)
    line = logbook._line(record, record.getMessage())
    assert line.count(b"\n") == 1
    found = logbook.parsed(line)
    assert found is not None
    assert json.loads(line)["m"] == found.message == text
