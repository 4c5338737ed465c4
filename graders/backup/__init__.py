"""Backups of a course: everything that cannot be made again, verified by its own seals, and put back."""

from graders.backup.making import Backup, make
from graders.backup.restoring import restore
from graders.backup.verifying import verify

__all__ = ["Backup", "make", "restore", "verify"]
