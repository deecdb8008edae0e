"""Whether what a list found is cached. Caching knows, and stands right of the lists: it says here whom to ask."""

from collections.abc import Callable, Iterable

Look = Callable[[Iterable[str]], set[str]]
"""Which of these rating keys, of films and shows, have something cached."""

_looks: list[Look] = []


def ask(look: Look) -> None:
    """Ask this from now on."""
    _looks[:] = [look]


def cached(keys: Iterable[str]) -> set[str]:
    """Which of these rating keys have something cached; none while nobody knows."""
    asked = set(keys)
    return _looks[0](asked) if _looks and asked else set()
