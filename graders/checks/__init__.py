"""What must hold of an answer, as data."""
