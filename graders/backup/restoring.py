"""A course put back from a backup: only from one that is whole, and never over something else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from graders.backup.making import COURSE, GRADEBOOK
from graders.backup.opening import opened
from graders.backup.verifying import verify
from graders.course.course import SECRET, Course, load
from graders.course.files import explained
from graders.errors import CourseError, UsageError
from graders.gradebook import snapshot


def restore(place: Path, directory: Path) -> Course:
    """Make a course directory from a backup.

    Parameters
    ----------
    place : Path
        The backup: a folder, or an archive.
    directory : Path
        Where the course shall be: a folder that does not exist, or is empty.

    Returns
    -------
    Course
        With its gradebook: in the SQLite file that `course.yaml` names, or in its database, which must be empty.

    Raises
    ------
    CourseError
        If the backup is not whole, or something is there already.
    GraderError
        If it cannot be written; nothing is left behind then.
    """
    target = directory.absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UsageError("is not empty", str(target), "Name a folder that does not exist yet.")
    with opened(place) as folder:
        if found := verify(folder):
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise CourseError(f"{found[0]}{more}", str(place), "Take another backup: this one is not whole.")
        with explained(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
            try:
                shutil.copytree(folder / COURSE, new, dirs_exist_ok=True)
                new.chmod(0o755)
                (new / SECRET).parent.chmod(0o700)
                new.replace(target)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
        try:
            course = load(target)
            snapshot.put_back(course, folder / GRADEBOOK)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    return course
