"""What on a page is in the way of people: axe-core's findings, and what is cut off or jumps out of a small screen."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
RUN = """async () => {
    const found = await axe.run(document, {resultTypes: ['violations']});
    return found.violations.map(violation => ({
        id: violation.id, impact: violation.impact, help: violation.help,
        nodes: violation.nodes.map(node => [node.html, node.failureSummary]),
    }));
}"""
WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > width + 1)
        .slice(-4).map(element => element.outerHTML.slice(0, 200));
}"""
SHOWN_NODES = 3
LONGEST = 300


def axe() -> str:
    """The script; empty where it is not installed."""
    path = os.environ.get("CACHERR_TEST_AXE", "")
    return Path(path).read_text(encoding="utf-8") if path else ""


def grave(page: Page, script: str) -> list[str]:
    """Serious and critical barriers, each with the first places where it is met."""
    page.evaluate(script)
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [_told(violation) for violation in found if violation["impact"] in GRAVE]


def too_wide(page: Page) -> list[str]:
    """What makes the page wider than the screen, so that it has to be moved sideways to be read."""
    found: list[str] = page.evaluate(WIDE)
    return [f"  wider than the screen: {element}" for element in found]


def _told(violation: dict[str, Any]) -> str:
    places = [f"    {html[:LONGEST]}\n      {summary[:LONGEST]}" for html, summary in violation["nodes"][:SHOWN_NODES]]
    more = len(violation["nodes"]) - len(places)
    lines = [f"  {violation['impact']}: {violation['help']} ({violation['id']})", *places]
    return "\n".join(lines + ([f"    and {more} more"] if more > 0 else []))
