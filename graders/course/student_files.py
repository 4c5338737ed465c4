"""Files that students get beside a module's notebooks and data."""

from __future__ import annotations

from graders.course import files
from graders.course.course import Course
from graders.paths import material_root

_PACKAGES = (
    *("ipython", "jupyterlab", "nbgrader", "numpy", "pandas", "scipy", "matplotlib"),
    *("scikit-learn", "simpy", "ciw", "mlcommons-loadgen"),
)
"""What the dependency group `student` names; a test compares them."""

_HEAD = """\
# What the notebooks of this module were tried with, on Python 3.11 or newer:
#   python -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/jupyter lab
"""


def write(course: Course, assignment: str) -> None:
    """Write what is the same for all modules beside a module's source notebooks, where nbgrader finds it.

    Parameters
    ----------
    course : Course
        Where it goes.
    assignment : str
        Slug of the module.

    Raises
    ------
    GraderError
        If it cannot be written.
    """
    files.write(course.root, course.source(assignment) / "requirements.txt", requirements().encode())


def requirements() -> str:
    """The packages that a student installs, pinned as we test them.

    Returns
    -------
    str
        For pip.
    """
    locked = (material_root() / "locks" / "student.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix("\\").rstrip() for line in locked if line.partition("==")[0] in _PACKAGES]
    return _HEAD + "\n".join(pins) + "\n"
