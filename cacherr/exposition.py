"""Metrics as text for Prometheus: the text-based format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LARGEST_EXACT = 2.0**53

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """A metric with one value for each set of labels."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str
    """With the unit, for whoever reads the text."""
    samples: Iterable[tuple[Labels, float]]


def exposition(families: Iterable[Family]) -> str:
    """The whole text. Raises ValueError for a name that Prometheus would refuse."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterable[str]:
    name = _name(family.name)
    yield f"# HELP {name} {_escaped(family.meaning)}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in family.samples:
        told = ",".join(f'{_name(label)}="{_quoted(text)}"' for label, text in labels.items())
        yield f"{name}{{{told}}} {_number(value)}" if told else f"{name} {_number(value)}"


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"Prometheus allows no such name: {name!r}")
    return name


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    # A path of the disk may be no UTF-8 and then holds surrogates, which no answer could be made of.
    return _escaped(text.encode("utf-8", "backslashreplace").decode()).replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < LARGEST_EXACT)
    return str(int(value)) if whole else repr(float(value))
