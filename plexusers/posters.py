"""Small posters of what pages show, copied here little by little: a page asks nobody, and is whole without them.

An episode is shown with its show's poster. Plex's `/photo/:/transcode` makes them small; `/library/metadata/KEY/thumb`
is the item's poster whatever its version (the address that Tautulli asks, too).
"""

import time
import zlib
from collections.abc import Iterable
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from cacherr.errors import ConfigurationError, PlexError
from plexusers.avatars import MAX_BYTES, REST_SECONDS, TYPES, Rest
from plexusers.mirroring import batched
from plexusers.models import ItemKind, LibraryItem, Poster
from plexusers.server import connect

AT_ONCE = 20
"""So many are copied in a minute."""
WIDTH, HEIGHT = 120, 180
"""In pixels: sharp on a telephone at the size that pages show."""
SPARE = 500
"""So many are kept of what is shown no more: it may come back."""
ICONS = {ItemKind.MOVIE.value: "movie", ItemKind.SHOW.value: "tv", ItemKind.EPISODE.value: "tv", "season": "tv"}

Keys = QuerySet[Any, Any]
"""A query for rating keys, of one column."""
_REST = Rest()
"""This process's."""


def fetch_some(*wanted: Keys, rest: Rest = _REST) -> int:
    """Copy a few posters of what has these rating keys; how many were looked at. No request when none is lacking.

    A poster is asked for again only when Plex says that its item has changed.
    """
    if time.monotonic() < rest.until:
        return 0
    lacking = list(_lacking(_shown(wanted)).order_by("-added_at", "-pk")[:AT_ONCE])
    if not lacking:
        return 0
    _forget(wanted)
    try:
        plex = connect()
        for item in lacking:
            kind, body = plex.picture(f"/library/metadata/{item.rating_key}/thumb", WIDTH, HEIGHT)
            good = kind in TYPES and len(body) <= MAX_BYTES
            picture = {"content_type": kind if good else "", "body": body if good else b""}
            Poster.objects.update_or_create(
                rating_key=item.rating_key, defaults={"updated_at": item.updated_at, **picture}
            )
    except (PlexError, ConfigurationError):
        rest.until = time.monotonic() + REST_SECONDS
    return len(lacking)


def _shown(wanted: Iterable[Keys]) -> QuerySet[LibraryItem]:
    """The films and shows whose posters are shown."""
    named = Q(*(("rating_key__in", keys) for keys in wanted), _connector=Q.OR)
    items = LibraryItem.objects.filter(named)
    shows = items.filter(kind=ItemKind.EPISODE).values("show_key")
    whole = Q(named, kind__in=[ItemKind.MOVIE, ItemKind.SHOW])
    return LibraryItem.objects.filter(whole | Q(rating_key__in=shows))


def _lacking(items: QuerySet[LibraryItem]) -> QuerySet[LibraryItem]:
    same = Poster.objects.filter(rating_key=OuterRef("rating_key"), updated_at=OuterRef("updated_at"))
    return items.filter(~Exists(same))


def _forget(wanted: Iterable[Keys]) -> None:
    """Remove what has not been shown for longest, beyond some."""
    idle = Poster.objects.exclude(rating_key__in=_shown(wanted).values("rating_key")).order_by("-pk")
    Poster.objects.filter(pk__in=list(idle.values_list("pk", flat=True)[SPARE:])).delete()


def addresses(keys: Iterable[str]) -> dict[str, str]:
    """Where the posters of films, shows and episodes are, by rating key; those without one are left out.

    A query for each 500. Another picture has another address, so that browsers do not go on showing the former.
    """
    found: dict[str, str] = {}
    holder = Case(When(show_key="", then=F("rating_key")), default=F("show_key"))
    pictures = Poster.objects.filter(rating_key=OuterRef("holder")).exclude(content_type="")
    items = LibraryItem.objects.annotate(holder=holder, mark=Subquery(pictures.values("updated_at")))
    for batch in batched({key for key in keys if key}):
        rows = items.filter(rating_key__in=batch, mark__isnull=False).values_list("rating_key", "holder", "mark")
        found |= {key: address(holder, mark) for key, holder, mark in rows}
    return found


def address(rating_key: str, updated_at: int) -> str:
    """Where a poster is."""
    mark = zlib.crc32(str(updated_at).encode())
    return f"{reverse('admin:plexusers_poster', args=[rating_key])}?{mark}"


def tile(address: str, kind: str = "movie") -> str:
    """A poster, or an icon in its place. It says nothing that the title beside it does not say."""
    picture = mark_safe("")
    if address:
        picture = format_html('<img src="{}" alt="" loading="lazy" width="40" height="60">', address)
    icon = ICONS.get(kind, "movie")
    return format_html(
        '<span class="poster" aria-hidden="true"><span class="material-symbols-outlined">{}</span>{}</span>',
        icon,
        picture,
    )
