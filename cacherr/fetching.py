"""Fetching what an address of a person's choice leads to, without being led to where it must not go.

Only http and https; the address that was checked is the one that is connected to; redirects are checked again; size,
time and number of redirects are limited. Behind a gateway names are resolved by the gateway: then only what is written
in the URL can be checked here.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

from cacherr import outbound, politeness
from cacherr.addresses import AddressPolicy, resolved
from cacherr.errors import OutsideError
from cacherr.pinning import ADDRESS_CURE, PORTS, Checked, Clock, Resolve, ThroughGateway

REDIRECTS = frozenset({301, 302, 303, 307, 308})
LATER_CURE = "It is asked again later; look whether its host is well."
SIZE_CURE = "Look whether this is the address of a list."


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of somebody else's answer is taken."""

    size: int = 10 * 1024 * 1024
    """Bytes, unpacked."""
    seconds: float = 30.0
    """From the first connection to the last byte, for each redirect anew."""
    redirects: int = 3


USUAL = Limits()
PUBLIC = AddressPolicy()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Fetcher:
    """Fetches. For one thread."""

    def __init__(
        self, policy: AddressPolicy = PUBLIC, limits: Limits = USUAL, resolve: Resolve = resolved
    ) -> None:  # fmt: skip
        self._policy = policy
        self._limits = limits
        self._clock = Clock(limits.seconds)
        self._session = outbound.session()
        # Redirects are followed here; requests would read a redirect's whole body to look ahead.
        self._session.get_redirect_target = _none  # type: ignore[method-assign,assignment]
        gateway = settings.CACHERR_OUTBOUND_GATEWAY
        adapter = (
            ThroughGateway(gateway, self._clock) if gateway else Checked(self._clock, policy, resolve)
        )  # fmt: skip
        polite = outbound.PoliteAdapter(adapter)
        self._session.mount("https://", polite)
        self._session.mount("http://", polite)

    def trust(self, authorities: str) -> None:
        """Trust the certificate authorities in this file instead of the usual ones."""
        self._session.verify = authorities

    def fetch(
        self, address: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Fetched:  # fmt: skip
        """GET, or POST when there is a body. Raises OutsideError, whose message holds of the address its host only."""
        for _ in range(self._limits.redirects + 1):
            parts = checked(address, self._policy)
            answer = self._send(parts, address, headers, body)
            target = answer.headers.get("location", "") if answer.status in REDIRECTS else ""
            if not target:
                return answer
            address, headers = _follow(parts, address, target, headers, body)
        raise OutsideError(f"{parts.hostname} leads on and on.", ADDRESS_CURE)

    def _send(
        self, parts: SplitResult, address: str, headers: Mapping[str, str] | None, body: bytes | None
    ) -> Fetched:  # fmt: skip
        method = "GET" if body is None else "POST"
        try:
            response = self._session.request(
                method,
                address,
                headers=dict(headers or {}),
                data=body,
                stream=True,
                allow_redirects=False,
            )
            with response:
                read = self._read(parts, response)
        except outbound.RestingError as error:
            rest = politeness.SHARED.rest_of(politeness.Target.of(address))
            wait = max(0.0, rest.until - time.time()) if rest else 0.0
            raise OutsideError(error.message, error.cure, wait=wait) from None
        except (outbound.TransportError, UnicodeError) as error:
            # No cause is kept: its text names the whole address, which may hold a key.
            raise self._failure(parts, error) from None
        finally:
            self._clock.stop()
            self._session.close()  # a kept connection might be one that the other side has just closed
        return Fetched(response.status_code, {name.lower(): text for name, text in response.headers.items()}, read)

    def _read(self, parts: SplitResult, response: outbound.Response) -> bytes:
        body = bytearray()
        for block in outbound.blocks(response):
            body += block
            if len(body) > self._limits.size:
                megabytes = self._limits.size / 2**20
                raise OutsideError(f"{parts.hostname} answers with more than {megabytes:g} MB.", SIZE_CURE)
            if self._clock.is_over:
                break
        if self._clock.is_over:
            raise self._too_slow(parts)
        return bytes(body)

    def _failure(self, parts: SplitResult, error: Exception) -> OutsideError:
        if self._clock.is_over:
            return self._too_slow(parts)
        kind = type(error).__name__.removesuffix("Error").removesuffix("Exception").lower()
        return OutsideError(f"{parts.hostname} does not answer ({kind}).", LATER_CURE)

    def _too_slow(self, parts: SplitResult) -> OutsideError:
        return OutsideError(f"{parts.hostname} did not finish within {self._limits.seconds:g} seconds.", LATER_CURE)


def checked(address: str, policy: AddressPolicy) -> SplitResult:
    """The parts of a URL that may be fetched, as far as one can see from its text. Raises OutsideError."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise OutsideError("The address is none.", "Write it as https://HOST/PATH.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise OutsideError("Only addresses that begin with http:// or https:// are fetched.", ADDRESS_CURE)
    if refusal := policy.refusal_of_name(parts.hostname):
        raise OutsideError(f"{parts.hostname} is {refusal}.", ADDRESS_CURE)
    return parts


def _none(_: outbound.Response) -> None:
    return None


def _follow(
    parts: SplitResult, address: str, target: str, headers: Mapping[str, str] | None, body: bytes | None
) -> tuple[str, Mapping[str, str] | None]:  # fmt: skip
    """Where a redirect leads, and the headers to take along: none to another host, they may hold a key."""
    if body is not None:
        raise OutsideError(f"{parts.hostname} leads elsewhere instead of answering.", LATER_CURE)
    try:
        following = urljoin(address, target)
        then = urlsplit(following)
    except ValueError:
        raise OutsideError(f"{parts.hostname} leads to an address that is none.", ADDRESS_CURE) from None
    if parts.scheme == "https" and then.scheme == "http":
        raise OutsideError(f"{parts.hostname} leads from https to http.", ADDRESS_CURE)
    return following, headers if (then.scheme, then.netloc) == (parts.scheme, parts.netloc) else None
