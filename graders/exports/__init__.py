"""Scores for other systems: files that they import, and tidy tables. Only what is proven or marked leaves."""
