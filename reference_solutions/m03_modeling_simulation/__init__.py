"""Module 3: event kernels and their statistics, models of hardware at several levels, and how far to believe them."""
