"""A course directory: configuration, secret, intake."""
