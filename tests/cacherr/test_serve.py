"""`serve` as a real process: how it starts, how it ends, and what is left when that happens in the middle of things."""

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from plexusers.standin import StandIn, faults
from tests.conftest import Installation, contents, tree
from tests.home import Home
from tests.serving import Served, in_the_middle_of_a_copy, rows, serving, unfinished
from tests.waiting import until

SIZE = 48 * 1024 * 1024
SLOWLY = {"CACHERR_COPY_CHUNK": "512", "CACHERR_PLACEMENT": "symlink"}
"""Some hundred thousand small steps: a copy that lasts long enough to be met in the middle."""

SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])


@pytest.fixture
def film(home: Home, plex: StandIn) -> bytes:
    """A film on deck that takes a while to copy."""
    content = bytes(range(256)) * (SIZE // 256)
    home.film("Alpha", content)
    return content


@pytest.fixture
def copying(installation: Installation, film: bytes) -> Iterator[Served]:
    """A `serve` that is in the middle of copying the film."""
    with serving(installation, extra=SLOWLY) as served:
        status, _ = served.get("/api/start-cache", method="POST", body={})
        assert status == 202
        until(lambda: in_the_middle_of_a_copy(installation), "a copy to be half done")
        yield served


def public(installation: Installation) -> dict[str, tuple[int, int, int, str]]:
    """The array as it was before Cacherr met it: all but the root's marker."""
    return {name: facts for name, facts in tree(installation.array).items() if name != ".cacherr-root"}


@SIGNALS
def test_it_answers_without_redis_and_ends_cleanly(installation: Installation, number: signal.Signals) -> None:
    with serving(installation) as served:
        status, body = served.get("/health")
        assert status == 200, body
        assert set(body["checks"]) == {"database", "broker", "worker", "beat", "plex", "mappings", "disk"}
        assert served.end(number) == 0, served.text
        assert not served.is_anybody_left
        assert "Traceback" not in served.text
    assert unfinished(installation) == []


@SIGNALS
def test_stopped_in_the_middle_of_a_copy_it_leaves_nothing_behind(
    installation: Installation, film: bytes, copying: Served, number: signal.Signals
) -> None:
    before = public(installation)
    assert copying.end(number) == 0, copying.text
    assert not copying.is_anybody_left
    assert "Traceback" not in copying.text
    assert unfinished(installation) == []
    assert rows(installation, "SELECT state FROM caching_operation") == [("aborted",)]
    assert contents(installation.cache) == {}
    assert list(installation.cache.rglob(".cacherr.*.tmp")) == []
    assert public(installation) == before
    assert installation.public_files() == {"Movies/Alpha/Alpha.mkv": film}


def test_killed_in_the_middle_of_a_cycle_the_next_start_puts_everything_right_without_being_asked(
    installation: Installation, film: bytes, copying: Served
) -> None:
    before = public(installation)
    assert copying.end(signal.SIGKILL) == -signal.SIGKILL
    assert {(kind, state) for kind, _, state in unfinished(installation)} == {
        ("cycle", "running"),
        ("operation", "planned"),
    }
    with serving(installation) as served:
        until(lambda: not unfinished(installation), "the recovery")
        assert served.process.poll() is None
        assert served.end() == 0
    assert rows(installation, "SELECT state FROM caching_cycle") == [("interrupted",)]
    assert rows(installation, "SELECT state FROM caching_operation") == [("aborted",)]
    assert list(installation.cache.rglob(".cacherr.*.tmp")) == []
    assert public(installation) == before
    assert installation.public_files() == {"Movies/Alpha/Alpha.mkv": film}


def test_a_cycle_can_be_stopped_in_the_middle_of_a_copy_and_run_again(
    installation: Installation, film: bytes, copying: Served
) -> None:
    status, body = copying.get("/api/start-cache", method="POST", body={})
    assert (status, body["success"]) == (409, False)
    status, body = copying.get("/api/stop-cache", method="POST")
    assert (status, body["data"]) == (200, {"stopping": True})
    until(lambda: not unfinished(installation), "the cycle to stop")
    assert rows(installation, "SELECT state FROM caching_cycle") == [("stopped",)]
    assert contents(installation.cache) == {}
    assert copying.get("/api/start-cache", method="POST")[0] == 202
    until(lambda: contents(installation.cache) == {"Movies/Alpha/Alpha.mkv": film}, "the copy")


def test_stopped_while_a_cycle_waits_for_an_answer_that_does_not_come_it_ends_and_says_so_on_the_row(
    installation: Installation, plex: StandIn
) -> None:
    plex.fail("/library/onDeck", faults.Slow(3600))
    with serving(installation) as served:
        assert served.get("/api/start-cache", method="POST")[0] == 202
        until(lambda: any(request.path == "/library/onDeck" for request in plex.requests), "the cycle to ask Plex")
        assert served.end() == 0, served.text
        assert not served.is_anybody_left
    assert unfinished(installation) == []
    assert rows(installation, "SELECT state FROM caching_cycle") == [("interrupted",)]


def test_a_second_one_on_the_same_configuration_ends_at_once_and_says_why(installation: Installation) -> None:
    with serving(installation) as first:
        assert first.port
        second = installation.run("serve", "--port", "0")
        assert second.code == 75
        assert "Another instance" in second.errors
        assert "Traceback" not in second.errors
        assert first.get("/health")[0] == 200


@pytest.mark.parametrize("port", ["taken", "99999", "-1"])
def test_an_address_that_cannot_be_used_is_said_in_one_sentence(installation: Installation, port: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1]) if port == "taken" else port
        answered = installation.run("serve", f"--port={number}")
    assert answered.code == 2, answered.errors
    assert "--port" in answered.errors
    assert "Traceback" not in answered.errors


