"""Runs student code where it can reach nothing, and asks it questions."""

from graders.sandbox.course_cells import Watch
from graders.sandbox.notebook_run import NotebookRun
from graders.sandbox.pool import Sandbox, default_interpreter
from graders.sandbox.shared import SharedSandbox

__all__ = ["NotebookRun", "Sandbox", "SharedSandbox", "Watch", "default_interpreter"]
