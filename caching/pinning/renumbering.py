"""Pins follow their items to the rating keys that Plex has given them anew. Writes rows of pins, nothing else."""

import logging

from django.db import IntegrityError, transaction

from caching.models import Pin
from caching.pinning.finding import find

log = logging.getLogger(__name__)

Name = tuple[str, int | None]
"""What names a pin: a rating key, and the number of a season."""


def renumber(needed: str = "") -> None:
    """Give pins the rating keys that their items have now. The caller knows that the index is known well.

    A pin that means several items, in several libraries, goes on to mean all of them; only when another one needs its
    rating key, `needed`, it takes the first.
    """
    pins = list(Pin.objects.all())
    moves: dict[Name, Pin] = {}
    for pin, found in zip(pins, find(pins), strict=True):
        if found.renumbered and (len(found.entries) == 1 or pin.rating_key == needed):
            moves.setdefault((found.entries[0].rating_key, pin.season), pin)
    _drop_blocked(moves, pins)
    if not moves:
        return
    try:
        with transaction.atomic():
            for pin in moves.values():  # two may have changed places
                Pin.objects.filter(pk=pin.pk).update(rating_key=f"moving {pin.pk}")
            for (key, _), pin in moves.items():
                Pin.objects.filter(pk=pin.pk).update(rating_key=key)
    except IntegrityError as error:  # somebody has just pinned it where it is now
        log.info("Pins keep their rating keys for now: %s", error)


def _drop_blocked(moves: dict[Name, Pin], pins: list[Pin]) -> None:
    """Leave out what would take the place of a pin that stays where it is."""
    while True:
        moving = {pin.pk for pin in moves.values()}
        staying = {(pin.rating_key, pin.season) for pin in pins if pin.pk not in moving}
        blocked = moves.keys() & staying
        if not blocked:
            return
        for name in blocked:
            del moves[name]
