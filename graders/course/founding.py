"""A new course directory: made whole beside its place, then moved there."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from graders.authoring import scenarios
from graders.authoring.material import READINESS, Module, modules
from graders.course.course import SECRET, SETTINGS, Course, load, salt_of
from graders.course.files import explained
from graders.course.settings import STUDENT_ID, Settings
from graders.course.student_files import requirements
from graders.errors import CourseError, UsageError
from graders.paths import material_root

_CONFIG = '''"""nbgrader's settings for this course; aisa brings the steps that grade."""

from graders.nbgrader_bridge import configure

configure(get_config(), __file__)  # noqa: F821  nbgrader gives this file `get_config`
'''

_IGNORED = """\
# Not for version control: secrets, grades, students' work
.aisa/
gradebook.db*
ledger.db*
panel.db*
panel/
capstone/
certificates/
inbox/
attempts/
receipts/
submitted/
autograded/
feedback/
reports/
.ipynb_checkpoints/
__pycache__/
"""

_README = """\
# {course_id}

A course of the AI System Architect track. It is an ordinary nbgrader course: formgrader and `nbgrader` work here as
they do elsewhere. It holds answers and a secret: keep it from students.
{readiness}
1. Release a module: `aisa release {slug}`. Give `release/{slug}` to your students.
2. Put what they hand in into `inbox/`, as `<student>.ipynb`, `<student>.zip` or `<student>/`, and collect it:
   `aisa collect {slug}`. Every attempt is kept, and `receipts/` says what became of it.
3. Grade: `aisa grade {slug}`. `nbgrader autograde {slug}` and formgrader's button do the same, more slowly.
4. Look: `aisa status` lists every grade that has no evidence; formgrader shows each notebook.
5. Feedback: `nbgrader generate_feedback {slug}`.

`course.yaml` holds the roster, due dates, the late rule, which attempt counts, limits and the gradebook's database.
`.aisa/secret` seals the evidence of every score: back it up with the gradebook, and let nobody read it.
"""


_READINESS = """
Before the first module, give `readiness/` to your students: a notebook in which they test themselves on what the track
asks for. Nothing of it is handed in or graded; it says what to read where something is missing.
"""


def init(
    directory: Path | str, *, course_id: str = "aisa", students: Sequence[str] = (), material: Path | str | None = None
) -> Course:
    """Make a course directory with all modules of the material.

    Parameters
    ----------
    directory : Path or str
        Where it shall be: a folder that does not exist, or is empty.
    course_id : str
        Its name in the gradebook.
    students : sequence of str
        The roster; if it is empty, whoever submits is a student.
    material : Path or str, optional
        A material root other than the installed one.

    Returns
    -------
    Course

    Raises
    ------
    UsageError
        If the directory is in use, or a name cannot be meant.
    CourseError
        If the material has no built notebooks.
    GraderError
        If it cannot be written; nothing is left behind then.
    """
    target = Path(directory).absolute()
    _require_free(target)
    settings = _settings(course_id, students, material)
    chosen = modules(Path(material).resolve() if material else None)
    if not chosen:
        raise CourseError("there is no module", str(Path(material or material_root()) / "assignments" / "authoring"))
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            _fill(new, settings | {"modules": [module.slug for module in chosen]}, chosen)
            new.replace(target)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    return load(target)


def _require_free(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        held = next(target.iterdir(), None)
        if held is None:
            return
        raise UsageError(f"is not empty (it holds {held.name})", str(target), "Name a folder that does not exist yet.")
    if target.exists() or target.is_symlink():
        raise UsageError("exists and is no folder", str(target), "Name a folder that does not exist yet.")


def _settings(course_id: str, students: Sequence[str], material: Path | str | None) -> dict[str, object]:
    for student in students:
        if not STUDENT_ID.fullmatch(student):
            raise UsageError(f"{student!r} is no student id", do="Use letters, digits and _ . @ - only.")
    settings: dict[str, object] = {"course_id": course_id, "students": sorted(set(students))}
    try:
        Settings.model_validate(settings)
    except ValueError:
        raise UsageError(f"{course_id!r} is no course id", do="Use letters, digits and _ . - only.") from None
    return settings | ({"material": str(Path(material).resolve())} if material else {})


def _fill(new: Path, settings: dict[str, object], chosen: Sequence[Module]) -> None:
    """Write everything that a new course has."""
    slug = chosen[0].slug
    (new / SETTINGS).write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    (new / "nbgrader_config.py").write_text(_CONFIG, encoding="utf-8")
    (new / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    readiness = _READINESS if _copy_readiness(chosen[0].root, new) else ""
    said = _README.format(course_id=settings["course_id"], slug=slug, readiness=readiness)
    (new / "README.md").write_text(said, encoding="utf-8")
    path, secret = new / SECRET, secrets.token_bytes(32)
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_text(secret.hex() + "\n", encoding="ascii")
    for name in ("inbox", "submitted"):
        (new / name).mkdir()
    for module in chosen:
        copy_source(module, new / "source" / module.slug, salt_of(secret).hex())


def _copy_readiness(root: Path, new: Path) -> bool:
    """Copy the notebook in which students test themselves, if the material has one, with what it needs."""
    built = root / READINESS
    if not built.is_file():
        return False
    folder = new / READINESS.stem
    folder.mkdir()
    shutil.copyfile(built, folder / built.name)
    (folder / "requirements.txt").write_text(requirements(), encoding="utf-8")
    return True


def copy_source(module: Module, folder: Path, salt: str) -> None:
    """Copy a module's source notebooks, with its data and its personal scenarios beside them.

    Parameters
    ----------
    module : Module
        Built.
    folder : Path
        `source/<slug>` of a course; what is there under the same names is replaced.
    salt : str
        The course's, for the scenarios.

    Raises
    ------
    CourseError
        If a notebook is not built.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in module.notebooks:
        built = module.source / f"{notebook}.ipynb"
        if not built.is_file():
            raise CourseError("the notebook is not built", str(built), "Run `aisa author build`.")
        shutil.copyfile(built, folder / built.name)
    for name in module.data:
        (folder / "data").mkdir(exist_ok=True)
        shutil.copyfile(module.folder / "data" / name, folder / "data" / name)
    if module.personal:
        (folder / scenarios.FILE).write_text(scenarios.student_scenario(module, salt), encoding="utf-8")
