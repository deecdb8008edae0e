"""Which addresses a URL of a person's choice may lead to, and what strangers' documents may hold."""

import pytest

from cacherr.addresses import AddressPolicy, literal
from cacherr.documents import MAX_DEPTH, DocumentError, read_json, read_xml

PUBLIC, HOME = AddressPolicy(), AddressPolicy(lan=True)

EVERYWHERE_REFUSED = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "localhost", "LOCALHOST.", "nas.localhost",
    "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%eth0", "100.100.100.200", "168.63.129.16", "fd00:ec2::254",
    "metadata.google.internal", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "ff02::1", "2001:db8::1",
    "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0xa9fea9fe", "[::1]",
]  # fmt: skip
AT_HOME = ["10.1.2.3", "172.16.0.1", "192.168.1.10", "100.64.0.1", "fd12::1", "::ffff:192.168.1.10", "64:ff9b::a00:1"]
ALLOWED = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "example.org", "xn--bcher-kva.example", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("policy", [PUBLIC, HOME])
@pytest.mark.parametrize("host", EVERYWHERE_REFUSED)
def test_this_machine_and_what_is_close_to_it_is_refused_whatever_the_settings_say(
    host: str, policy: AddressPolicy
) -> None:
    assert policy.refusal_of_name(host)


@pytest.mark.parametrize("host", AT_HOME)
def test_the_home_network_is_allowed_by_the_setting_only(host: str) -> None:
    assert "home network" in PUBLIC.refusal_of_name(host)
    assert HOME.refusal_of_name(host) == ""


@pytest.mark.parametrize("policy", [PUBLIC, HOME])
@pytest.mark.parametrize("host", ALLOWED)
def test_the_internet_is_allowed(host: str, policy: AddressPolicy) -> None:
    assert policy.refusal_of_name(host) == ""


def test_a_name_is_no_address() -> None:
    assert [literal(name) for name in ("example.org", "dead.beef", "", "1.2.3.4.5", "999999999999")] == [None] * 5


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel>&b;</channel></rss>"""
REACHING = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BOMB, "document type"),
        (REACHING, "document type"),
        (BOMB.decode().replace('<?xml version="1.0"?>', "").encode("utf-16"), "document type"),
        (b"<a>" * (MAX_DEPTH + 1), "too deeply"),
        (b"<a><b/>" + b"<b/>" * 300_000 + b"</a>", "too many"),
        (b"<html><br></html>", "no XML"),
        (b"<a>&nbsp;</a>", "no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "no XML"),
        (b"", "no XML"),
    ],
)  # fmt: skip
def test_xml_that_no_honest_feed_is_made_of_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        read_xml(body)


def test_xml_keeps_its_texts_and_namespaces_as_they_are_written() -> None:
    root = read_xml('<r xmlns:t="urn:t"><t:id>Ünï &amp; &#228;</t:id></r>'.encode())
    assert [(child.tag, child.text) for child in root] == [("t:id", "Ünï & ä")]


@pytest.mark.parametrize(
    ("body", "said"), [(b"[" * 200_000, "too deeply"), (b"<html>", "no JSON"), (b"\xff", "no JSON")]
)
def test_json_that_is_none_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        read_json(body)


def test_json_may_have_a_mark_in_front_and_a_key_twice() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1, "a": 2}') == {"a": 2}
