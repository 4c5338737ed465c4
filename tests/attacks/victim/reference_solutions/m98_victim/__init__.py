"""What the victim would like to keep for itself."""
