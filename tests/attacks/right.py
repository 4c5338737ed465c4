"""Right answers of the victim module as a student would type them, and a few wrong ones."""

from __future__ import annotations

TOTAL_BYTES = """\
def total_bytes(counts, item_bytes):
    counts = np.asarray(counts)
    if item_bytes <= 0 or np.any(counts < 0):
        raise ValueError("sizes are positive, counts not negative")
    return int(counts.sum()) * item_bytes
"""

METER = """\
class Meter:
    def __init__(self, window):
        self.window = window
        self.readings = []

    def add(self, name, value):
        self.readings.append((name, value))

    @property
    def mean(self):
        last = [value for _, value in self.readings[-self.window:]]
        return sum(last) / len(last)

    def peak(self):
        return max(self.readings, key=lambda reading: reading[1])[0]
"""

SHARES = """\
counters = pd.read_csv("data/counters.csv")
shares = pd.DataFrame({"unit": counters["unit"], "share": counters["cycles"] / counters["cycles"].sum()})
"""

RIGHT = {"m98_total_bytes": TOTAL_BYTES, "m98_meter": METER, "m98_shares": SHARES}
FULL = {"m98_total_bytes": 4.0, "m98_meter": 4.0, "m98_shares": 2.0}

WRONG_TOTAL = """\
def total_bytes(counts, item_bytes):
    return 1
"""
"""Wrong everywhere: an attack that gains nothing leaves it at 0."""

WRONG_METER = """\
class Meter:
    def __init__(self, window):
        self.mean = -1.0

    def add(self, name, value):
        pass

    def peak(self):
        return ""
"""

WRONG_SHARES = """\
shares = pd.DataFrame({"unit": ["none"], "share": [-1.0]})
"""

WRONG = {"m98_total_bytes": WRONG_TOTAL, "m98_meter": WRONG_METER, "m98_shares": WRONG_SHARES}
