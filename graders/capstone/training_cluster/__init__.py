"""The use case of a training cluster: what is asked, what must be claimed, and a design that meets it."""
