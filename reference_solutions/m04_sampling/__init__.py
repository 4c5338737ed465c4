"""Module 4: intervals that stand for a program, samples with an error bar, and what must be published with them."""
