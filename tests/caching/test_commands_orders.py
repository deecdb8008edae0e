"""`cache`, `restore` and `evict` as a person runs them: what they take, what they say, and how they end."""

import os
from pathlib import Path
from typing import Any

import pytest

from caching import lock
from plexusers.standin import StandIn
from tests.conftest import Installation, contents, tree
from tests.home import PLEX_PREFIX, Home

PLACEMENTS = ["symlink", "union"]


@pytest.fixture
def films(home: Home, plex: StandIn) -> Home:
    """Three films, one with subtitles; nobody watches any of them."""
    for title, letter in (("Alpha", b"a"), ("Beta", b"b"), ("Gamma", b"c")):
        home.film(title, letter * 50_000, on_deck=False)
    home.write("Movies/Alpha/Alpha.en.srt", b"subtitles")
    return home


def states(report: dict[str, Any]) -> dict[str, str]:
    return {row["file_name"]: row["state"] for row in report["operations"]}


def name(title: str) -> str:
    return f"Movies/{title}/{title}.mkv"


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_what_is_cached_by_hand_comes_back_by_hand_and_leaves_the_tree_as_it_was(
    installation: Installation, films: Home, placement: str
) -> None:
    installation.variables["CACHERR_PLACEMENT"] = placement
    before, seen = tree(installation.array), installation.public_files()
    cached = installation.run("cache", f"{PLEX_PREFIX}/{name('Alpha')}", "--json")
    assert (cached.code, cached.report["success"]) == (0, True), cached.errors
    assert states(cached.report) == {"Alpha.mkv": "done", "Alpha.en.srt": "done"}
    assert all(row["hash"] for row in cached.report["operations"])
    assert set(contents(installation.cache)) == {name("Alpha"), "Movies/Alpha/Alpha.en.srt"}
    assert installation.public_files() == seen
    restored = installation.run("restore", str(installation.array / name("Alpha")), "--json")
    assert restored.code == 0, restored.errors
    assert states(restored.report) == {"Alpha.mkv": "done", "Alpha.en.srt": "done"}
    after = tree(installation.array)
    after.pop(".cacherr-root")
    assert after == before
    assert contents(installation.cache) == {}


@pytest.mark.parametrize("copy", ["true", "false"], ids=["copy", "move"])
def test_all_that_was_renamed_while_it_was_cached_comes_back_under_its_new_name(
    installation: Installation, films: Home, copy: str
) -> None:
    installation.variables |= {"CACHERR_PLACEMENT": "symlink", "COPY_TO_CACHE": copy}
    assert installation.run("cache", f"{PLEX_PREFIX}/{name('Alpha')}", f"{PLEX_PREFIX}/{name('Beta')}").code == 0
    movies = installation.array / "Movies"
    (movies / "Alpha").rename(movies / "Alpha (2001)")
    for end in ("mkv", "en.srt"):
        (movies / "Alpha (2001)" / f"Alpha.{end}").rename(movies / "Alpha (2001)" / f"Alpha (2001).{end}")
    (movies / "Beta" / "Beta.mkv").rename(movies / "Beta" / "Beta 1080p.mkv")
    seen = installation.public_files()
    audited = installation.run("audit", "--json")
    assert [one["kind"] for one in audited.report["findings"]] == ["renamed"] * 3
    restored = installation.run("restore", "--all", "--json")
    assert restored.code == 0, restored.errors
    assert set(states(restored.report).values()) == {"done"}
    assert installation.public_files() == seen
    assert not [path for path in installation.array.rglob("*") if path.is_symlink()]
    assert contents(installation.cache) == {}
    assert installation.run("audit").code == 0


def test_a_rating_key_names_every_version_and_a_restore_by_it_needs_no_plex(
    installation: Installation, films: Home
) -> None:
    household = films.household
    contents_of = {"one": b"1" * 1000, "two": b"2" * 2000}
    versions = []
    for title, content in contents_of.items():
        films.write(f"Movies/Twice/{title}.mkv", content)
        versions.append(household.version(household.part(f"{PLEX_PREFIX}/Movies/Twice/{title}.mkv", len(content))))
    movie = household.add_movie(films.films, "Twice", *versions, year=2001)
    cached = installation.run("cache", str(movie.key), "--json")
    assert states(cached.report) == {"one.mkv": "done", "two.mkv": "done"}
    away = {"PLEX_URL": "http://127.0.0.1:9"}
    restored = installation.run("restore", str(movie.key), "--json", extra=away)
    assert states(restored.report) == {"one.mkv": "done", "two.mkv": "done"}, restored.errors


@pytest.mark.parametrize("command", ["cache", "restore"])
def test_what_names_nothing_is_refused_with_its_reason_and_the_rest_is_done(
    installation: Installation, films: Home, command: str
) -> None:
    good = str(installation.array / name("Beta"))
    if command != "cache":
        assert installation.run("cache", good).code == 0
    reasons = {"/etc/passwd": "No path mapping covers it", "-strange.mkv": "from its beginning", "999999": "rating key"}
    answered = installation.run(command, "--json", "--", *reasons, good)
    assert answered.code == 1, answered.errors
    refused = {row["target"]: row["reason"] for row in answered.report["refused"]}
    assert refused.keys() == reasons.keys()
    assert all(reasons[target] in refused[target] for target in reasons)
    assert states(answered.report) == {"Beta.mkv": "done"}
    assert (name("Beta") in contents(installation.cache)) is (command == "cache")


