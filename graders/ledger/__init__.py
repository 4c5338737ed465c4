"""A log that only grows: what a panel did, what an office issued. Each entry names the one before it by its digest."""

from __future__ import annotations

from graders.ledger.entry import GENESIS, Entry, Fault, canonical, chained, digest_of, faults
from graders.ledger.ledger import FILE, Ledger

__all__ = ["FILE", "GENESIS", "Entry", "Fault", "Ledger", "canonical", "chained", "digest_of", "faults"]
