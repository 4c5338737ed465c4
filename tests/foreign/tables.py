"""The tables of docs/foreign-courses.md: what they say is what the tests hold against what happens."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "foreign-courses.md"


def table(first: str) -> dict[str, dict[str, str]]:
    """The rows of the table whose first column has this heading, by what stands there.

    Parameters
    ----------
    first : str
        `attack` or `case`.
    """
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    headings = [cell.strip() for cell in lines[start].strip("|").split("|")]
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        found[cells[0]] = dict(zip(headings, cells, strict=True))
    return found
