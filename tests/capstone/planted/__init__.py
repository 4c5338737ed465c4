"""What is planted in each use case's sample: faults, and formulas of one's own that are none."""

from __future__ import annotations

from tests.capstone.planted import edge_deployment, llm_serving, training_cluster
from tests.capstone.planted.common import COMMON

_OWN = {"llm_serving": llm_serving, "training_cluster": training_cluster, "edge_deployment": edge_deployment}
FAULTS = {name: (*COMMON, *one.FAULTS) for name, one in _OWN.items()}
SAME = {name: one.SAME for name, one in _OWN.items()}
