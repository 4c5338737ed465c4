"""A module of two exercises in a material root of its own, to build, break and build again."""

from __future__ import annotations

from pathlib import Path

from graders.authoring.material import Module, load_module

MODULE_YAML = """\
title: A module of tests
phase: 1
minutes: 30
points: 7.5
outcomes: [Build a notebook.]
notebooks: [practical]
exercises:
  - {id: m97_mean_wait_s, title: Mean wait, kind: function, notebook: practical, points: 5, minutes: 20}
  - {id: m97_free_list, title: Free list, kind: class, notebook: practical, points: 2.5, minutes: 10}
"""

REFERENCE = '''\
"""Waiting."""

import numpy as np

from reference_solutions import validate
from reference_solutions.units import Array


def mean_wait_s(arrivals_s, service_s=1.0):
    """Mean wait; this docstring stays behind.

    It has two paragraphs.
    """
    validate.require_positive(service_s=service_s)
    # The first arrival waits for nobody.
    arrivals_s = np.sort(np.asarray(arrivals_s, dtype=float))
    waits_s: Array = np.zeros_like(arrivals_s)
    for index in range(1, len(arrivals_s)):
        gap_s = arrivals_s[index] - arrivals_s[index - 1]
        waits_s[index] = max(0.0, waits_s[index - 1] + service_s - gap_s)  # Lindley
    return float(waits_s.mean())


class FreeList:
    """Free blocks."""

    def __init__(self, blocks: int) -> None:
        self._free = list(range(blocks))

    @property
    def free(self) -> int:
        """Number of them."""
        return len(self._free)

    def take(self, count: int = 1) -> list[int]:
        """Take some."""
        taken, self._free = self._free[:count], self._free[count:]
        return taken
'''

PRACTICAL = '''\
# %% [markdown]
# # Tests
# Waiting lines are $\\\\lambda$ everywhere.

# %%
import numpy as np

# %% [markdown]
# ## Waiting

# %% exercise={"id": "m97_mean_wait_s", "reference": "m97_tests.waiting:mean_wait_s"}
def mean_wait_s(arrivals_s, service_s=1.0):
    """Mean wait [s]."""
    ### SOLUTION

# %% tests={"id": "m97_mean_wait_s"}
assert mean_wait_s([0.0, 0.0]) == 0.5, "the second waits for the first"

# %%
# %matplotlib inline
longest = np.max([mean_wait_s([0, 0, 0])])

# %% exercise={"id": "m97_free_list", "reference": "m97_tests.waiting:FreeList"}
class FreeList:
    """Free blocks."""

    def __init__(self, blocks):
        ### SOLUTION

    @property
    def free(self):
        """Number of free blocks."""
        ### SOLUTION

    def take(self, count=1):
        """Take some."""
        ### SOLUTION

# %% tests={"id": "m97_free_list"}
free_list = FreeList(4)
free_list.take(3)
assert free_list.free == 1, "three of four are taken"
'''

CHECKS = '# no more than the builder looks at\nEXERCISES = ["m97_mean_wait_s", "m97_free_list"]\n'


def small_module(
    root: Path,
    *,
    practical: str = PRACTICAL,
    reference: str = REFERENCE,
    module_yaml: str = MODULE_YAML,
    checks: str = CHECKS,
) -> Module:
    """Write it below `root`, with any of its texts replaced."""
    folder = root / "assignments" / "authoring" / "m97_tests"
    package = root / "reference_solutions" / "m97_tests"
    (folder / "practical").mkdir(parents=True, exist_ok=True)
    package.mkdir(parents=True, exist_ok=True)
    (folder / "module.yaml").write_text(module_yaml)
    (folder / "practical" / "notebook.py").write_text(practical)
    (folder / "practical" / "checks.py").write_text(checks)
    (package / "waiting.py").write_text(reference)
    return load_module(folder)
