"""A design document put together for readers: sections with their tables and figures, and a register of every claim."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from markdown_it.token import Token

from graders.capstone.findings import SEVERITIES, Finding, Report
from graders.capstone.graph import Graph
from graders.capstone.levels.matter import claimed, holds
from graders.capstone.pack import PackIndex
from graders.capstone.prose import referred, shown
from graders.capstone.records import Brief, Claim, Decision, Document, Leaf, Measurement, Section
from graders.capstone.rendering.figures import Drawn, Figure, figure
from graders.capstone.rendering.markdown import parsed
from graders.capstone.use_case import UseCase

_BESIDE = {"S2": "tree", "S12": "validation", "S13": "decisions"}
"""Sections that speak of a file of the document: it is shown at their end."""

_DIGITS = 6
_MOST_ROWS = 5_000
_LEFT_OUT = Figure(
    "left-out", "Left out", f"The document's tables and figures have over {_MOST_ROWS} rows.", 0, (), (), ()
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim, as the register shows it.

    Attributes
    ----------
    number : int
        Its place in the register, from 1: what paper shows beside a number.
    claim : Claim
    says : str
        What the use case says that it is; empty for a claim of the candidate's own.
    value, interval : str
        With its unit; the interval is empty where none is stated.
    spoken : tuple of str
        Sections that refer to it.
    findings : tuple of Finding
        What the check has to say about it.
    """

    number: int
    claim: Claim
    says: str
    value: str
    interval: str
    spoken: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def gravest(self) -> str:
        """Severity of the gravest finding; empty where there is none that is more than a remark."""
        found = max((SEVERITIES.index(one.severity) for one in self.findings), default=0)
        return SEVERITIES[found] if found else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of claims that the prose asked for.

    Attributes
    ----------
    asked : str
        The patterns.
    entries : tuple of Entry
    """

    asked: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Prose between tables and figures.

    Attributes
    ----------
    tokens : tuple of Token
        Of `markdown.parsed`.
    """

    tokens: tuple[Token, ...]


Part = Prose | Table | Figure


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section.

    Attributes
    ----------
    id, title, anchor : str
        `S6`, its heading, and what links lead to: another one where a document has two sections of one id.
    parts : tuple of Prose, Table, Figure
    findings : tuple of Finding
        Those about the section itself, or a claim that the document does not make.
    beside : str
        Which of the document's files is shown at its end: tree, validation, decisions, or none.
    """

    id: str
    title: str
    anchor: str
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    beside: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A target, and whether the design says that it is met.

    Attributes
    ----------
    id, says, claim : str
        Its name, the question, and the claim that answers it.
    claimed, recomputed : bool or None
        By the document's numbers, and by the check's; None where there are none.
    """

    id: str
    says: str
    claim: str
    claimed: bool | None
    recomputed: bool | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document for readers.

    Attributes
    ----------
    title, use_case : str
        The brief's, and the pack's.
    chapters : tuple of Chapter
    answers : tuple of Answer
    entries : mapping of str to Entry
        The register: every claim of the document, by id.
    decisions, leaves, validation : tuple
        Of the document.
    report : Report or None
        Of the check; None where none was asked for.
    elsewhere : tuple of Finding
        What is about no section that there is.
    """

    title: str
    use_case: str
    chapters: tuple[Chapter, ...]
    answers: tuple[Answer, ...]
    entries: Mapping[str, Entry]
    decisions: tuple[Decision, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    validation: tuple[Measurement, ...] = ()
    report: Report | None = None
    elsewhere: tuple[Finding, ...] = field(default=())

    @property
    def groups(self) -> Mapping[str, tuple[Entry, ...]]:
        """The register by the beginnings of its ids."""
        found: dict[str, list[Entry]] = {}
        for id_, entry in self.entries.items():
            found.setdefault(id_.partition(".")[0], []).append(entry)
        return {name: tuple(entries) for name, entries in found.items()}


def rendered(document: Document, brief: Brief, case: UseCase, report: Report | None = None) -> Rendered:
    """Put a document together.

    Parameters
    ----------
    document : Document
        As it was read.
    brief : Brief
        The student's own.
    case : UseCase
        Whose figures it may ask for.
    report : Report, optional
        Of its check, to be shown beside what it is about.

    Returns
    -------
    Rendered
    """
    index = PackIndex(case.pack)
    entries = _register(document, index, report)
    values = claimed(document, index)
    drawn = Drawn(Graph(index, brief), values, document.claims)
    told = report.findings if report else ()
    apart = [one for one in told if one.claim not in entries]
    known = {one.id for one in document.sections}
    return Rendered(
        title=brief.title,
        use_case=case.pack.title,
        chapters=_bounded(
            _chapter(one, anchor, entries, case, drawn, apart)
            for one, anchor in zip(document.sections, _anchors(document.sections), strict=True)
        ),
        answers=tuple(_answers(index, values, report)),
        entries=entries,
        decisions=document.decisions,
        leaves=document.leaves,
        validation=document.validation,
        report=report,
        elsewhere=tuple(one for one in apart if one.section not in known),
    )


def _register(document: Document, index: PackIndex, report: Report | None) -> dict[str, Entry]:
    spoken = {one.id: referred(one.text, document.claims.keys())[0] for one in document.sections}
    made = {}
    for number, one in enumerate(_in_groups(document.claims.values()), 1):
        required = index.required.get(one.id)
        made[one.id] = Entry(
            number,
            one,
            required.says if required else "",
            shown(one, digits=_DIGITS),
            _interval(one),
            tuple(section for section, ids in spoken.items() if one.id in ids),
            tuple(found for found in (report.findings if report else ()) if found.claim == one.id),
        )
    return made


def _in_groups(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Claims as the register shows them: those whose ids begin alike together, in the document's order."""
    found: dict[str, list[Claim]] = {}
    for one in claims:
        found.setdefault(one.id.partition(".")[0], []).append(one)
    return (one for group in found.values() for one in group)


