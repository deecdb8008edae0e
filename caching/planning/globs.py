"""Patterns as people write them: `*` stands for any text, `?` for one character, everything else for itself.

Brackets mean nothing: they are in the names of too many files. Both kinds of slashes are the same, and so are letters
with accents, however they are put together.
"""

import fnmatch
import re
import unicodedata
from functools import lru_cache

BEGINS_LIKE_A_PATH = re.compile(r"[/\\*?]|[A-Za-z]:")


def plain(text: str) -> str:
    """A name in the one form in which names are compared."""
    return unicodedata.normalize("NFC", text).replace("\\", "/")


@lru_cache(maxsize=512)
def compiled(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """The pattern, to be matched against whole texts that are `plain`."""
    text = fnmatch.translate(plain(pattern).replace("[", "[[]"))
    return re.compile(text, re.IGNORECASE if ignore_case else 0)


def problem_of_path(pattern: str) -> str:
    """Why a pattern cannot be meant for paths, in a sentence with the cure; empty when it can."""
    if "\0" in pattern:
        return "No path has a NUL character in it."
    if pattern and not pattern.strip("*"):
        return "This fits every path: leave it empty instead."
    if pattern and not BEGINS_LIKE_A_PATH.match(pattern):
        return f"A path begins with a slash, so this fits none. For what lies in {pattern}, write */{pattern}/*."
    return ""
