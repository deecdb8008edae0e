"""Sizes as people write and read them."""

import pytest

from caching.planning.sizes import Size, parse_size, readable

GB = 1024**3


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("250GB", Size(bytes=250 * GB)),
        ("250", Size(bytes=250 * GB)),
        ("500MB", Size(bytes=500 * 1024**2)),
        ("1.5TB", Size(bytes=1536 * GB)),
        ("1,5 tb", Size(bytes=1536 * GB)),
        ("2TiB", Size(bytes=2048 * GB)),
        ("2G", Size(bytes=2 * GB)),
        ("100B", Size(bytes=100)),
        ("50%", Size(percent=50.0)),
        ("", None),
        ("0", None),
        ("none", None),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: Size | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["lots", "-5GB", "5 apples", "150%", "GB", "1.2.3GB", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a size|share"):
        parse_size(text)


def test_a_share_is_taken_of_the_file_system() -> None:
    assert Size(percent=50.0).of(1000) == 500
    assert Size(bytes=7).of(1000) == 7


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (5 * GB, "5.0 GB"), (250 * GB, "250 GB"), (2 * 1024**5, "2.0 PB")],
)
def test_a_size_is_shown_as_people_read_it(count: int, text: str) -> None:
    assert readable(count) == text
