"""A course directory, read: its settings, its secret, where its files lie."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from graders.authoring import yaml_document
from graders.authoring.material import Module, load_module
from graders.course.foreign import ForeignSettings, adopt, is_foreign
from graders.course.settings import Settings
from graders.errors import CourseError, UsageError
from graders.paths import material_root
from graders.records import Limits

SETTINGS = "course.yaml"
SECRET = Path(".aisa", "secret")
_SQLITE_FILE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Course:
    """A course: an ordinary nbgrader course directory with a `course.yaml` and a secret.

    Attributes
    ----------
    root : Path
        Its directory, absolute.
    course_id : str
        Its name in the gradebook.
    students : tuple of str
        The roster; empty where whoever submits is a student.
    modules : tuple of str
        Slugs of its assignments.
    material : Path
        Material root that checks and references come from.
    database : str
        SQLAlchemy URL of the gradebook; a SQLite file's path is absolute.
    secret : bytes
        Known to the course alone: seals evidence, seeds hidden inputs.
    limits : Limits
        What a notebook may use.
    due : mapping of str to datetime
        Due dates by slug, naive UTC as nbgrader keeps them.
    late : str
        nbgrader's late rule: `none`, `zero`, or a plugin as `module.Class`.
    attempts : str
        Which of several submissions counts: `last`, `best` or `first`.
    pass_marks : mapping of str to float
        Share of the points that each notebook of a complete module needs. [1]
    inbox_pattern : str
        What names in the inbox look like; empty where they are called after their student.
    inbox_aliases : mapping of str to str
        Student by what the inbox calls them.
    workers : int
        Notebooks run at a time.
    sandbox_interpreter : Path or None
        The sandbox's Python, if the course names one.
    foreign : bool
        Whether it is a course of nbgrader's own, without `course.yaml`.
    own_files : mapping of str to tuple of str
        Files that students may bring in the place of an assignment's, by assignment; in courses of nbgrader's own.
    """

    root: Path
    course_id: str
    students: tuple[str, ...]
    modules: tuple[str, ...]
    material: Path
    database: str
    secret: bytes
    limits: Limits
    due: Mapping[str, datetime]
    late: str
    attempts: str
    pass_marks: Mapping[str, float]
    inbox_pattern: str
    inbox_aliases: Mapping[str, str]
    workers: int
    sandbox_interpreter: Path | None
    foreign: bool = False
    own_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def assignments(self) -> tuple[str, ...]:
        """Modules, and what else lies in `source/`: assignments that no module covers."""
        found = {path.parent.name for path in (self.root / "source").glob("*/*.ipynb")}
        return tuple(sorted({*self.modules, *found}))

    def is_foreign(self, assignment: str) -> bool:
        """Whether no module covers an assignment, so that it is graded by the tests in its own notebooks."""
        return assignment not in self.modules and (self.foreign or assignment in self.assignments)

    @property
    def salt(self) -> bytes:
        """What personal scenarios derive from: students see what comes of it, so it gives the secret away to nobody."""
        return salt_of(self.secret)

    def module(self, assignment: str) -> Module:
        """The material of an assignment.

        Parameters
        ----------
        assignment : str
            Slug of the module.

        Returns
        -------
        Module

        Raises
        ------
        UsageError
            If the course has no such assignment.
        """
        if assignment not in self.modules:
            there = ", ".join(self.modules) or "none"
            raise UsageError(f"no assignment {assignment!r}; there are: {there}", f"{self.root / SETTINGS}: modules")
        return load_module(self.material / "assignments" / "authoring" / assignment)

    def source(self, assignment: str) -> Path:
        """Folder of an assignment's source notebooks and data."""
        return self.root / "source" / assignment

    def submitted(self, student: str, assignment: str) -> Path:
        """Folder of what a student handed in."""
        return self.root / "submitted" / student / assignment

    def attempts_of(self, student: str, assignment: str) -> Path:
        """Folder of everything that a student ever handed in."""
        return self.root / "attempts" / assignment / student

    def autograded(self, student: str, assignment: str) -> Path:
        """Folder of a student's graded notebooks."""
        return self.root / "autograded" / student / assignment


