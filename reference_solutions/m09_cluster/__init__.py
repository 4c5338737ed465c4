"""Module 9: cluster-level thinking: scheduling, placement, isolation."""
