"""What targets are shown: readable, bounded, and names that can do nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.notifying.rendering import MOST_CHARACTERS, Style, render
from caching.notifying.values import LEVELS, Happening

CYCLE = Happening(
    "cycle", "success", "The cycle is done", ("All went well.",), (("Cached", "3 files (1.2 GB)"), ("Not done", "1"))
)


@pytest.mark.parametrize(
    ("style", "body", "markdown"),
    [
        (Style.PLAIN, "All went well.\nCached: 3 files (1.2 GB)\nNot done: 1", False),
        (Style.DISCORD, "All went well\\.\n## Cached\n3 files (1.2 GB)\n## Not done\n1", True),
        (Style.SLACK, "All went well\\.\n**Cached:** 3 files \\(1\\.2 GB\\)\n**Not done:** 1", True),
    ],
)
def test_one_thing_is_shown_with_its_facts(style: Style, body: str, markdown: bool) -> None:
    message = render([CYCLE], style)
    assert (message.title, message.body, message.level, message.markdown) == (
        "The cycle is done", body, "success", markdown,
    )  # fmt: skip


def test_what_has_only_a_title_says_it_as_its_text_too() -> None:
    assert render([Happening("errors", "failure", "The disk is gone")], Style.PLAIN).body == "The disk is gone"


def test_several_things_are_one_message_as_bad_as_the_worst() -> None:
    message = render([CYCLE, Happening("errors", "failure", "A disk is gone")], Style.PLAIN, dropped=3)
    assert message.title == "5 things happened"
    assert message.level == "failure"
    assert message.body.split("\n") == [
        "• The cycle is done: All went well. Cached: 3 files (1.2 GB), Not done: 1",
        "• A disk is gone",
        "… and 3 more",
    ]


NASTY = [
    "@everyone", "<@123456>", "<!channel>", "[click](http://evil.example)", "**bold**", "# Heading", "`code`",
    "> quote", "- list", "||spoiler||", "~~gone~~", "1. first", "<http://evil.example|click>", "line\nbreak", ":tada:",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("style", [Style.DISCORD, Style.SLACK])
def test_a_name_is_only_a_name(name: str, style: Style) -> None:
    message = render([Happening("activity", "info", f"Kim plays {name}", (name,))], style)
    bare = re.sub(r"\\.", "", message.body)
    assert not set("*_~`|<>#[]()") & set(bare)
    assert "@everyone" not in message.title + message.body
    assert "\n" not in message.body


def test_what_follows_an_at_sign_is_kept_from_it() -> None:
    assert "@\u2060everyone" in render([Happening("activity", "info", "x", ("@everyone",))], Style.DISCORD).body


happenings = st.builds(
    Happening, st.just("activity"), st.sampled_from(LEVELS), st.text(max_size=600),
    st.lists(st.text(max_size=600), max_size=30).map(tuple),
    st.lists(st.tuples(st.text(max_size=40), st.text(max_size=80)), max_size=4).map(tuple),
)  # fmt: skip


@given(st.lists(happenings, min_size=1, max_size=30), st.sampled_from(Style), st.integers(0, 3))
def test_no_text_makes_a_message_too_long_or_unprintable(some: list[Happening], style: Style, dropped: int) -> None:
    message = render(some, style, dropped=dropped)
    assert len(message.body) <= MOST_CHARACTERS
    assert len(message.title) <= 1000
    assert all(char.isprintable() or char in "\n\u2060" for char in message.title + message.body)
    assert message.level in {one.level for one in some}
