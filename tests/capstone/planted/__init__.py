"""What is planted in each use case's sample: faults, and formulas of one's own that are none."""

from __future__ import annotations

from tests.capstone.planted import llm_serving
from tests.capstone.planted.common import COMMON

FAULTS = {"llm_serving": (*COMMON, *llm_serving.FAULTS)}
SAME = {"llm_serving": llm_serving.SAME}
