"""The API key: without one set there is none, whatever is sent."""

import pytest
from pytest_django.fixtures import Settings

from cacherr.access import is_key


@pytest.mark.parametrize(
    ("key", "given", "right"),
    [
        ("the-key", "the-key", True),
        ("schlüssel", "schlüssel", True),
        ("the-key", "the-key ", False),
        ("the-key", "the-ke", False),
        ("the-key", "schlüssel", False),
        ("the-key", "", False),
        ("the-key", None, False),
        ("", "", False),
        ("", None, False),
        ("", "anything", False),
    ],
)
def test_only_the_key_is_the_key(settings: Settings, key: str, given: str | None, right: bool) -> None:
    settings.CACHERR_API_KEY = key
    assert is_key(given) is right