def account_seen_by(served: Served) -> str:
    """The name on the plex.tv account that the process would ask for, by the way its requests go outside."""
    variables = Path(f"/proc/{served.process.pid}/environ").read_text(encoding="utf-8").split("\0")
    gateway = dict(line.split("=", 1) for line in variables if "=" in line)["CACHERR_OUTBOUND_GATEWAY"]
    request = urllib.request.Request(f"{gateway}/plex.tv/api/v2/user", headers={"Accept": "application/json"})
    request.add_header("X-Plex-Token", "demonstration-alex")
    with urllib.request.urlopen(request, timeout=30) as answer:
        title: str = json.load(answer)["title"]
        return title


def test_the_demonstration_caches_something_and_removes_its_directory(
    installation: Installation, tmp_path: Path
) -> None:
    own, config = tmp_path / "tmp", tmp_path / "config-of-this-machine"
    own.mkdir()
    # Whatever is wrong with this machine's own installation is no concern of a demonstration.
    wrong = {"DATABASE_URL": "mysql://wrong", "PLEX_TOKEN_FILE": "/nowhere"}
    extra = {"TMPDIR": str(own), "CACHERR_CONFIG_DIR": str(config), **wrong}
    with serving(installation, "--demo", extra=extra) as served:
        assert served.port
        (directory,) = own.glob("cacherr-demo-*")
        assert account_seen_by(served) == "Alex"
        until(lambda: contents(directory / "cache"), "the demonstration to cache something")
        assert served.end() == 0, served.text
        assert not served.is_anybody_left
    assert list(own.glob("cacherr-demo-*")) == []
    assert list(config.glob("*.sqlite3")) == []
    assert contents(installation.cache) == {}


def test_a_message_that_was_cut_short_does_not_end_the_worker(installation: Installation, film: bytes) -> None:
    queue = installation.config / "broker" / "queue"
    with serving(installation) as served:
        served.port  # noqa: B018 - waits until it is ready
        torn = queue / "1_torn.cacherr.msg"
        torn.touch()
        until(lambda: not torn.exists(), "the worker to take the message")
        assert served.get("/api/start-cache", method="POST", body={})[0] == 202
        until(lambda: rows(installation, "SELECT 1 FROM caching_cycle WHERE state = 'completed'"), "the cycle", 30)
