"""How the API reads requests: JSON that is refused with a cure, and texts that every database keeps."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.errors import HttpError
from ninja.parser import Parser as NinjasParser

from cacherr.texts import fault_within

TOO_LARGE = (
    f"The content is too large. Send at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1000} kB; "
    "larger documents of settings are read by the command import_settings."
)
NO_JSON = "The content is no JSON. Send a JSON object, with the header Content-Type: application/json."


class Parser(NinjasParser):
    """Ninja's, which knows no cure and lets texts pass that a database chokes on."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The content. Raises HttpError, which Ninja wraps in one of its own: see `cacherr.api.http_error`."""
        try:
            content: dict[str, Any] = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise HttpError(400, NO_JSON) from error
        _require_texts(content)
        return content

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """What follows the question mark, or a form. Raises HttpError."""
        parsed: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        _require_texts(parsed)
        return parsed


def _require_texts(content: Any) -> None:
    found = fault_within(content)
    if found:
        where, said = found
        raise HttpError(422, f"{where[:200]}: {said}" if where else said)
