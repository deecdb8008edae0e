"""Sizes as people write them: `250GB`, `500MB`, `1.5TB`, `50%`; a bare number is GB. Units are powers of 1024."""

import re
from dataclasses import dataclass
from functools import lru_cache

UNITS = {"": 1024**3, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4, "PB": 1024**5}
WORDS = ("B", "KB", "MB", "GB", "TB", "PB")
PATTERN = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>%|[KMGTP]?I?B?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Size:
    """An amount of bytes, or a share of a file system."""

    bytes: int = 0
    percent: float = 0.0

    def of(self, total: int) -> int:
        """The amount in bytes on a file system of `total` bytes."""
        return self.bytes + int(total * self.percent / 100)


def parse_size(text: str) -> Size | None:
    """Read a size; None for an empty text, "0" or "none" (no limit). Raises ValueError on anything else."""
    cleaned = text.strip()
    if cleaned.lower() in {"", "0", "none"}:
        return None
    match = PATTERN.fullmatch(cleaned)
    if match is None:
        raise ValueError(f"{text!r} is not a size. Write 250GB, 500MB, 1.5TB or 50%.")
    number = float(match["number"].replace(",", "."))
    unit = match["unit"].upper().replace("I", "")
    if unit == "%":
        if number > 100:
            raise ValueError("A share cannot be more than 100%.")
        return Size(percent=number)
    unit = unit if unit in UNITS else unit + "B"
    return Size(bytes=int(number * UNITS[unit]))


@lru_cache(maxsize=1024)
def readable(count: float) -> str:
    """Bytes as people read them, for example `1.4 GB`."""
    place = min(max(int(abs(count)).bit_length() - 1, 0) // 10, len(WORDS) - 1)
    amount = count / (1 << 10 * place)
    return f"{amount:.0f} {WORDS[place]}" if _is_round(place, amount) else f"{amount:.1f} {WORDS[place]}"


def _is_round(place: int, amount: float) -> bool:
    """Whether nobody wants to read what comes after the point."""
    return place == 0 or (amount >= 100 and place < len(WORDS) - 1)
