"""What can go wrong, and whose it is.

::

    AisaError
    ├── CourseError        our material or configuration is wrong: stop, name file, line and field
    │   └── UsageError     a command was given something that cannot be meant
    ├── SubmissionError    a submission cannot be read at all: a receipt for the student, the run goes on
    └── GraderError        the machine failed (sandbox, database, disk): retry, then "not graded", never zero
        ├── SandboxError   the sandbox cannot start, or a promised layer does not hold
        └── GradebookError the database is missing, locked, full or of another version

What a *student's code* does (raise, loop, crash, lie) is no exception here: it is data, in `records`.
Every message says what was found, what was expected, where, and what to do.
"""

from __future__ import annotations


class AisaError(Exception):
    """Root of all failures that a command reports without a traceback.

    Parameters
    ----------
    message : str
        What was found, and what was expected.
    where : str, optional
        File, line and field, or the database, or the command.
    do : str, optional
        What the reader should do about it.
    """

    def __init__(self, message: str, where: str = "", do: str = "") -> None:
        super().__init__(message, where, do)  # all of it in args: exceptions survive pickling
        self.message = message
        self.where = where
        self.do = do

    def __str__(self) -> str:
        located = f"{self.where}: {self.message}" if self.where else self.message
        return f"{located}. {self.do}" if self.do else located


class CourseError(AisaError):
    """Our material or configuration is wrong: nothing is graded until it is mended."""


class UsageError(CourseError):
    """A command was given something that cannot be meant."""


class SubmissionError(AisaError):
    """A submission that cannot be read: it gets a receipt, and the run goes on."""


class GraderError(AisaError):
    """The machine failed, not the student: retried, then "not graded", never zero."""


class SandboxError(GraderError):
    """The sandbox cannot start, or one of its promises does not hold here."""


class GradebookError(GraderError):
    """The database is missing, locked, full, or of another version."""
