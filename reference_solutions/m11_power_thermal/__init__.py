"""Module 11: power and thermal awareness: from activity to performance a watt."""
