"""The tables of docs/planning.md as texts."""

from tests.conftest import PROJECT


def rows(heading: str) -> list[tuple[str, ...]]:
    """The rows of the table with this first row."""
    lines = (PROJECT / "docs/planning.md").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines[lines.index(heading) + 2 :]:
        if not line.startswith("|"):
            break
        found.append(tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|")))
    return found


def words(text: str, by: str = ",") -> list[str]:
    """The parts of a cell."""
    return [word.strip() for word in text.split(by) if word.strip()]
