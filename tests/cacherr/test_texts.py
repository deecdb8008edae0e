"""Which texts can be kept by every database, and where in a document one is that cannot."""

from typing import Any

import pytest

from cacherr.texts import HALF, NUL, fault, fault_within, storable


@pytest.mark.parametrize("text", ["", "plain", "ümläut ☃ 🎬", "tab\tand\nline"])
def test_an_honest_text_is_kept_as_it_is(text: str) -> None:
    assert (fault(text), storable(text)) == ("", text)


@pytest.mark.parametrize(
    ("text", "said", "kept"), [("a\0b", NUL, "a b"), ("a\ud800b", HALF, "a?b"), ("\udcff", HALF, "?")]
)
def test_what_no_database_keeps_is_named_or_mended(text: str, said: str, kept: str) -> None:
    assert (fault(text), storable(text)) == (said, kept)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("\0", ""),
        ({"name": "\0"}, "name"),
        ({"rules": [{"name": "good"}, {"name": "\ud800"}]}, "rules.1.name"),
        ([["x", "\0"]], "0.1"),
        ({"rules": [{"\ud800": 1}]}, "rules.0"),
    ],
)
def test_the_place_is_told_without_the_text(value: Any, where: str) -> None:
    found = fault_within(value)
    assert found is not None
    assert found[0] == where


def test_a_good_document_has_none_and_may_be_as_deep_as_json_is() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    assert fault_within({"a": [1, None, True, 2.5, "x"], "b": deep}) is None
