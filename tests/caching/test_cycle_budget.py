"""Whole cycles in real processes when the budget shrinks: what is evicted, and that it stays away."""

from pathlib import Path

from plexusers.standin import StandIn
from tests.conftest import Installation, contents
from tests.home import Home

SIZE = 2_000_000


def actions(installation: Installation, **variables: str) -> list[str]:
    """What a cycle did that touched files."""
    extra = {"CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_PLACEMENT": "symlink", **variables}
    answered = installation.run("cycle", "--json", extra=extra)
    plan = answered.report["plan"]
    return sorted(row["action"] for row in plan if row["action"] not in {"keep", "skip"})


def test_a_smaller_budget_evicts_once_and_nothing_comes_back_until_there_is_room(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    for title in ("Alpha", "Beta"):
        home.film(title, title.encode() * (SIZE // len(title)))
    before = installation.public_files()
    assert actions(installation) == ["cache", "cache"]
    for expected in (["evict"], [], []):
        assert actions(installation, CACHERR_CACHE_LIMIT="3MB") == expected
        assert len(contents(Path(installation.cache))) == 1
        assert installation.public_files() == before
    assert actions(installation, CACHERR_CACHE_LIMIT="3MB", CACHERR_EVICTION_MODE="none") == []
    assert actions(installation) == ["cache"]
    assert installation.public_files() == before
