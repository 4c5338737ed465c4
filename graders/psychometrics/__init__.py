"""What scores are worth: how hard, how telling, how reliable. Pure, and silent where the numbers are too few."""
