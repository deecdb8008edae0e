"""Lists learn what is cached of what they found."""

from pathlib import Path

import pytest

from caching.listed import cached_keys
from caching.models import CachedFile
from importlists.cachedness import cached
from tests.caching.rows import make_rows
from tests.importlists.rows import film, show

pytestmark = pytest.mark.django_db


def test_films_that_are_cached_and_shows_with_an_episode_that_is(tmp_path: Path) -> None:
    make_rows(tmp_path)
    film("a")
    film("b")
    show("s")
    show("t")
    CachedFile.objects.update(rating_key="a")
    assert cached_keys(["a", "b", "s", "t"]) == {"a"}
    CachedFile.objects.update(rating_key="se2")
    assert cached(["a", "b", "s", "t"]) == {"s"}
    assert cached([]) == set()
