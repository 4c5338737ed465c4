"""The use case of a camera that understands what it sees: what is asked, what is claimed, a design that meets it."""
