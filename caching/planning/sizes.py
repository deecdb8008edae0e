"""Sizes as people write them: `250GB`, `500MB`, `1.5TB`, `50%`; a bare number is GB. Units are powers of 1024."""

import re
from dataclasses import dataclass

UNITS = {"": 1024**3, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4, "PB": 1024**5}
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


def readable(count: float) -> str:
    """Bytes as people read them, for example `1.4 GB`."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} PB"