def load(directory: Path | str, *, adopting: bool = False) -> Course:
    """Read a course directory: one of ours, or one of nbgrader's own.

    Parameters
    ----------
    directory : Path or str
        The course, or any folder inside it.
    adopting : bool
        Whether to give a course of nbgrader's own a secret, if it has none yet.

    Returns
    -------
    Course

    Raises
    ------
    UsageError
        If there is no course.
    CourseError
        If `course.yaml` or the secret is wrong.
    """
    given = Path(directory).resolve()
    for folder in (given, *given.parents):
        if (folder / SETTINGS).is_file():
            return _ours(folder)
        if is_foreign(folder):
            return _foreign(folder, adopting=adopting)
    raise UsageError("there is no course.yaml here or above", str(given), "Make a course with `aisa init DIR`.")


def _foreign(root: Path, *, adopting: bool) -> Course:
    settings = ForeignSettings(root)
    if adopting:
        adopt(root, root / SECRET)
    elif not (root / SECRET).exists():
        raise UsageError("aisa has graded nothing in this course yet", str(root), "Run `aisa grade ASSIGNMENT` in it.")
    return Course(
        root=root,
        course_id=settings.course_id,
        students=(),
        modules=(),
        material=material_root(),
        database=settings.database,
        secret=_secret(root / SECRET),
        limits=Limits(**settings.limits),
        due={},
        late=settings.late,
        attempts="last",
        pass_marks={},
        inbox_pattern="",
        inbox_aliases={},
        workers=settings.ours.workers or os.cpu_count() or 1,
        sandbox_interpreter=root / settings.ours.sandbox if settings.ours.sandbox else None,
        foreign=True,
        own_files=settings.own_files,
    )


def _ours(root: Path) -> Course:
    settings = yaml_document.read(root / SETTINGS, Settings, ours=True)
    limits = {name: value for name, value in settings.limits.model_dump().items() if value is not None}
    return Course(
        root=root,
        course_id=settings.course_id,
        students=tuple(sorted(set(settings.students))),
        modules=tuple(sorted(set(settings.modules))),
        material=(root / settings.material).resolve() if settings.material else material_root(),
        database=_database(root, settings.database),
        secret=_secret(root / SECRET),
        limits=Limits(**limits),
        due=dict(sorted((slug, _utc(date)) for slug, date in settings.due.items())),
        late=settings.late,
        attempts=settings.attempts,
        pass_marks=settings.pass_marks.model_dump(),
        inbox_pattern=settings.inbox.pattern or "",
        inbox_aliases=settings.inbox.aliases,
        workers=settings.workers or os.cpu_count() or 1,
        sandbox_interpreter=root / settings.sandbox if settings.sandbox else None,
    )


def salt_of(secret: bytes) -> bytes:
    """What a course's personal scenarios derive from."""
    return hmac.digest(secret, b"salt of personal scenarios", "sha256")


def _database(root: Path, url: str) -> str:
    """The URL with the path of a SQLite file made absolute."""
    if not url.startswith(_SQLITE_FILE):
        return url
    return _SQLITE_FILE + str(root / url.removeprefix(_SQLITE_FILE))


def _secret(path: Path) -> bytes:
    where, do = str(path), "Restore it from a backup: without it no evidence of this course can be checked."
    try:
        text = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CourseError("the course secret is missing", where, do) from None
    except (OSError, UnicodeDecodeError) as failure:
        raise CourseError(f"the course secret cannot be read ({failure})", where, do) from None
    if mode & 0o077:
        raise CourseError(f"others can read the course secret (mode {mode & 0o777:o})", where, f"Run: chmod 600 {path}")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) < 32:
        raise CourseError("the course secret is not 32 bytes in hexadecimal", where, do)
    return secret


def _utc(date: datetime) -> datetime:
    return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
