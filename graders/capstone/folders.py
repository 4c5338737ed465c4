"""A course's capstone folders: a brief for each student, and a document to start from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import jinja2

from graders.capstone import evidence, prose
from graders.capstone.document import CLAIMS, DECISIONS, DESIGN, EVIDENCE, TREE, VALIDATION
from graders.capstone.files import schemas
from graders.capstone.pack import Pack
from graders.capstone.packs import DEFAULT, use_case
from graders.capstone.records import Brief, Claim
from graders.capstone.selfcheck import FOLDER as SELFCHECK
from graders.capstone.selfcheck import package
from graders.capstone.use_case import UseCase
from graders.capstone.writing import claims_yaml
from graders.course import files
from graders.course.course import Course
from graders.course.settings import STUDENT_ID
from graders.errors import UsageError
from graders.paths import material_root

CAPSTONE, DOCUMENT = "capstone", "design"
_TITLES = {
    "S0": "Summary and internal FAQ",
    "S1": "Context, stakeholders, goals and non-goals",
    "S2": "Requirements, service levels, utility tree",
    "S3": "Workload",
    "S4": "Reference architecture",
    "S5": "Capacity and performance",
    "S6": "Memory hierarchy",
    "S7": "Parallelism and network",
    "S8": "Scheduling, placement, isolation",
    "S9": "Failure, availability and tail latency",
    "S10": "Power and thermal",
    "S11": "Cost",
    "S12": "Validation and measurement plan",
    "S13": "Alternatives considered",
    "S14": "Sensitivity and risks",
    "S15": "Optimisation",
}


def student_folder(course: Course, student: str) -> Path:
    """Where a student's capstone lies in a course.

    Parameters
    ----------
    course : Course
        Whose roster the student is on.
    student : str
        Id.

    Returns
    -------
    Path

    Raises
    ------
    UsageError
        If the id is none, or the course has a roster and the student is not on it.
    """
    if not STUDENT_ID.fullmatch(student):
        raise UsageError(
            f"{student!r} is no student's id", str(course.root), "Letters and digits, with `.`, `_`, `@`, `-` inside."
        )
    if course.students and student not in course.students:
        raise UsageError(f"{student} is not on the roster", str(course.root / "course.yaml"), "Add the id there.")
    return course.root / CAPSTONE / student


def use_case_of(course: Course, student: str, document: str = "") -> str:
    """The use case that a student was given, or chose where none was given.

    Parameters
    ----------
    course : Course
        Where the brief lies.
    student : str
        Id.
    document : str
        Use case that the document says it is about.

    Returns
    -------
    str
        That of the brief; without one the document's; without either the first.
    """
    path = student_folder(course, student) / "brief" / "brief.json"
    if not path.is_file():
        return document or DEFAULT
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("pack", DEFAULT))
    except (OSError, ValueError, AttributeError):
        raise UsageError("the brief cannot be read", str(path), "Write it anew: aisa capstone brief.") from None


def brief_of(course: Course, student: str, name: str) -> Brief:
    """A student's brief, made from the id and the course's salt.

    Parameters
    ----------
    course : Course
        Whose salt counts.
    student : str
        Id.
    name : str
        Use case.

    Returns
    -------
    Brief
    """
    return use_case(name).brief(student, course.salt.hex())


def write_brief(course: Course, student: str, name: str) -> Path:
    """Write a student's brief and its data.

    Parameters
    ----------
    course : Course
        Where it goes.
    student : str
        Id.
    name : str
        Use case.

    Returns
    -------
    Path
        `brief.md`; data lie in `brief/`.
    """
    folder = student_folder(course, student)
    case, brief = use_case(name), brief_of(course, student, name)
    files.write(course.root, folder / "brief.md", brief_text(case, brief).encode())
    for file, content in evidence.files(brief).items():
        files.write(course.root, folder / "brief" / file, content)
    return folder / "brief.md"


def write_document(course: Course, student: str, name: str) -> Path:
    """Write a document to start from; what a student has written already is never written over.

    Parameters
    ----------
    course : Course
        Where it goes.
    student : str
        Id.
    name : str
        Use case.

    Returns
    -------
    Path
        The document's folder.

    Raises
    ------
    UsageError
        If there is one already.
    """
    folder = student_folder(course, student) / DOCUMENT
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("there is a document already", str(folder), "Move it away, or go on with it.")
    brief = write_brief(course, student, name)
    for file, content in blank(use_case(name), brief_of(course, student, name)).items():
        files.write(course.root, folder / file, content)
    return brief.parent / DOCUMENT


def blank(case: UseCase, brief: Brief) -> dict[str, bytes]:
    """The files of a document to start from: what the brief gives is filled in, the rest is asked for.

    Parameters
    ----------
    case : UseCase
        With the required claims.
    brief : Brief
        The student's.

    Returns
    -------
    dict of str to bytes
        By path in the document's folder.
    """
    pack = case.pack
    design = _template(pack, "design.md.j2", brief=brief, titles=_TITLES, sections=_by_section(pack))
    made = {DESIGN: design, CLAIMS: _claims(pack, brief).encode()}
    for name in (DECISIONS, TREE, VALIDATION):
        made[name] = (_folder(pack) / "blank" / name).read_bytes()
    made |= {f"{name.removesuffix('.json')}.schema.json": content for name, content in schemas().items()}
    made |= {f"{EVIDENCE}/{name}": content for name, content in evidence.files(brief).items()}
    return made | {f"{SELFCHECK}/{name}": content for name, content in package(pack).items()}


def brief_text(case: UseCase, brief: Brief) -> str:
    """The brief as its reader gets it, in Markdown."""
    rows = [
        (one.id, prose.shown(Claim(one.id, one.kind, brief.values[one.id], one.unit), digits=6), one.says)
        for one in case.pack.claims
        if one.id in brief.values
    ]
    offers = {
        name: [
            (one.id, prose.shown(Claim(one.id, one.kind, offer[one.id], one.unit), digits=6), one.says)
            for one in case.pack.claims
            if one.id in offer
        ]
        for name, offer in brief.machines.items()
    }
    return _template(case.pack, "brief.md.j2", brief=brief, rows=rows, offers=offers).decode()


def _claims(pack: Pack, brief: Brief) -> str:
    """`claims.yaml` with what the brief fixes; what is still to be claimed stands as comments."""
    given = [
        Claim(one.id, one.kind, brief.values[one.id], one.unit, source="brief")
        for one in pack.claims
        if one.id in brief.values
    ]
    wanted = [one for one in pack.claims if one.id not in brief.values]
    lines = [f"  # {one.id}: {one.kind}, in {one.unit}: {one.says}" for one in wanted]
    return claims_yaml(pack.id, given) + "\n  # --- still to be claimed\n" + "\n".join(lines) + "\n"


def _by_section(pack: Pack) -> Mapping[str, list[str]]:
    """Beginnings of the ids that belong to a section, for its table: each where most of its claims belong."""
    counted: dict[str, Counter[str]] = {}
    for one in pack.claims:
        counted.setdefault(one.id.split(".", maxsplit=1)[0], Counter())[one.section] += 1
    found: dict[str, list[str]] = {}
    for beginning, sections in counted.items():
        found.setdefault(sections.most_common(1)[0][0], []).append(f"{beginning}.*")
    return found


def _template(pack: Pack, name: str, **values: object) -> bytes:
    """A text of a use case; what it does not have of its own is what all have."""
    loader = jinja2.FileSystemLoader([_folder(pack), _folder(pack).parent])
    made = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
                              trim_blocks=True, lstrip_blocks=True, autoescape=False)  # fmt: skip  # noqa: S701
    return made.get_template(name).render(pack=pack, **values).encode()


def _folder(pack: Pack) -> Path:
    return material_root() / "capstone_templates" / pack.id
