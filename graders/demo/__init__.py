"""The whole way on a sample cohort."""
