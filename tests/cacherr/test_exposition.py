"""The text for Prometheus, read back by a reader that knows the format only."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacherr.exposition import Family, exposition

SAMPLE = re.compile(r'([a-zA-Z_]\w*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)', re.ASCII)
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"', re.ASCII)
PLAIN = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def read(text: str) -> list[tuple[str, dict[str, str], float]]:
    """The samples of a text; lines end with a line feed and with nothing else."""
    found = []
    assert text.endswith("\n")
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# "):
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        name, labels, value = sample.groups()
        opened = {
            label: re.sub(r"\\.", lambda escape: PLAIN[escape[0]], told) for label, told in LABEL.findall(labels or "")
        }
        found.append((name, opened, float(value)))
    return found


def test_a_family_is_its_meaning_its_type_and_its_samples() -> None:
    samples = [({"host": "plex.tv", "outcome": "ok"}, 3), ({"host": "server", "outcome": "5xx"}, 0.5)]
    families = [Family("asked_total", "counter", "Requests.", samples), Family("free", "gauge", "Bytes.", [({}, 7)])]
    assert exposition(families) == (
        "# HELP asked_total Requests.\n"
        "# TYPE asked_total counter\n"
        'asked_total{host="plex.tv",outcome="ok"} 3\n'
        'asked_total{host="server",outcome="5xx"} 0.5\n'
        "# HELP free Bytes.\n"
        "# TYPE free gauge\n"
        "free 7\n"
    )


@given(st.dictionaries(st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,9}", fullmatch=True), st.text(), max_size=4))
def test_any_text_of_a_label_is_read_back_as_it_was(labels: dict[str, str]) -> None:
    assert read(exposition([Family("x", "gauge", "", [(labels, 1)])])) == [("x", labels, 1.0)]


def test_a_path_that_is_no_utf_8_can_be_sent() -> None:
    exposition([Family("x", "gauge", "", [({"cache": "/mnt/\udcff"}, 1)])]).encode()


@given(st.text())
def test_any_meaning_is_one_line(meaning: str) -> None:
    text = exposition([Family("x", "gauge", meaning, [({}, 1)])])
    assert len(text.removesuffix("\n").split("\n")) == 3


@given(st.floats() | st.integers(-(10**25), 10**25) | st.booleans())
def test_any_number_is_read_back_as_it_was(value: float) -> None:
    ((_, _, told),) = read(exposition([Family("x", "gauge", "", [({}, value)])]))
    assert told == float(value) or (math.isnan(told) and math.isnan(value))


@pytest.mark.parametrize("name", ["", "1x", "a-b", "a b", "ä", "x\n", "a.b"])
def test_a_name_that_prometheus_would_refuse_is_a_mistake_of_ours(name: str) -> None:
    with pytest.raises(ValueError, match="no such name"):
        exposition([Family(name, "gauge", "", [])])
    with pytest.raises(ValueError, match="no such name"):
        exposition([Family("x", "gauge", "", [({name: ""}, 1)])])
