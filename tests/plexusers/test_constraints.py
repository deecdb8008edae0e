"""What the database forbids, also where there is no user: nulls are no loophole."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from plexusers.models import PlexUser, SourceState, WatchlistEntry

pytestmark = pytest.mark.django_db


def state(user: PlexUser | None) -> object:
    now = timezone.now()
    return SourceState.objects.create(source="watchlist", user=user, since=now, checked_at=now)


def entry(user: PlexUser | None) -> object:
    return WatchlistEntry.objects.create(user=user, guid="imdb://tt1", kind="movie", title="Alpha")


@pytest.mark.parametrize("make", [state, entry])
def test_the_same_row_is_there_once_for_each_user_and_once_for_nobody(
    make: Callable[[PlexUser | None], object],
) -> None:
    somebody = PlexUser.objects.create(plex_id=1, kind="home", title="Sam")
    for user in (None, somebody):
        make(user)
        with pytest.raises(IntegrityError), transaction.atomic():
            make(user)
