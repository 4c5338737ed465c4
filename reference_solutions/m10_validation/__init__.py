"""Module 10: validation and measurement: trust, but verify."""
