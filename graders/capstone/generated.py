"""What is generated and committed: schemas of a document's files, and the samples' claims."""

from __future__ import annotations

from pathlib import Path

from graders.capstone.document import CLAIMS
from graders.capstone.files import schemas
from graders.capstone.packs import USE_CASES
from graders.paths import material_root


def generated() -> dict[Path, bytes]:
    """Every generated file of `capstone_templates`, by path.

    Returns
    -------
    dict of Path to bytes
    """
    root = material_root() / "capstone_templates"
    made = {root / "schema" / name: content for name, content in schemas().items()}
    samples = [case.sample for case in USE_CASES.values()]
    return made | {one.folder / CLAIMS: one.text().encode() for one in samples}
