"""Marks by humans: written answers by their rubrics, and scores that a marker adopts from formgrader."""
