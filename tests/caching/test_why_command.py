"""`why` as a person runs it."""

from plexusers.standin import StandIn
from tests.conftest import Installation
from tests.home import PLEX_PREFIX, Home

PATH = f"{PLEX_PREFIX}/Movies/Alpha/Alpha.mkv"


def test_the_command_explains_a_path_and_a_rating_key(installation: Installation, home: Home, plex: StandIn) -> None:
    movie = home.film("Alpha")
    told = installation.run("why", PATH)
    assert told.code == 0, told.errors
    for words in ("Alpha (2001)\n", "  Will be cached: on deck for Alex", "  wanted by Alex", "base +50", "next cycle"):
        assert words in told.output
    assert installation.run("cycle").code == 0
    told = installation.run("why", movie.key, "--json")
    (file,) = told.report["files"]
    assert (file["decision"], file["cached"], file["path"]) == ("keep", True, PATH)


def test_the_exit_code_says_what_hindered(installation: Installation, home: Home, plex: StandIn) -> None:
    home.film("Alpha")
    away = {"PLEX_URL": "http://127.0.0.1:9"}
    assert installation.run("why", PATH, extra=away).code == 3
    assert installation.run("cycle").code == 0
    told = installation.run("why", PATH, extra=away)
    assert told.code == 3
    assert "As the latest cycle decided" in told.output
    assert "Will be cached" in told.output
    assert installation.run("why", "999999").code == 1
    assert (
        installation.run("why", PATH, extra={"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": ""}).code == 2
    )
