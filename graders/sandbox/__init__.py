"""Runs student code where it can reach nothing, and asks it questions."""
