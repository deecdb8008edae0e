"""What the first page of the admin shows before its script takes over."""

from typing import Any

from django.http import HttpRequest

from caching import events, state


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - Unfold's own signature
    """Add the snapshot to the page's context."""
    return {**context, "snapshot": state.snapshot(events.clients.count)}
