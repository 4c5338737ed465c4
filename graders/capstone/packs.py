"""Use cases by name. To add one: `capstone_templates/README.md`."""

from __future__ import annotations

from graders.capstone.edge_deployment.use_case import USE_CASE as EDGE_DEPLOYMENT
from graders.capstone.llm_serving.use_case import USE_CASE as LLM_SERVING
from graders.capstone.training_cluster.use_case import USE_CASE as TRAINING_CLUSTER
from graders.capstone.use_case import UseCase
from graders.errors import UsageError

USE_CASES = {one.pack.id: one for one in (LLM_SERVING, TRAINING_CLUSTER, EDGE_DEPLOYMENT)}
DEFAULT = LLM_SERVING.pack.id


def use_case(name: str) -> UseCase:
    """The use case of this name.

    Parameters
    ----------
    name : str
        `llm_serving`.

    Returns
    -------
    UseCase

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in USE_CASES:
        raise UsageError(f"found the use case {name!r}, expected one of {', '.join(USE_CASES)}")
    return USE_CASES[name]
