"""The shape of every answer of the API."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Schema
from pydantic import BaseModel, Field

T = TypeVar("T")
M = TypeVar("M", bound=Model)


Search = Annotated[str, Field(max_length=200)]
"""A text to look for."""


class Envelope(Schema, Generic[T]):
    """What an answer is wrapped in: `data` when it worked, else `error` with a sentence and its cure."""

    success: bool
    data: T | None = None
    message: str = ""
    error: str = ""
    timestamp: str
    """When the answer was made, ISO 8601, UTC."""


class Pagination(Schema):
    """Which part of a list an answer holds."""

    limit: int
    offset: int
    total: int
    has_more: bool


class Page(Schema, Generic[T]):
    """A part of a list."""

    items: list[T]
    pagination: Pagination


class Window(BaseModel):
    """Which part of a list is asked for."""

    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=10**9)

    def page(self, rows: QuerySet[M], describe: Callable[[M], dict[str, Any]]) -> dict[str, Any]:
        """This part of the rows, described. Two queries."""
        return self._cut(rows, rows.count(), describe)

    def part(self, values: Sequence[T], describe: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
        """This part of a few values, described."""
        return self._cut(values, len(values), describe)

    def _cut(self, values: Any, total: int, describe: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return self.of([describe(value) for value in values[self.offset : self.offset + self.limit]], total)

    def of(self, items: Sequence[Any], total: int) -> dict[str, Any]:
        """This part, when somebody has cut it already, of so many."""
        more = self.offset + len(items) < total
        return {
            "items": items,
            "pagination": {"limit": self.limit, "offset": self.offset, "total": total, "has_more": more},
        }


def ok(data: Any = None, message: str = "") -> dict[str, Any]:
    """A good answer."""
    return _wrapped(success=True, data=data, message=message, error="")


def failed(error: str, data: Any = None) -> dict[str, Any]:
    """An answer that tells what went wrong."""
    return _wrapped(success=False, data=data, message="", error=error)


def _wrapped(*, success: bool, data: Any, message: str, error: str) -> dict[str, Any]:
    timestamp = datetime.now(UTC).isoformat()
    return {"success": success, "data": data, "message": message, "error": error, "timestamp": timestamp}


SENTENCES = {
    400: "The request cannot be understood. Check its form, and whether CACHERR_ALLOWED_HOSTS has the host's name.",
    404: "There is nothing at this address. /api/docs lists what there is.",
    405: "This address does not answer to this method. /api/docs says which it takes.",
    500: "Something went wrong inside Cacherr. Look at its log.",
}


def errors_in_envelopes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what Django itself refuses below `/api/`, before or after the API, has the same shape too."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/")
        if response.status_code < 400 or not is_page or not request.path.startswith("/api/"):
            return response
        error = SENTENCES.get(response.status_code, response.reason_phrase)
        wrapped = JsonResponse(failed(error), status=response.status_code)
        if "Allow" in response.headers:
            wrapped.headers["Allow"] = response.headers["Allow"]
        return wrapped

    return answer
