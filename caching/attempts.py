"""Ordering something from an admin page, and saying there what came of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from cacherr.errors import CacherrError
from caching import nudge, orders


def attempt(request: HttpRequest, name: str, work: Callable[[], orders.Placed]) -> None:
    """Order something, and say what came of it."""
    try:
        placed = work()
    except CacherrError as error:
        messages.error(request, f"{name}: {error}")
        return
    for refusal in placed.refused:
        messages.error(request, f"{name}: {refusal.reason}")
    if placed.operations:
        nudge.run_orders()
        messages.success(request, f"{name}: ordered; it is done as soon as a worker is free.")
