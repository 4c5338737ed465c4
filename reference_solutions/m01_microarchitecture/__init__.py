"""Module 1: system and microarchitecture deep dive."""
