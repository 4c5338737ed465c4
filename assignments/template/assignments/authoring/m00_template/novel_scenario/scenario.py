"""Links and traffic: others for each student, made from the course's salt and the student id by SHA-256.

Students get this file: no answer stands in it. Replace: what is rolled, so that every student's case is clear.
"""

from __future__ import annotations

import hashlib


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def scenario(student: str, salt: str) -> dict[str, object]:
    """Two links, and messages that are clearly better off on one of them: plain data only."""
    seed = f"{salt}\0{student}"
    large = rolled(seed, "large messages", 0, 1)
    sizes = (20_000_000, 90_000_000) if large else (100, 900)
    near = ["near", rolled(seed, "near latency", 1, 4) / 1e6, rolled(seed, "near bandwidth", 5, 12) * 1e9]
    far = ["far", rolled(seed, "far latency", 20, 60) / 1e6, rolled(seed, "far bandwidth", 30, 50) * 1e9]
    count = rolled(seed, "count", 3, 6)
    return {
        "links": [near, far],
        "sizes_bytes": [rolled(seed, f"size {number}", *sizes) for number in range(count)],
    }
