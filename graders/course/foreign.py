"""A course of nbgrader's own, read: what its `nbgrader_config.py` says that a grade depends on.

Such a course has no `course.yaml`. What grading needs besides nbgrader's settings may stand there under a name that
nbgrader leaves alone: `c.Aisa.sandbox`, `c.Aisa.workers`, `c.Aisa.limits`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from graders.course.files import explained, give_to_owner
from graders.course.settings import Count, LimitSettings
from graders.errors import CourseError, UsageError

CONFIG = "nbgrader_config.py"
_BRIDGE = "graders.nbgrader_bridge"
_TIMEOUT_S = 30.0  # nbgrader's own, of one cell
_NO_TIMEOUT_S = 3600.0
_CELLS, _PATIENCE = 20, 4  # cells that may use up their time; wall seconds for each second of CPU
_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "CourseDirectory": {
        "directory_structure": "{nbgrader_step}/{student_id}/{assignment_id}",
        "source_directory": "source",
        "submitted_directory": "submitted",
        "autograded_directory": "autograded",
    },
    "Autograde": {
        "create_student": True,
        "sanitize_preprocessors": None,
        "autograde_preprocessors": None,
        "exporter_class": None,
    },
    "AssignLatePenalties": {"plugin_class": None},
}
"""Settings that change what nbgrader grades and that are not followed here, and what they must be."""


class _Settings(BaseModel):
    """`c.Aisa`."""

    model_config = ConfigDict(extra="forbid")
    sandbox: str | None = None
    workers: Count | None = None
    limits: LimitSettings = LimitSettings()


class ForeignSettings:
    """What a course's configuration says.

    Parameters
    ----------
    root : Path
        Its directory.

    Raises
    ------
    CourseError
        If the configuration cannot be read, or asks for something that is not followed here.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._where = str(root / CONFIG)
        self._config = _configuration(root, self._where)
        self._require_followed()
        try:
            self.ours = _Settings.model_validate(self._section("Aisa"))
        except ValidationError as failure:
            first = failure.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise CourseError(first["msg"], f"{self._where}: Aisa.{field}") from None

    def _section(self, name: str) -> dict[str, Any]:
        return dict(self._config.get(name, {}))

    def _require_followed(self) -> None:
        for section, defaults in _DEFAULTS.items():
            for name, default in defaults.items():
                found = self._section(section).get(name, default)
                if found != default:
                    do = "Take it out, or grade this course with nbgrader."
                    raise CourseError(f"{section}.{name} is set, which aisa does not follow", self._where, do)
        root = self._section("CourseDirectory").get("root")
        if root and Path(root).resolve() != self._root:
            raise CourseError(f"CourseDirectory.root is {root}", self._where, "Name that directory with --course.")

    @property
    def course_id(self) -> str:
        """The course's name in the gradebook."""
        return str(self._section("CourseDirectory").get("course_id", "")).strip() or "default_course"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the gradebook."""
        return str(self._section("CourseDirectory").get("db_url", "") or f"sqlite:///{self._root / 'gradebook.db'}")

    @property
    def late(self) -> str:
        """The late rule: `none` or `zero`."""
        return str(self._section("LateSubmissionPlugin").get("penalty_method", "none"))

    @property
    def own_files(self) -> dict[str, tuple[str, ...]]:
        """Files of each assignment that a student may bring in the place of the course's."""
        kept: dict[str, Any] = dict(self._section("Autograde").get("exclude_overwriting", {}))
        return {assignment: tuple(names) for assignment, names in kept.items()}

    @property
    def limits(self) -> dict[str, Any]:
        """What a notebook may use: a cell as long as nbgrader lets it run, by the processor's clock."""
        sections = [self._section(name) for name in ("Execute", "ExecutePreprocessor", "NotebookClient")]
        said = next((section["timeout"] for section in sections if "timeout" in section), _TIMEOUT_S)
        cell_s = float(said) if said is not None and said > 0 else _NO_TIMEOUT_S
        times = {"cell_cpu_s": cell_s, "cell_wall_s": _PATIENCE * cell_s, "notebook_cpu_s": _CELLS * cell_s}
        times["notebook_wall_s"] = _CELLS * _PATIENCE * cell_s
        return times | self.ours.limits.model_dump(exclude_none=True)


def is_foreign(folder: Path) -> bool:
    """Whether a folder is a course of nbgrader's own.

    Parameters
    ----------
    folder : Path
        Without a `course.yaml`.

    Returns
    -------
    bool

    Raises
    ------
    UsageError
        If it is one of ours that has lost its `course.yaml`.
    """
    config = folder / CONFIG
    if not (folder / "source").is_dir() or not (config.is_file() or (folder / "gradebook.db").is_file()):
        return False
    if config.is_file() and _BRIDGE in config.read_text(encoding="utf-8", errors="replace"):
        do = "Restore it from a backup: this course is not to be graded without it."
        raise UsageError(f"there is no course.yaml beside {CONFIG}, which is aisa's", str(folder), do)
    return True


def adopt(root: Path, secret: Path) -> None:
    """Give a course a secret, if it has none: it seals the evidence of what is graded.

    Parameters
    ----------
    root : Path
        Its directory.
    secret : Path
        Where the secret shall be.
    """
    if secret.exists():
        return
    with explained(secret):
        secret.parent.mkdir(mode=0o700, exist_ok=True)
        (secret.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        for path in (secret.parent, *secret.parent.iterdir()):
            give_to_owner(root, path)


def _configuration(root: Path, where: str) -> Any:
    """The configuration as nbgrader reads it: the machine's, the user's, and last the course's own."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config
    from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

    whole = Config()
    for folder in [*reversed(jupyter_config_path()), str(root)]:
        for loader in (PyFileConfigLoader(CONFIG, folder), JSONFileConfigLoader("nbgrader_config.json", folder)):
            try:
                whole.merge(loader.load_config())
            except ConfigFileNotFound:
                continue
            except Exception as failure:  # noqa: BLE001  the instructor's code
                found = f"it cannot be run ({type(failure).__name__}: {failure})"
                raise CourseError(found, where if folder == str(root) else folder) from None
    return whole
