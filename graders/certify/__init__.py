"""Certificates: by the track's rule, from proven evidence, for anyone to verify and to derive again."""
