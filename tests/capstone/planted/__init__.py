"""What is planted in each use case's sample: faults, and formulas of one's own that are none."""

from __future__ import annotations

from tests.capstone.planted import llm_serving, training_cluster
from tests.capstone.planted.common import COMMON

FAULTS = {
    "llm_serving": (*COMMON, *llm_serving.FAULTS),
    "training_cluster": (*COMMON, *training_cluster.FAULTS),
}
SAME = {"llm_serving": llm_serving.SAME, "training_cluster": training_cluster.SAME}
