"""Our steps in nbgrader's converters: `nbgrader autograde` and formgrader's button grade as `aisa grade` does."""

from graders.nbgrader_bridge.configuration import configure

__all__ = ["configure"]
