"""XML from outside: read, or refused."""

import pytest

from cacherr.documents import DocumentError, read_xml


def test_a_document_is_read_with_its_attributes_and_texts() -> None:
    root = read_xml('<?xml version="1.0" encoding="UTF-8"?><a x="1 &amp; ü"><b>t&#228;xt</b> tail<b/></a>'.encode())
    assert (root.tag, root.attrib, [(one.tag, one.text, one.tail) for one in root]) == (
        "a", {"x": "1 & ü"}, [("b", "täxt", " tail"), ("b", None, None)],
    )  # fmt: skip


BOMB = "".join(f'<!ENTITY x{level} "{f"&x{level - 1};" * 10}">' for level in range(1, 9))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&unknown;</a>",
        b"<!DOCTYPE html><html></html>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        f'<!DOCTYPE a [<!ENTITY x0 "lol">{BOMB}]><a>&x8;</a>'.encode(),
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_plain_document_is_refused(body: bytes) -> None:
    with pytest.raises(DocumentError):
        read_xml(body)
