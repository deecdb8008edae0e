"""The commands as a person runs them: what they say, how they end, what they leave alone."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation, contents, tree
from tests.home import Home

Case = Mapping[str, str]


@pytest.fixture
def deck(home: Home, plex: StandIn) -> Home:
    """Two films on deck and one that nobody watches; the server answers."""
    home.film("Alpha", b"a" * 50_000)
    home.film("Beta", b"b" * 70_000)
    home.film("Gamma", b"c" * 10_000, on_deck=False)
    return home


def actions(report: Mapping[str, object]) -> list[tuple[str, str]]:
    plan = report["plan"]
    assert isinstance(plan, list)
    return sorted((decision["action"], decision["path"]) for decision in plan)


def test_a_cycle_configured_by_the_older_names_alone_caches_what_is_on_deck(
    installation: Installation, deck: Home
) -> None:
    before = installation.public_files()
    answered = installation.run("cycle", "--json")
    assert answered.code == 0, answered.errors
    assert answered.report["files_cached"] == 2
    assert contents(installation.cache) == {name: before[name] for name in before if "Gamma" not in name}
    assert installation.public_files() == before


def test_a_second_cycle_does_nothing(installation: Installation, deck: Home) -> None:
    installation.run("cycle")
    after_first = tree(installation.directory / "array"), tree(installation.cache)
    answered = installation.run("cycle", "--json")
    assert answered.code == 0
    assert (answered.report["files_cached"], answered.report["operations"]) == (0, [])
    assert {action for action, _ in actions(answered.report)} == {"keep"}
    assert (tree(installation.array), tree(installation.cache)) == after_first


def test_a_dry_run_touches_nothing_and_its_plan_is_what_the_cycle_then_does(
    installation: Installation, deck: Home
) -> None:
    before = tree(installation.array), tree(installation.cache)
    dry = installation.run("cycle", "--dry-run", "--json")
    assert dry.code == 0
    assert (tree(installation.array), tree(installation.cache)) == before
    real = installation.run("cycle", "--json")
    assert dry.report["plan"] == real.report["plan"]
    assert [row["file_name"] for row in real.report["operations"]] == [
        row["path"].rsplit("/", 1)[-1] for row in dry.report["plan"] if row["action"] == "cache"
    ]


@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_what_nobody_wants_any_more_goes_back_and_leaves_the_tree_as_it_was(
    installation: Installation, home: Home, plex: StandIn, placement: str
) -> None:
    film = home.film("Alpha", b"a" * 50_000)
    before = tree(installation.array)
    extra = {"CACHERR_PLACEMENT": placement, "CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0"}
    assert installation.run("cycle", extra=extra).code == 0
    assert contents(installation.cache)
    home.finish(film)
    answered = installation.run("cycle", "--json", extra=extra)
    assert answered.report["files_restored"] == 1
    after = tree(installation.array)
    after.pop(".cacherr-root")
    assert after == before
    assert sorted(path.name for path in installation.cache.rglob("*")) == [".cacherr-manifest", ".cacherr-root"]


def test_test_mode_means_that_no_file_is_touched(installation: Installation, deck: Home) -> None:
    before = tree(installation.array), tree(installation.cache)
    answered = installation.run("cycle", "--json", extra={"TEST_MODE": "true"})
    assert answered.report["dry_run"] is True
    assert (tree(installation.array), tree(installation.cache)) == before


SMALL = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    disk = tmp_path / "small"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


WRONG = [
    pytest.param({"PLEX_URL": "http://127.0.0.1:9"}, 3, "Check that Plex is running", id="Plex is down"),
    pytest.param({"PLEX_TOKEN": "wrong"}, 3, "Sign in again", id="the token is wrong"),
    pytest.param(
        {"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": ""}, 2, "Set PLEX_SOURCE", id="no mapping"
    ),
    pytest.param({"PLEX_SOURCE": ""}, 2, "Set PLEX_SOURCE", id="half a mapping"),
    pytest.param({"CACHE_DESTINATION": "/nowhere/cache"}, 4, "Mount it", id="the cache directory is missing"),
    pytest.param({"REAL_SOURCE": "/nowhere/array"}, 4, "Mount it", id="the array directory is missing"),
    pytest.param({"PLEX_URL": ""}, 2, "Set PLEX_URL", id="no address"),
    pytest.param({"PLEX_TOKEN": ""}, 2, "Set PLEX_TOKEN", id="no token"),
    pytest.param({"CACHERR_CACHE_LIMIT": "lots"}, 2, "CACHERR_CACHE_LIMIT", id="a size that is none"),
    pytest.param({"CACHERR_PLACEMENT": "beside"}, 2, "Use one of", id="a placement that is none"),
    pytest.param({"CACHERR_PATH_MAPPINGS": "["}, 2, "JSON", id="broken JSON"),
    pytest.param({"DATABASE_URL": "mysql://x/y"}, 2, "DATABASE_URL", id="an unknown database"),
    pytest.param({"REDIS_URL": "redis:6379"}, 2, "Write redis://HOST:6379/0", id="an address of no Redis"),
    pytest.param({"PLEX_TOKEN": "tökén"}, 2, "View XML", id="a token that is none"),
    pytest.param({"CACHERR_OUTBOUND_GATEWAY": "http://"}, 2, "Write http://HOST:PORT", id="a gateway without a host"),
    pytest.param({"CACHERR_ALLOWED_HOSTS": "http://a.example"}, 2, "without http://", id="a host with a scheme"),
    pytest.param({"CACHERR_WEBHOOK_SECRET": "two/parts"}, 2, "use letters and digits", id="a secret of two parts"),
    pytest.param({"CACHERR_EVICTION_TARGET_PERCENT": "95"}, 2, "Lower the first", id="a target above the threshold"),
    pytest.param({"PLEX_TOKEN": "", "PLEX_TOKEN_FILE": "/nowhere/token"}, 2, "/nowhere/token", id="a secret's file"),
]


@pytest.mark.parametrize(("variables", "code", "cure"), WRONG)
def test_what_is_wrong_is_said_in_one_sentence_with_its_cure_and_nothing_is_touched(
    installation: Installation, deck: Home, variables: Case, code: int, cure: str
) -> None:
    before = tree(installation.array), tree(installation.cache)
    plain = installation.run("cycle", extra=variables)
    assert plain.code == code, plain.errors
    assert cure in plain.errors
    assert "Traceback" not in plain.errors
    assert len(plain.errors.strip().splitlines()) == 1
    reported = installation.run("cycle", "--json", extra=variables)
    assert reported.code == code
    assert cure in reported.report["error"] + reported.report["cure"]
    assert (tree(installation.array), tree(installation.cache)) == before


@pytest.mark.parametrize(
    ("variables", "cure"),
    [({"CACHERR_MIN_FREE_SPACE": "100%"}, "free some space"), ({"CACHERR_CACHE_LIMIT": "1MB"}, "raise")],
)
def test_a_full_cache_is_said_for_each_file_with_its_cure_and_nothing_is_touched(
    installation: Installation, home: Home, plex: StandIn, variables: Case, cure: str
) -> None:
    home.film("Alpha", b"a" * 2_000_000)
    before = installation.public_files()
    answered = installation.run("cycle", "--json", extra=variables)
    assert answered.code == 1
    assert [decision["action"] for decision in answered.report["plan"]] == ["skip"]
    assert cure in answered.report["plan"][0]["reason"]
    assert installation.public_files() == before
    assert contents(installation.cache) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk: run as root")
def test_a_disk_without_any_room_is_one_sentence_with_its_cure(
    installation: Installation, deck: Home, small_disk: Path
) -> None:
    (small_disk / "filler").write_bytes(b"\0" * SMALL)
    before = tree(installation.array)
    answered = installation.run("cycle", extra={"CACHERR_MIN_FREE_SPACE": "0", "CACHE_DESTINATION": str(small_disk)})
    assert answered.code == 1
    assert answered.errors.strip() == "The disk is full. Free some space, or lower the cache limit."
    assert tree(installation.array) == before


def test_what_is_not_covered_by_a_mapping_is_named_and_left_alone(installation: Installation, deck: Home) -> None:
    answered = installation.run("cycle", "--json", extra={"PLEX_SOURCE": "/data/media2"})
    assert answered.code == 1
    assert {action for action, _ in actions(answered.report)} == {"skip"}
    assert all("path mapping" in decision["reason"] for decision in answered.report["plan"])
    assert contents(installation.cache) == {}


def test_a_disk_that_is_not_mounted_any_more_is_an_error_and_not_an_empty_directory(
    installation: Installation, deck: Home
) -> None:
    installation.run("cycle")
    (installation.cache / ".cacherr-root").unlink()
    answered = installation.run("cycle")
    assert answered.code == 4
    assert "marker" in answered.errors
    assert installation.run("doctor").code == 4


@pytest.mark.parametrize(
    ("variables", "code"),
    [({}, 0), ({"PLEX_TOKEN": "wrong"}, 3), ({"PLEX_SOURCE": "/other"}, 2), ({"CACHE_DESTINATION": "/nowhere"}, 4)],
)
def test_the_doctor_finds_it_and_touches_nothing(
    installation: Installation, deck: Home, variables: Case, code: int
) -> None:
    before = tree(installation.array), tree(installation.cache)
    answered = installation.run("doctor", "--json", extra=variables)
    assert answered.code == code, answered.output
    assert all(row["cure"] for row in answered.report["findings"] if row["level"] == "error")
    assert (tree(installation.array), tree(installation.cache)) == before


def test_the_doctor_notices_files_that_are_not_the_ones_plex_means(installation: Installation, deck: Home) -> None:
    other = installation.directory / "elsewhere"
    (other / "Movies").mkdir(parents=True)
    answered = installation.run("doctor", extra={"REAL_SOURCE": str(other)})
    assert answered.code == 2
    assert "is not at" in answered.output


def test_status_shows_every_cached_file_and_every_private_name(installation: Installation, deck: Home) -> None:
    installation.run("cycle")
    stray = installation.array / "Movies/Alpha/.cacherr.0123456789ab.orig"
    stray.write_bytes(b"from another database")
    report = installation.run("status", "--json").report
    assert [root["present"] for root in report["roots"]] == [True, True]
    assert {file["plex_path"].rsplit("/", 1)[-1] for file in report["files"]} == {"Alpha.mkv", "Beta.mkv"}
    assert report["unknown_private_names"] == [str(stray)]
    parked = [Path(name) for file in report["files"] for name in file["private"]]
    assert all(path.is_file() for path in parked)
    assert len(parked) == 2


def test_status_says_what_keeps_work_from_being_begun(installation: Installation, deck: Home, tmp_path: Path) -> None:
    pid_file = tmp_path / "mover.pid"
    pid_file.touch()
    assert installation.run("status", "--json").report["waits_for"] == []
    extra = {"DRY_RUN": "true", "CACHERR_PAUSED": "true", "CACHERR_MOVER_PID_FILE": str(pid_file)}
    assert installation.run("status", "--json", extra=extra).report["waits_for"] == [
        "Cacherr is paused: nothing is moved.",
        "Dry run is on: no file is touched, and orders wait until it is switched off.",
        "Unraid's mover is running: nothing is moved until it is done.",
    ]
    assert "Dry run is on" in installation.run("status", extra={"DRY_RUN": "true"}).output


def test_recover_has_nothing_to_do_after_an_ordinary_cycle(installation: Installation, deck: Home) -> None:
    installation.run("cycle")
    before = tree(installation.array), tree(installation.cache)
    answered = installation.run("recover", "--json")
    assert (answered.code, answered.report["operations"]) == (0, [])
    assert (tree(installation.array), tree(installation.cache)) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cycel"], "Did you mean cycle?"),
        (["nonsense"], "cacherr help"),
        (["cycle", "--wet-run"], "--wet-run"),
        (["serve", "--port", "many"], "--port"),
        (["why"], "PATH"),
    ],
)
def test_what_is_no_command_or_no_argument_is_a_usage_error_also_as_json(
    installation: Installation, words: list[str], said: str
) -> None:
    plain = installation.run(*words)
    assert (plain.code, plain.output) == (2, "")
    assert said in plain.errors
    reported = installation.run(*words, "--json")
    assert (reported.code, reported.report["success"], reported.report["exit_code"]) == (2, False, 2)
    assert said in f"{reported.report['error']} {reported.report['cure']}"


def test_two_mappings_with_one_cache_directory_are_refused(installation: Installation, deck: Home) -> None:
    second = [{"name": "second", "plex": "/other", "array": "/srv/other", "cache": str(installation.cache / "below")}]
    answered = installation.run("cycle", extra={"CACHERR_PATH_MAPPINGS": json.dumps(second)})
    assert answered.code == 2
    assert "cache directory of its own" in answered.errors
