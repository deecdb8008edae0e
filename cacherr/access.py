"""Who may use the API and the live events: a signed-in member of the staff, or whoever has the key."""

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import APIKeyHeader
from ninja.security.session import SessionAuthIsStaff

KEY_HEADER = "X-Api-Key"


def is_key(given: str | None) -> bool:
    """Whether this is the installation's API key. Without a key set there is none."""
    return bool(settings.CACHERR_API_KEY and given) and secrets.compare_digest(
        (given or "").encode(), settings.CACHERR_API_KEY.encode()
    )


class ApiKey(APIKeyHeader):
    """The key in a header; needs no CSRF token because no browser sends it by itself."""

    param_name = KEY_HEADER

    def authenticate(self, request: HttpRequest, key: str | None) -> Any | None:  # noqa: ARG002 - Ninja's own signature
        """The key when it is right."""
        return key if is_key(key) else None


NOT_OUR_PAGE = (
    "This login came without the page's CSRF token. Send the token in the header X-CSRFToken, or reload the page; "
    "programs send the API key in the header X-Api-Key."
)


class Session(SessionAuthIsStaff):
    """The login of a page, with its CSRF token: a foreign page in the same browser has the login's cookie only."""

    def _get_key(self, request: HttpRequest) -> str | None:
        """The session's name; None for whoever has no login, and then needs no token either. Raises HttpError."""
        if self.param_name not in request.COOKIES:
            return None
        try:
            key: str | None = super()._get_key(request)
        except HttpError:
            raise HttpError(403, NOT_OUR_PAGE) from None
        return key


AUTH = [ApiKey(), Session()]
