"""The names under which requests are counted: nothing that is secret, personal or endless is part of them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacherr.endpoints import MOST_PARTS, WORDS, endpoint_of, host_of

NAMES = [
    ("http://192.168.1.10:32400/library/onDeck?X-Plex-Token=secret", "/library/onDeck"),
    ("http://plex:32400/library/metadata/12345/allLeaves", "/library/metadata/{id}/allLeaves"),
    ("http://plex:32400/library/metadata/1,22,333", "/library/metadata/{id}"),
    ("http://plex:32400/library/sections/3/all?type=4&sort=updatedAt:desc", "/library/sections/{id}/all"),
    ("http://plex:32400/status/sessions/history/all", "/status/sessions/history/all"),
    ("http://plex:32400/:/websockets/notifications", "/:/websockets/notifications"),
    ("http://plex:32400/", "/"),
    ("http://plex:32400", "/"),
    ("https://plex.tv/api/v2/user", "/api/v2/user"),
    ("https://plex.tv/api/servers/0123456789abcdef/shared_servers", "/api/servers/{id}/shared_servers"),
    ("https://plex.tv/api/home/users/77/switch?pin=1234", "/api/home/users/{id}/switch"),
    ("https://clients.plex.tv/api/v2/pins/42?code=abcd", "/api/v2/pins/{id}"),
    ("https://discover.provider.plex.tv/library/sections/watchlist/all", "/library/sections/watchlist/all"),
    ("https://discover.provider.plex.tv/rss/4a9c7d4e-5b1c-4f0a-9c39-1b2c3d4e5f60", "/rss/{id}"),
    ("https://rss.plex.tv/4a9c7d4e-5b1c-4f0a-9c39-1b2c3d4e5f60", "/{id}"),
    ("https://metadata.provider.plex.tv/library/metadata/5d77682cab5be3001f28f44d", "/library/metadata/{id}"),
    ("https://community.plex.tv/api", "/api"),
    ("https://api.trakt.tv/users/sam/lists/my-secret-list/items", "/users/{id}/lists/{id}/items"),
    ("https://api.trakt.tv/movies/trending?page=2", "/movies/trending"),
    ("https://api.themoviedb.org/3/movie/3?api_key=secret", "/3/movie/{id}"),
    ("https://mdblist.com/lists/someone/best-of/json", "/lists/{id}/{id}/json"),
    ("https://discord.com/api/webhooks/123456/AbCdEf-_gHiJ", "/api/webhooks/{id}/{id}"),
    ("https://example.org/feed/" + "a/" * 20, "/feed/" + "{id}/" * (MOST_PARTS - 1) + "…"),
    ("https://example.org//double//slash", "/{id}/{id}"),
]


@pytest.mark.parametrize(("address", "name"), NAMES)
def test_an_endpoint_is_named_by_known_words_alone(address: str, name: str) -> None:
    assert endpoint_of(address) == name


@given(st.text(string.ascii_letters + string.digits + "-_=%.~", min_size=1).filter(lambda text: text not in WORDS))
def test_what_is_no_known_word_is_never_part_of_a_name(secret: str) -> None:
    named = endpoint_of(f"https://rss.plex.tv/rss/{secret}?key={secret}")
    assert named == "/rss/{id}"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://PLEX.tv/users", "plex.tv"),
        ("https://name:password@example.org:8443/feed", "example.org:8443"),
        ("http://[::1]:32400/identity", "[::1]:32400"),
    ],
)
def test_a_host_is_named_without_name_and_password(address: str, host: str) -> None:
    assert host_of(address) == host
