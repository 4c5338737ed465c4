"""What the track asks, and which exercises, checks and lines of rubrics hold it."""