def _interval(one: Claim) -> str:
    if one.uncertainty is None:
        return ""
    low, high = (
        shown(Claim("", "derived", end, one.unit), digits=_DIGITS)
        for end in (one.uncertainty.low, one.uncertainty.high)
    )
    return f"{low} to {high}"


def _bounded(chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
    """The chapters with no more tables and figures than a reader would look at."""
    room = _MOST_ROWS
    made = []
    for chapter in chapters:
        parts: list[Part] = []
        for part in chapter.parts:
            room -= (
                0 if isinstance(part, Prose) else max(1, len(part.entries if isinstance(part, Table) else part.rows))
            )
            parts.append(part if room >= 0 or isinstance(part, Prose) else _LEFT_OUT)
        made.append(replace(chapter, parts=tuple(parts)))
    return tuple(made)


def _anchors(sections: Sequence[Section]) -> Iterator[str]:
    seen: set[str] = set()
    for place, one in enumerate(sections):
        yield one.id if one.id not in seen else f"{one.id}-{place}"
        seen.add(one.id)


def _chapter(
    section: Section,
    anchor: str,
    entries: Mapping[str, Entry],
    case: UseCase,
    drawn: Drawn,
    apart: Sequence[Finding],
) -> Chapter:
    return Chapter(
        section.id,
        section.title,
        anchor,
        tuple(_parts(parsed(section.text), entries, case, drawn)),
        tuple(one for one in apart if one.section == section.id),
        _BESIDE.get(section.id, ""),
    )


def _parts(tokens: Sequence[Token], entries: Mapping[str, Entry], case: UseCase, drawn: Drawn) -> Iterator[Part]:
    held: list[Token] = []
    for token in tokens:
        if token.type not in ("claims_table", "claims_figure"):
            held.append(token)
            continue
        if held:
            yield Prose(tuple(held))
            held = []
        asked = token.meta["asked"]
        if token.type == "claims_figure":
            yield figure(asked, case.figures, drawn)
        else:
            patterns = asked.split()
            chosen = (e for id_, e in entries.items() if any(fnmatch.fnmatchcase(id_, one) for one in patterns))
            yield Table(asked, tuple(chosen))
    if held:
        yield Prose(tuple(held))


def _answers(index: PackIndex, values: Mapping[str, object], report: Report | None) -> Iterator[Answer]:
    again = {one.id: one.recomputed for one in report.verdicts} if report else {}
    for one in index.pack.targets:
        yield Answer(one.id, one.says, one.claim, holds(one, values), again.get(one.id))  # type: ignore[arg-type]
