"""A design document as people read it: a page and a PDF, every number of which leads to the claim behind it."""
