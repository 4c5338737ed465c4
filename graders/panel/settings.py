"""`panel.yaml` of a course: who reviews, what stands between them and candidates, and on which anchors they qualify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graders.authoring import yaml_document
from graders.course import Course, files
from graders.course.settings import STUDENT_ID
from graders.errors import UsageError

FILE = "panel.yaml"
_Id = Annotated[str, Field(pattern=f"^{STUDENT_ID.pattern}$")]
_Level = Annotated[int, Field(ge=0, le=4)]

_SKELETON = """\
# Who reviews, and what stands between them and a candidate. Then: aisa panel open STUDENT, aisa panel assign
appeal_days: 14       # how long a candidate may appeal after the release: set what your office promises
recheck_after:        # documents after which a reviewer qualifies again; empty: never
reviewers: []
# - id: rater-1
#   employer: ""       # nobody reviews a candidate of the same employer or team
#   team: ""
#   chair: true        # may lead a panel
#   expertise: []      # use cases, such as llm_serving
#   mentors: []        # students whom they advised
#   coauthors: []      # students with whom they published
#   conflicts: []      # students, for any other reason
#   student: ""        # their own id, if they are of the cohort: peers review nobody who reviews them
candidates: []
# - id: student-01
#   employer: ""
#   team: ""
# Three documents whose levels are settled: on them reviewers qualify, so keep the levels from them.
anchors:{anchors}
"""
_ANCHOR = """
- id: {id}
  document: {document}
  levels: {{{levels}}}"""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may sit on panels.

    Attributes
    ----------
    id, employer, team : str
    chair : bool
        Whether they may lead one.
    expertise, mentors, coauthors, conflicts : tuple of str
        Use cases; students whom they advised, published with, or may not review for another reason.
    student : str
        Their own id in the cohort; empty where they are not of it.
    """

    id: str
    employer: str = ""
    team: str = ""
    chair: bool = False
    expertise: tuple[str, ...] = ()
    mentors: tuple[str, ...] = ()
    coauthors: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    student: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What of a student matters to conflicts of interest.

    Attributes
    ----------
    id, employer, team : str
    """

    id: str
    employer: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A document whose levels are settled.

    Attributes
    ----------
    id, document : str
        What it is called, and its file in the course.
    levels : mapping of str to int
        Criterion -> the level that was agreed.
    """

    id: str
    document: str
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """A course's panel.

    Attributes
    ----------
    reviewers : tuple of Reviewer
    candidates : mapping of str to Candidate
    anchors : tuple of Anchor
    appeal_days : int
        How long a candidate may appeal.
    recheck_after : int or None
        Documents after which a reviewer qualifies again.
    """

    reviewers: tuple[Reviewer, ...]
    candidates: Mapping[str, Candidate]
    anchors: tuple[Anchor, ...]
    appeal_days: int
    recheck_after: int | None = None

    def reviewer(self, id_: str) -> Reviewer:
        """Whoever has this id; UsageError if nobody."""
        found = next((one for one in self.reviewers if one.id == id_), None)
        if found is None:
            raise UsageError(f"there is no reviewer {id_!r}", f"{FILE}: reviewers", "Add them, or mend the name.")
        return found

    def candidate(self, id_: str) -> Candidate:
        """What is known of a candidate: nothing but their id, where the file says no more."""
        return self.candidates.get(id_, Candidate(id_))


def require_none(course: Course) -> None:
    """Refuse to go on where there is a `panel.yaml`; UsageError says so."""
    if (course.root / FILE).exists():
        raise UsageError("is there already", str(course.root / FILE), "Edit it.")


def write_skeleton(course: Course, anchors: Sequence[Anchor] = ()) -> None:
    """Write a `panel.yaml` to fill in.

    Parameters
    ----------
    course : Course
        Where.
    anchors : sequence of Anchor
        Documents that lie there already.

    Raises
    ------
    UsageError
        If there is one already.
    """
    require_none(course)
    files.write(course.root, course.root / FILE, _skeleton(anchors).encode(), 0o600)


def _skeleton(anchors: Sequence[Anchor]) -> str:
    listed = ""
    for one in anchors:
        levels = ", ".join(f"{criterion}: {level}" for criterion, level in one.levels.items())
        listed += _ANCHOR.format(id=one.id, document=one.document, levels=levels)
    return _SKELETON.replace("{anchors}", listed or " []")


def read(course: Course) -> Settings:
    """Read a course's `panel.yaml`.

    Parameters
    ----------
    course : Course
        Whose it is.

    Returns
    -------
    Settings

    Raises
    ------
    CourseError
        If it is not there or says something wrong; file, line and field are named.
    """
    path = course.root / FILE
    if not path.exists():
        raise UsageError("is not there", str(path), "Run `aisa panel init`, and fill it in.")
    said = yaml_document.read(path, _Settings, ours=True)
    reviewers = tuple(one.reviewer() for one in said.reviewers)
    candidates = {one.id: Candidate(one.id, one.employer, one.team) for one in said.candidates}
    anchors = tuple(Anchor(one.id, one.document, one.levels) for one in said.anchors)
    return Settings(reviewers, candidates, anchors, said.appeal_days, said.recheck_after)


class _Reviewer(BaseModel):
    """A reviewer."""

    model_config = ConfigDict(extra="forbid")
    id: _Id
    employer: str = ""
    team: str = ""
    chair: bool = False
    expertise: list[str] = []
    mentors: list[_Id] = []
    coauthors: list[_Id] = []
    conflicts: list[_Id] = []
    student: str = ""

    def reviewer(self) -> Reviewer:
        """The record."""
        return Reviewer(
            self.id,
            self.employer,
            self.team,
            self.chair,
            tuple(self.expertise),
            tuple(self.mentors),
            tuple(self.coauthors),
            tuple(self.conflicts),
            self.student,
        )


class _Candidate(BaseModel):
    """A candidate."""

    model_config = ConfigDict(extra="forbid")
    id: _Id
    employer: str = ""
    team: str = ""


class _Anchor(BaseModel):
    """An anchor document."""

    model_config = ConfigDict(extra="forbid")
    id: _Id
    document: Annotated[str, Field(min_length=1)]
    levels: dict[str, _Level]


class _Settings(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")
    appeal_days: Annotated[int, Field(ge=0)]
    recheck_after: Annotated[int, Field(ge=1)] | None = None
    reviewers: list[_Reviewer]
    candidates: list[_Candidate] = []
    anchors: list[_Anchor] = []

    @model_validator(mode="after")
    def _differ(self) -> _Settings:
        for what in ("reviewers", "candidates", "anchors"):
            ids = [one.id for one in getattr(self, what)]
            if twice := sorted({one for one in ids if ids.count(one) > 1}):
                raise ValueError(f"{what}: {', '.join(twice)} is there twice")
        return self
