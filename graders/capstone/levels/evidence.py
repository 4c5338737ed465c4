"""L9: what was measured can be read again, from a notebook that runs here as it ran there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from graders.capstone.findings import Finding
from graders.capstone.levels.matter import Matter, agrees
from graders.capstone.pack import Required
from graders.capstone.records import Claim

Reading = float | str
"""What a notebook's variable holds, or in words why it holds nothing."""


def evidence_is_there(matter: Matter, readings: Mapping[tuple[str, str], Reading] | None) -> Iterator[Finding]:
    """Each measured claim's notebook is the one that was named, and gives the value again.

    Parameters
    ----------
    matter : Matter
        The document before its brief.
    readings : mapping or None
        (File, variable) -> what it holds after a run in the sandbox; None where nothing was run.

    Yields
    ------
    Finding
    """
    for one in matter.document.claims.values():
        if one.kind != "measured" or one.evidence is None:
            continue
        content = matter.document.files.get(one.evidence.file)
        if content is None:
            message = f"{one.evidence.file} is not in the document's folder"
            yield matter.finding("L9", "major", "no-evidence", one.id, message)
        elif hashlib.sha256(content).hexdigest() != one.evidence.sha256:
            message = f"{one.evidence.file} has changed since its digest was written down"
            yield matter.finding("L9", "major", "changed-evidence", one.id, message)
        elif readings is not None:
            yield from _reading(matter, one, readings)
    if readings is None and any(one.kind == "measured" for one in matter.document.claims.values()):
        yield Finding("L9", "info", "evidence-not-run", "evidence notebooks were not run", "", "S12", "evidence/")


def _reading(matter: Matter, one: Claim, readings: Mapping[tuple[str, str], Reading]) -> Iterator[Finding]:
    assert one.evidence is not None  # noqa: S101  whoever calls has looked
    found = readings.get((one.evidence.file, one.evidence.variable), "it was not read")
    if isinstance(found, str):
        message = f"{one.evidence.file} does not give {one.evidence.variable}: {found}"
        yield matter.finding("L9", "major", "no-evidence", one.id, message)
    elif not _is_the_same(matter, one, found):
        message = f"{one.evidence.file} gives {one.evidence.variable} = {found:.6g}"
        yield matter.finding("L9", "major", "other-evidence", one.id, message)


def _is_the_same(matter: Matter, one: Claim, found: float) -> bool:
    """Whether the notebook gives what is claimed, both in the claim's unit."""
    required = matter.index.required.get(one.id) or Required(one.id, one.unit, "measured", "", "")
    return isinstance(one.value, float) and agrees(required, one.value, found)
