"""No secret reaches the log, whoever writes it down and in whatever shape."""

import logging
import string
import sys
import traceback
from logging.config import dictConfig
from typing import Any

import pytest
import requests
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from cacherr import outbound
from cacherr.redaction import MASK, RedactingFormatter, redacted

SHAPES = [
    "http://plex:32400/library/onDeck?X-Plex-Token={}",
    "http://plex:32400/library/onDeck?x=1&X-Plex-Token={}&includeGuids=1",
    "GET /library/onDeck?x-plex-token={} HTTP/1.1",
    "{{'X-Plex-Token': '{}', 'Accept': 'application/json'}}",
    '{{"X-Plex-Token": "{}"}}',
    "X-Plex-Token: {}",
    "X-Plex-Token%3D{}",
    "X-Api-Key: {}",
    '<user authToken="{}" id="1"/>',
    '<SharedServer accessToken="{}"/>',
    '{{"authToken":"{}","id":1}}',
    '"{{\\"authToken\\": \\"{}\\"}}"',
    '{{"access_token": "{}", "refresh_token": "x"}}',
    "https://api.themoviedb.org/3/list/1?api_key={}&page=1",
    "https://api.mdblist.com/lists/1/items/?apikey={}",
    "https://gotify.home/message?token={}",
    "https://plex.tv/api/v2/home/users/uuid/switch?pin={}",
    "Authorization: Bearer {}",
    "https://rss.plex.tv/{}",
    "https://rss.plex.tv/{}?format=json",
    "https://discover.provider.plex.tv/rss/{}",
    "POST /api/webhooks/plex/{} HTTP/1.1",
    "POST /api/webhooks/tautulli/{}",
    "https://discord.com/api/webhooks/1234567890/{}",
    "https://hooks.slack.com/services/{}",
    "https://api.telegram.org/bot{}/sendMessage",
    "http://cacherr:5445/signin/{}/",
    "https://somebody:{}@example.org/list",
    "postgres://cacherr:{}@db:5432/cacherr",
    "plex_token='{}'",
    "CACHERR_API_KEY={}",
    "Could not load discord://{}",
    "at ntfys://{} nobody answers",
]
SECRETS = st.text(string.ascii_letters + string.digits + "-_", min_size=9, max_size=40).map("0z-{}".format)


@pytest.mark.parametrize("shape", SHAPES)
@given(SECRETS)
def test_a_secret_is_masked_in_every_shape(shape: str, secret: str) -> None:
    masked = redacted(f"Something failed: {shape.format(secret)} (status 500)")
    assert secret not in masked
    assert masked == f"Something failed: {shape.format(MASK)} (status 500)".replace('"x"', f'"{MASK}"')
    assert redacted(masked) == masked


@pytest.mark.parametrize(
    "line",
    [
        "Plex refuses the token (status 401). Sign in again: enter a fresh X-Plex-Token of the server's owner.",
        "The Plex token is not set. Set PLEX_TOKEN or enter it in the admin.",
        "Sign in, or send the API key in the header X-Api-Key.",
        "/mnt/user/Movies/Secret (2001)/Secret.mkv: cached, 3.2 GB",
        "Plex does not answer at http://192.168.1.10:32400 (timeout).",
        "12:34:56 INFO caching.cycle: cycle 7: 3 cached, 1 restored",
        "plex.tv asks to wait until 12:34.",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert redacted(line) == line


@given(st.text())
def test_any_text_can_be_looked_through(text: str) -> None:
    redacted(text)


def formatted(*, exc_info: bool = False, message: str = "%s", args: tuple[object, ...] = ()) -> str:
    made = logging.LogRecord("x", logging.ERROR, "x.py", 1, message, args, None)
    if exc_info:
        made.exc_info = sys.exc_info()
    return RedactingFormatter("{levelname} {message}", style="{").format(made)


def test_arguments_of_a_line_are_masked_too() -> None:
    assert formatted(message="asked %s", args=("/x?X-Plex-Token=abcdef",)) == f"ERROR asked /x?X-Plex-Token={MASK}"


def test_a_traceback_with_a_whole_address_tells_no_secret() -> None:
    try:
        outbound.session().get("http://127.0.0.1:9/library/onDeck?X-Plex-Token=s3cret-of-alex")
    except requests.ConnectionError:
        assert "s3cret-of-alex" in traceback.format_exc(), "the library would tell it"
        line = formatted(exc_info=True, args=("failed",))
    assert "s3cret-of-alex" not in line
    assert f"X-Plex-Token={MASK}" in line


def test_every_handler_of_the_installation_masks() -> None:
    logging_settings: dict[str, Any] = settings.LOGGING
    names = {handler["formatter"] for handler in logging_settings["handlers"].values()}
    for name in names:
        chosen = logging_settings["formatters"][name]
        assert chosen["class"] == f"{RedactingFormatter.__module__}.{RedactingFormatter.__name__}"
    dictConfig({**logging_settings, "root": {"handlers": []}, "loggers": {}, "incremental": False})
