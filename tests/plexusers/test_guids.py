"""Names of other services, from guids of every kind."""

import pytest

from plexusers.guids import names_of

HEX = "5d776825880197001ec90e56"
OLD = "com.plexapp.agents"

FILMS_AND_SHOWS = [
    (f"plex://movie/{HEX}", [], [f"plex://movie/{HEX}"]),
    (
        f"plex://movie/{HEX}", ["imdb://tt0133093", "tmdb://603", "tvdb://169"],
        [f"plex://movie/{HEX}", "imdb://tt0133093", "tmdb://603", "tvdb://169"],
    ),
    (f"plex://show/{HEX}", ["tvdb://268592", "tvdb://268592", ""], [f"plex://show/{HEX}", "tvdb://268592"]),
    (f"plex://movie/{HEX}", ["imdb://", "tmdb://0", "imdb://tt0000000", "tvdb://x"], [f"plex://movie/{HEX}"]),
    (f"plex://movie/{HEX}", ["mbid://1b2c", "TMDB://603"], [f"plex://movie/{HEX}", "tmdb://603"]),
    (f"{OLD}.imdb://tt0133093?lang=en", [], ["imdb://tt0133093"]),
    (f"{OLD}.themoviedb://603?lang=en", [], ["tmdb://603"]),
    (f"{OLD}.themoviedb://tt0133093?lang=de", [], ["imdb://tt0133093"]),
    (f"{OLD}.thetvdb://268592?lang=en", [], ["tvdb://268592"]),
    (f"{OLD}.thetvdbdvdorder://268592?lang=en", [], ["tvdb://268592"]),
    (f"{OLD}.hama://anidb-4563?lang=en", [], ["anidb://4563"]),
    (f"{OLD}.hama://tvdb4-268592?lang=en", [], ["tvdb://268592"]),
    (f"{OLD}.hama://imdb-tt0133093", [], ["imdb://tt0133093"]),
    (f"{OLD}.xbmcnfo://tt0133093?lang=en", [], ["imdb://tt0133093"]),
    (f"{OLD}.xbmcnfo://603?lang=en", [], []),
    (f"{OLD}.imdb://?lang=en", [], []),
    (f"{OLD}.none://a1b2c3?lang=xn", [], []),
    (f"{OLD}.localmedia://x", [], []),
    ("local://1234", [], []),
    ("tv.plex.agents.none://1234", [], []),
    ("com.plexapp.agents.strange://12", [], []),
    ("", [], []),
    ("nonsense", ["more nonsense", "://"], []),
]  # fmt: skip


@pytest.mark.parametrize(("guid", "others", "names"), FILMS_AND_SHOWS)
def test_a_film_or_a_show_has_the_names_that_its_guids_give(guid: str, others: list[str], names: list[str]) -> None:
    assert list(names_of(guid, others)) == names


EPISODES = [
    (f"plex://episode/{HEX}", ["tvdb://4161693"], [f"plex://episode/{HEX}", "tvdb://4161693"]),
    (f"{OLD}.thetvdb://268592/1/2?lang=en", [], []),
    (f"{OLD}.themoviedb://1399/1/2?lang=en", [], []),
    (f"{OLD}.hama://anidb-4563/1/2?lang=en", [], []),
    ("local://99", ["tmdb://63056"], ["tmdb://63056"]),
]


@pytest.mark.parametrize(("guid", "others", "names"), EPISODES)
def test_an_episode_is_never_called_by_its_shows_name(guid: str, others: list[str], names: list[str]) -> None:
    assert list(names_of(guid, others, episode=True)) == names
