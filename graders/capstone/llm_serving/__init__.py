"""The use case of serving a language model: what is asked, what must be claimed, and a design that meets it."""
