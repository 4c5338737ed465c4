"""`python -m graders.cli`, for whoever has no `aisa` on the path."""

from graders.cli import program

program()
