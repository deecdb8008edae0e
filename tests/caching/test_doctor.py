"""What the doctor says of users, from rows alone."""

import pytest

from caching import doctor
from plexusers.models import PlexUser

pytestmark = pytest.mark.django_db


def test_whoever_counts_and_cannot_be_asked_is_named_with_the_cure() -> None:
    for number, (title, values) in enumerate(
        {
            "Sam": {"token_problem": "No PIN. Enter it."},
            "Kim": {},
            "Lou": {"token_problem": "No PIN. Enter it.", "enabled": False},
        }.items()
    ):
        PlexUser.objects.create(plex_id=number, kind="home", title=title, **values)
    found = [finding for finding in doctor.examine() if finding.check == "users"]
    assert [(one.level, one.message) for one in found] == [("warning", "Sam: No PIN. Enter it.")]
