"""Reverse proxies: whose X-Forwarded headers are believed, and a request as the browser sent it.

Behind a proxy that speaks HTTPS the browser's Origin begins with https: unless the proxy is believed, every form and
every change is refused as a foreign page's. Whoever is not believed could claim to be at home.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Application = Callable[..., Awaitable[Any]]
Network = IPv4Network | IPv6Network
Scope = Mapping[str, Any]

THIS_MACHINE = ("127.0.0.0/8", "::1")
SCHEMES = {"http", "https"}


def proxy_list(raw: str) -> list[str]:
    """Addresses and networks with commas between them. Raises ValueError for anything else."""
    found = [part.strip() for part in raw.split(",") if part.strip()]
    networks(found)
    return found


def networks(addresses: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks as networks. Raises ValueError."""
    return tuple(ip_network(address, strict=False) for address in addresses)


class Forwarded:
    """Lets the application see a request as the browser sent it, when a trusted proxy, or this machine, passes it on.

    The headers themselves stay: the wizard looks at all that is said of who asks.
    """

    def __init__(self, application: Application, trusted: Sequence[str]) -> None:
        self.application = application
        self.trusted = networks([*THIS_MACHINE, *trusted])

    async def __call__(self, scope: Scope, receive: object, send: object) -> None:
        """Pass on."""
        await self.application(as_sent(scope, self.trusted), receive, send)


def as_sent(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """The scope with the scheme, host and address that a trusted proxy tells; else as it is. Pure."""
    client = scope.get("client")
    if not client or not _is_in(client[0], trusted):
        return scope
    scheme = next(iter(_told(scope, b"x-forwarded-proto")), "").lower()
    host = next(iter(_told(scope, b"x-forwarded-host")), "")
    address = _asker(_told(scope, b"x-forwarded-for"), trusted)
    changed = dict(scope)
    if scheme in SCHEMES:
        changed["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
    if host:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        changed["headers"] = [*others, (b"host", host.encode("latin-1"))]
    if address:
        changed["client"] = (address, 0)
    return changed


def _told(scope: Scope, name: bytes) -> list[str]:
    """The values of a header, the nearest proxy's last."""
    texts = [value.decode("latin-1") for header, value in scope.get("headers", ()) if header == name]
    return [part.strip() for part in ",".join(texts).split(",") if part.strip()]


def _asker(addresses: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whoever asked the first trusted proxy; what stands before that, anybody may have written. Empty: unknown."""
    for address in reversed(addresses):
        if _address(address) is None or not _is_in(address, trusted):
            break
    else:
        address = addresses[0] if addresses else ""
    found = _address(address)
    return str(found) if found else ""


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it, perhaps with a port; None for what is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows the older addresses inside the newer ones.
    return getattr(found, "ipv4_mapped", None) or found
