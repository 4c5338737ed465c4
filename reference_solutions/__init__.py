"""Reference implementations of the analysis models, a topic a file."""
