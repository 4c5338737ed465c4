"""What is checked, a level a page: records in, findings out."""
