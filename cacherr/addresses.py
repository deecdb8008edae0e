"""Which addresses a URL that a person entered may lead to. Pure but for `resolved`, which asks the resolver."""

import ipaddress
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    )
)
"""Where clouds tell machines their secrets: AWS, Azure, Google and OpenStack, Alibaba, Oracle."""
OWN_NAMES = re.compile(r"(.+\.)?localhost|(.+\.)?localdomain|metadata(\.google\.internal)?|instance-data(\..+)?")
HOME_NETWORKS = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
TRANSLATED = ipaddress.ip_network("64:ff9b:1::/48")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Whom addresses may lead to beside the public internet."""

    lan: bool = False
    """This home's own network."""
    loopback: bool = False
    """This machine itself; nothing but tests says so."""

    def refusal(self, address: Address) -> str:
        """Why this address may not be connected to, the end of a sentence; empty when it may."""
        return next(filter(None, map(self._refusal, _meanings(address))), "")

    def _refusal(self, address: Address) -> str:
        if address in METADATA:
            return "a cloud's metadata service"
        if address.is_loopback or address.is_unspecified:
            return "" if self.loopback else "this machine itself"
        if address.is_link_local:
            return "a link-local address"
        if any(address in network for network in HOME_NETWORKS if network.version == address.version):
            return "" if self.lan else "the home network, which the list settings do not allow"
        if address.is_multicast or not address.is_global:
            return "an address that is not on the public internet"
        return ""

    def refusal_of_name(self, host: str) -> str:
        """The same for a host name as it is written: what it means before anybody resolves it."""
        name = host.rstrip(".").lower()
        if (address := literal(name)) is not None:
            return self.refusal(address)
        if OWN_NAMES.fullmatch(name) and not self.loopback:
            return "this machine itself"
        return ""


def literal(host: str) -> Address | None:
    """The address that a host name is already; also in the older forms that resolvers take: `127.1`, `0x7f.1`."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}", host):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return None


def resolved(host: str, port: int) -> list[Address]:
    """What the resolver says, IPv4 first: containers often have no IPv6. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = {ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found}
    return sorted(addresses, key=lambda address: (address.version, int(address)))


def _meanings(address: Address) -> Iterator[Address]:
    """Where an address leads: an IPv6 one that only carries an IPv4 one leads there, a tunnel's leads to both."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in NAT64 or address in TRANSLATED:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield from (one for one in (address, address.sixtofour, *(address.teredo or ())) if one is not None)
