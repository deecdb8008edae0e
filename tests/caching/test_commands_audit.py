"""`audit` as a person runs it."""

import os

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation, tree
from tests.home import Home

FILM = "Movies/Alpha/Alpha.mkv"


@pytest.fixture
def cached(installation: Installation, home: Home, plex: StandIn) -> Installation:
    """A film on the cache, its name a link."""
    home.film("Alpha", b"a" * 50_000, on_deck=False)
    assert installation.run("cache", str(installation.array / FILM)).code == 0
    return installation


def test_a_sound_installation_ends_with_0_and_says_how_much_was_read(cached: Installation) -> None:
    before = tree(cached.array), tree(cached.cache)
    answered = cached.run("audit", "--verify")
    assert (answered.code, answered.output) == (0, "1 cached files, 1 read and compared: nothing to look at.\n")
    assert (tree(cached.array), tree(cached.cache)) == before


def test_what_is_found_ends_with_1_and_what_is_repaired_with_0(cached: Installation) -> None:
    (cached.cache / FILM).unlink()
    found = cached.run("audit", "--json")
    assert (found.code, found.report["success"], found.report["left"]) == (1, False, 1)
    (finding,) = found.report["findings"]
    assert (finding["kind"], finding["repairable"], finding["repaired"]) == ("missing", True, False)
    assert finding["paths"] == [str(cached.array / FILM), str(cached.cache / FILM)]
    repaired = cached.run("audit", "--repair", "--json")
    assert (repaired.code, repaired.report["left"]) == (0, 0), repaired.errors
    assert [row["state"] for row in repaired.report["operations"]] == ["done"]
    assert (cached.array / FILM).read_bytes() == b"a" * 50_000
    assert cached.run("audit").code == 0


def test_a_disk_that_is_gone_ends_with_4_and_nothing_is_concluded(cached: Installation) -> None:
    (cached.cache / ".cacherr-root").unlink()
    answered = cached.run("audit", "--repair", "--json")
    assert answered.code == 4
    assert [finding["kind"] for finding in answered.report["findings"]] == ["absent"]
    assert (cached.cache / FILM).exists()


def test_a_damaged_copy_is_named_and_repaired(cached: Installation) -> None:
    copy = cached.cache / FILM
    status = copy.stat()
    copy.write_bytes(b"b" * 50_000)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cached.run("audit").code == 0
    answered = cached.run("audit", "--verify")
    assert answered.code == 1
    assert f"rot: {copy}: The cached copy is damaged; the original is good." in answered.output
    assert cached.run("audit", "--verify", "--repair").code == 0
    assert (cached.array / FILM).read_bytes() == b"a" * 50_000


@pytest.mark.parametrize(("variables", "code"), [({"DRY_RUN": "true"}, 2), ({"CACHERR_PAUSED": "true"}, 75)])
def test_a_repair_that_may_not_be_is_refused_and_looking_goes_on(
    cached: Installation, variables: dict[str, str], code: int
) -> None:
    (cached.cache / FILM).unlink()
    assert cached.run("audit", "--repair", extra=variables).code == code
    assert cached.run("audit", extra=variables).code == 1
