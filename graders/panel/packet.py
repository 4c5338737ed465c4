"""What a reviewer reads: the document, what its checks left open, questions for the defence; no name in any of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from graders.course import Course, files
from graders.errors import CourseError, GradebookError
from graders.ledger import digest_of
from graders.panel.questions import Question
from graders.panel.records import Finding

FOLDER = "panel/packets"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the document.

    Attributes
    ----------
    id, title : str
        `S6`, and its heading.
    text : str
        Markdown.
    """

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Packet:
    """All that is laid before a reviewer; what is scored is what has this digest.

    Attributes
    ----------
    candidate : str
        Pseudonym.
    title : str
    sections : tuple of Section
    findings : tuple of Finding
    questions : tuple of Question
    """

    candidate: str
    title: str
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON."""
        return digest_of(_plain(self))


def scrubbed(packet: Packet, names: Sequence[str]) -> Packet:
    """The packet with a candidate's names replaced by the pseudonym, wherever they stand.

    Parameters
    ----------
    packet : Packet
        As it was put together.
    names : sequence of str
        The student's id, and what else gives them away.

    Returns
    -------
    Packet
    """
    wanted = [re.escape(name) for name in sorted(names, key=len, reverse=True) if name.strip()]
    if not wanted:
        return packet
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)", re.IGNORECASE)

    def plain(said: str) -> str:
        return pattern.sub(packet.candidate, said)

    return replace(
        packet,
        title=plain(packet.title),
        sections=tuple(Section(one.id, plain(one.title), plain(one.text)) for one in packet.sections),
        findings=tuple(replace(one, message=plain(one.message)) for one in packet.findings),
        questions=tuple(replace(one, quote=plain(one.quote)) for one in packet.questions),
    )


def sections(markdown: str) -> tuple[str, tuple[Section, ...]]:
    """Title and sections of a design document: a `# ` heading, then `## S6 Memory hierarchy` and the like.

    Parameters
    ----------
    markdown : str
        The document.

    Returns
    -------
    tuple of str and tuple of Section
    """
    title, found = "", []
    for part in re.split(r"^(?=#{1,2} )", markdown, flags=re.MULTILINE):
        head, _, text = part.partition("\n")
        if head.startswith("# "):
            title = head[2:].strip()
        elif head.startswith("## "):
            id_, _, name = head[3:].strip().partition(" ")
            found.append(Section(id_.rstrip(".:"), name.strip() or id_, text.strip()))
        elif part.strip():
            found.append(Section("S", "Before the first section", part.strip()))
    return title, tuple(found)


def keep(course: Course, packet: Packet) -> None:
    """Write a packet under its digest: there whole, or not at all.

    Parameters
    ----------
    course : Course
        Where.
    packet : Packet
        What reviewers will read.
    """
    text = json.dumps(_plain(packet), ensure_ascii=False, indent=1, sort_keys=True)
    files.write(course.root, course.root / FOLDER / f"{packet.digest}.json", text.encode(), 0o600)


def load(course: Course, digest: str) -> Packet:
    """The packet of a case.

    Parameters
    ----------
    course : Course
        Where it was kept.
    digest : str
        That the ledger names.

    Returns
    -------
    Packet

    Raises
    ------
    GradebookError
        If it is not there, or not the one that was brought before the panel.
    """
    path = course.root / FOLDER / f"{digest}.json"
    do = "Restore it from a backup."
    try:
        packet = _packet(json.loads(path.read_bytes()))
    except OSError as failure:
        raise GradebookError(f"the packet cannot be read ({failure.strerror})", str(path), do) from None
    except (ValueError, TypeError, KeyError, AttributeError, CourseError) as failure:
        raise GradebookError(f"the packet cannot be read ({failure})", str(path), do) from None
    if packet.digest != digest:
        raise GradebookError("the packet is not the one that was brought before the panel", str(path), do)
    return packet


def _plain(packet: Packet) -> dict[str, Any]:
    return {
        "candidate": packet.candidate,
        "title": packet.title,
        "sections": [asdict(one) for one in packet.sections],
        "findings": [asdict(one) for one in packet.findings],
        "questions": [asdict(one) for one in packet.questions],
    }


def _packet(said: dict[str, Any]) -> Packet:
    return Packet(
        said["candidate"],
        said["title"],
        tuple(Section(**one) for one in said["sections"]),
        tuple(Finding(**one) for one in said["findings"]),
        tuple(Question(**one) for one in said["questions"]),
    )
