"""What is generated and committed: schemas of a document's files, and the sample's claims."""

from __future__ import annotations

from pathlib import Path

from graders.capstone.document import CLAIMS
from graders.capstone.files import schemas
from graders.capstone.llm_serving import sample
from graders.paths import material_root


def generated() -> dict[Path, bytes]:
    """Every generated file of `capstone_templates`, by path.

    Returns
    -------
    dict of Path to bytes
    """
    root = material_root() / "capstone_templates"
    made = {root / "schema" / name: content for name, content in schemas().items()}
    return made | {sample.folder() / CLAIMS: sample.text().encode()}
