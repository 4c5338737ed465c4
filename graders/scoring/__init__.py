"""Points and feedback from what held: pure functions."""
