"""What the doctor says of users, from rows alone."""

import pytest

from caching import doctor
from plexusers.models import PlexUser

pytestmark = pytest.mark.django_db


def test_whoever_counts_and_cannot_be_asked_is_named_with_the_cure() -> None:
    problem = "No PIN. Enter it."
    PlexUser.objects.create(plex_id=1, kind="home", title="Sam", token_problem=problem)
    PlexUser.objects.create(plex_id=2, kind="home", title="Kim")
    PlexUser.objects.create(plex_id=3, kind="home", title="Lou", token_problem=problem, enabled=False)
    found = [finding for finding in doctor.examine() if finding.check == "users"]
    assert [(one.level, one.message) for one in found] == [("warning", "Sam: No PIN. Enter it.")]