STRANGE = [b"line\nbreak.mkv", b"no text \xff.mkv", b"-dash.mkv", b" blank .mkv", b"quote'\".mkv", b"%s {x}.mkv"]


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_names_that_are_no_text_come_by_standard_input_and_go_back(
    installation: Installation, home: Home, plex: StandIn, placement: str
) -> None:
    installation.variables["CACHERR_PLACEMENT"] = placement
    directory = os.fsencode(installation.array / "Movies")
    os.makedirs(directory)
    for strange in STRANGE:
        Path(os.fsdecode(directory + b"/" + strange)).write_bytes(strange * 10)
    paths = b"\0".join(directory + b"/" + strange for strange in STRANGE) + b"\0"
    names = installation.directory / "names"
    names.write_bytes(paths)
    for command, there in (("cache", set(STRANGE)), ("restore", set())):
        with names.open() as file:
            process = installation.start(command, "-0", "--json", stdin=file)
            output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, output + errors
        found = {os.fsencode(file).rpartition(b"/")[2] for file in contents(installation.cache)}
        assert found == there
        plain = installation.run(command, *(os.fsdecode(path) for path in paths.split(b"\0") if path))
        assert "Traceback" not in plain.errors


def test_restore_all_brings_everything_back_conflicts_included(installation: Installation, films: Home) -> None:
    before = installation.public_files()
    assert installation.run("cache", str(installation.array)).code == 0
    parked = next((installation.array / "Movies/Beta").glob(".cacherr.*.orig"))
    beside = installation.directory / "kept"
    parked.rename(beside)
    (installation.array / name("Beta")).unlink()
    (installation.array / name("Beta")).mkdir()
    first = installation.run("restore", "--all", "--json")
    assert first.code == 1
    assert states(first.report) == {
        "Alpha.mkv": "done", "Alpha.en.srt": "done", "Gamma.mkv": "done", "Beta.mkv": "conflict",
    }  # fmt: skip
    (installation.array / name("Beta")).rmdir()
    beside.rename(parked)
    second = installation.run("restore", "--all", "--json")
    assert (second.code, states(second.report)) == (0, {"Beta.mkv": "done"}), second.output
    assert installation.public_files() == before
    assert contents(installation.cache) == {}
    third = installation.run("restore", "--all")
    assert (third.code, third.output) == (0, "Nothing is cached.\n")


USAGE = [
    (("cache",), 2, {}),
    (("restore",), 2, {}),
    (("evict",), 2, {}),
    (("restore", "--all", "/data/media/x"), 2, {}),
    (("evict", "--all"), 2, {}),
    (("cache", "/data/media/x"), 2, {"DRY_RUN": "true"}),
    (("restore", "--all"), 2, {"TEST_MODE": "true"}),
    (("cache", "1"), 3, {"PLEX_URL": "http://127.0.0.1:9"}),
    (("restore", "1"), 3, {"PLEX_TOKEN": "wrong"}),
    (("cache", "/data/media/x"), 4, {"CACHE_DESTINATION": "/nowhere/cache"}),
    (("cache", "/data/media/x"), 2, {"PLEX_SOURCE": ""}),
    (("restore", "--all"), 75, {"CACHERR_PAUSED": "true"}),
]


@pytest.mark.parametrize(("arguments", "code", "variables"), USAGE)
def test_what_cannot_be_done_ends_with_its_code_and_touches_nothing(
    installation: Installation, films: Home, arguments: tuple[str, ...], code: int, variables: dict[str, str]
) -> None:
    before = installation.public_files()
    answered = installation.run(*arguments, extra=variables)
    assert answered.code == code, answered.errors
    assert "Traceback" not in answered.errors
    assert answered.errors
    assert (installation.public_files(), contents(installation.cache)) == (before, {})


def test_an_order_while_somebody_works_ends_with_75_and_leaves_no_row(
    installation: Installation, films: Home, settings: Any
) -> None:
    settings.CONFIG_DIR = installation.config
    with lock.held("work"):
        answered = installation.run("cache", str(installation.array / name("Beta")))
    assert answered.code == 75, answered.errors
    assert installation.run("status", "--json").report["operations"] == []


def test_a_disk_that_is_gone_ends_with_4_and_the_order_does_not_wait_for_ever(
    installation: Installation, films: Home
) -> None:
    assert installation.run("cache", str(installation.array / name("Beta"))).code == 0
    marker = installation.cache / ".cacherr-root"
    content = marker.read_bytes()
    marker.unlink()
    answered = installation.run("restore", "--all")
    assert answered.code == 4
    assert installation.run("status", "--json").report["operations"] == []
    marker.write_bytes(content)
    assert installation.run("restore", "--all").code == 0


def test_a_file_that_somebody_reads_stays_and_the_code_is_1(installation: Installation, films: Home) -> None:
    path = installation.array / name("Beta")
    assert installation.run("cache", str(path)).code == 0
    with path.open("rb"):
        answered = installation.run("restore", str(path), "--json")
    assert (answered.code, states(answered.report)) == (1, {"Beta.mkv": "aborted"})
    assert "open" in answered.report["operations"][0]["outcome"]
    assert installation.run("restore", str(path)).code == 0
