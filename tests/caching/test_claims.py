"""Claims on rows: old names, users, and that they follow who wants a file now."""

import pytest

from caching.claims import parse, users_of


@pytest.mark.parametrize(
    ("text", "owner", "claims"),
    [
        ("", 7, set()),
        ("ondeck", 7, {"ondeck:7"}),
        ("ondeck", None, {"ondeck"}),
        ("ondeck:1,watchlist:1", 7, {"ondeck:7", "watchlist:7"}),
        ("ondeck:12,feed,order", 7, {"ondeck:12", "feed", "order"}),
        ("lists", 7, {"lists"}),
    ],
)
def test_the_claims_of_a_row_with_the_owner_by_the_number_known_now(
    text: str, owner: int | None, claims: set[str]
) -> None:
    assert parse(text, owner) == claims


def test_users_are_those_who_want_something_by_name() -> None:
    assert users_of({"ondeck:7", "watchlist:8", "ondeck:8", "list:3", "feed", "ondeck"}) == {7, 8}
