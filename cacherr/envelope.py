"""The shape of every answer of the API."""

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from ninja import Schema

T = TypeVar("T")


class Envelope(Schema, Generic[T]):
    """What an answer is wrapped in: `data` when it worked, else `error` with a sentence and its cure."""

    success: bool
    data: T | None = None
    message: str = ""
    error: str = ""
    timestamp: str
    """When the answer was made, ISO 8601, UTC."""


def ok(data: Any = None, message: str = "") -> dict[str, Any]:
    """A good answer."""
    return _wrapped(success=True, data=data, message=message, error="")


def failed(error: str, data: Any = None) -> dict[str, Any]:
    """An answer that tells what went wrong."""
    return _wrapped(success=False, data=data, message="", error=error)


def _wrapped(*, success: bool, data: Any, message: str, error: str) -> dict[str, Any]:
    timestamp = datetime.now(UTC).isoformat()
    return {"success": success, "data": data, "message": message, "error": error, "timestamp": timestamp}
