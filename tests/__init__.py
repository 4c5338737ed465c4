"""A package with a file of its own: one that is only a folder loses its name to whatever else is called `tests`."""
