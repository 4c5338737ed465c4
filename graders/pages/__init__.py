"""What every page of ours is made with: templates that escape, text of others made visible, their markup made safe."""

from graders.pages.markup import clean
from graders.pages.plain import visible
from graders.pages.templates import environment, folder

__all__ = ["clean", "environment", "folder", "visible"]
