"""One request to plex.tv, and everything that can be wrong with its answer."""

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from cacherr import __version__, outbound
from cacherr.documents import DocumentError, read_xml
from cacherr.errors import CacherrError, PlexError, PlexSignInError, PlexUnreachableError
from plexusers.token_form import require_sendable

ADDRESS = "https://plex.tv"
TOKEN_STATUSES = frozenset({401, 422, 498})
"""What plex.tv answers to a token that is no good (498: expired). Any other status says nothing about the token."""
REACH_CURE = "Nothing has to be done: plex.tv is asked again later, and what is known stays in force."


class PlexTvRefusedError(PlexError):
    """plex.tv understood, and refuses: 403. `code` is its own number for the reason, 0 when it gives none."""

    def __init__(self, message: str, cure: str, code: int) -> None:
        super().__init__(message, cure)
        self.code = code


class NothingThereError(PlexError):
    """plex.tv knows nothing of this name: 404."""


class TooManyRequestsError(PlexUnreachableError):
    """plex.tv asks to be left alone for a while: 429. `wait` is for how many seconds, 0 when it does not say."""

    def __init__(self, message: str, cure: str, wait: float) -> None:
        super().__init__(message, cure)
        self.wait = wait


class PlexTv:
    """plex.tv or another of its hosts, asked in the name of one account. For one thread."""

    def __init__(self, client_identifier: str, token: str = "", address: str = ADDRESS) -> None:
        """Raises PlexSignInError for a token that cannot be one."""
        require_sendable(token)
        self._address = address
        headers = {
            "X-Plex-Client-Identifier": client_identifier,
            "X-Plex-Product": "Cacherr",
            "X-Plex-Version": __version__,
            "X-Plex-Device-Name": "Cacherr",
        }
        self._session = outbound.session({**headers, **({"X-Plex-Token": token} if token else {})})

    def container(self, path: str) -> ElementTree.Element:
        """The `MediaContainer` at this path, complete. Raises PlexError."""
        root = self.element("GET", path)
        # A captive portal's page may well be XML; and a cut list must not pass for a short one.
        if root.tag != "MediaContainer" or root.get("size", str(len(root))) != str(len(root)):
            raise not_understood(path)
        return root

    def element(self, method: str, path: str, query: Mapping[str, str] | None = None) -> ElementTree.Element:
        """The XML document at this path. Raises PlexError."""
        answer = self._ask(method, path, query, "application/xml")
        try:
            return read_xml(answer.content)
        except DocumentError as error:
            raise not_understood(path) from error

    def facts(self, method: str, path: str, query: Mapping[str, str] | None = None, *, question: object = None) -> Any:
        """The JSON document at this path; `question` is sent along as JSON. Raises PlexError."""
        answer = self._ask(method, path, query, "application/json", question)
        try:
            return json.loads(answer.content)
        except ValueError as error:
            raise not_understood(path) from error

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None, accept: str, question: object = None
    ) -> outbound.Response:
        address, headers = f"{self._address}{path}", {"Accept": accept}
        try:
            answer = self._session.request(
                method, address, params=query, headers=headers, json=question, allow_redirects=False
            )
        except outbound.TransportError as error:
            if isinstance(error, CacherrError):  # it was not even sent, and says until when plex.tv is left alone
                raise PlexUnreachableError(error.message, error.cure) from None
            kind = type(error).__name__.removesuffix("Error").removesuffix("Exception").lower()
            # No cause is kept: its text names the whole address, and a switch has the PIN in there.
            raise PlexUnreachableError(f"plex.tv does not answer ({kind}).", REACH_CURE) from None
        _judge(answer, path)
        return answer


def not_understood(path: str) -> PlexUnreachableError:
    """The error for an answer without something that every honest one has."""
    return PlexUnreachableError(f"What answers for plex.tv ({_endpoint(path)}) cannot be understood.", REACH_CURE)


def _endpoint(path: str) -> str:
    """The path for people: without numbers and names of single things."""
    return "/".join(part for part in path.split("/") if not any(sign.isdigit() for sign in part.removeprefix("v2")))


def _judge(answer: outbound.Response, path: str) -> None:
    """Name what is wrong with an answer by its status; of the body only plex.tv's own number for the reason counts."""
    status = answer.status_code
    if status in TOKEN_STATUSES:
        raise PlexSignInError(f"plex.tv refuses the token (status {status}).", "Sign in again.")
    if status == 403:
        raise PlexTvRefusedError(f"plex.tv refuses ({_endpoint(path)}, status 403).", "Look at plex.tv.", _code(answer))
    if status == 404:
        raise NothingThereError(f"plex.tv has nothing at {_endpoint(path)} (status 404).", REACH_CURE)
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdigit() else 0.0
        raise TooManyRequestsError("plex.tv asks for a pause (status 429).", REACH_CURE, seconds)
    if status not in {200, 201}:
        raise PlexUnreachableError(f"plex.tv answers with an error (status {status}).", REACH_CURE)


def _code(answer: outbound.Response) -> int:
    try:
        return int(json.loads(answer.content)["errors"][0]["code"])
    except (ValueError, KeyError, IndexError, TypeError):
        pass
    try:
        return int(read_xml(answer.content).find("error").get("code"))  # type: ignore[union-attr, arg-type]
    except (DocumentError, AttributeError, TypeError, ValueError):
        return 0
