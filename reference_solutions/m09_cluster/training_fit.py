r"""Plans for a training job, side by side: what each needs on a device, and how long its pipeline is idle.

Question
    Several ways to divide a model over devices are on the table. Which of them fit, and which share of the time do
    their pipelines stand still?
Model
    A device holds :math:`\Psi / (t p)` parameters, of which ZeRO divides states among :math:`d` replicas
    (`training_memory`), and, on the first stage, activations of :math:`\min(p, m)` micro-batches for :math:`L / p`
    layers:

    .. math:: A = \min(p, m)\, \frac{L}{p}\, \frac{s b h}{t} \left( 34 + 5 \frac{a s}{h} \right), \qquad
        \frac{s b h}{t} 34, \qquad s b h\, 2

    per layer without recomputation, with the attention's inner part recomputed, and with all of the layer recomputed;
    tensor parallelism goes with sequence parallelism. Idle: :math:`(p - 1) / (m + p - 1)` of the time.
Assumes
    What `training_memory` does; layers divide evenly over stages, one forward pass follows one backward pass (1F1B).
Breaks when
    Embeddings and logits weigh much (first and last stage), or fragmentation takes what the reserve does not cover.
Source
    As `training_memory`: Rajbhandari et al., SC 2020; Korthikanti et al., MLSys 2023; Narayanan et al., SC 2021.
Oracle
    `training_memory`, other code with oracles of its own, plan by plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["training_table"]


def training_table(
    model: Mapping[str, float], plans: Sequence[Mapping[str, Any]], memory_bytes: float
) -> dict[str, list[Any]]:
    """Memory on a device of the first stage, and idle time, of each plan.

    Parameters
    ----------
    model : mapping
        `parameters`, `layers`, `width`, `heads`, `sequence` (tokens). [1]
    plans : sequence of mapping
        Of each: `tensor`, `pipeline` and `data` (degrees), `zero_stage` (0 to 3), `micro_batch` (sequences),
        `micro_batches` (of a step and replica), `recompute` ("none", "selective" or "full").
    memory_bytes : float
        What a device has for states and activations. [B]

    Returns
    -------
    dict of str to list
        One entry for each plan: `devices`; `state_bytes` and `activation_bytes` [B]; `fits`; `idle_share` of the
        step's time [1].

    Raises
    ------
    ValueError
        If layers do not divide over the stages of a plan, or there is no such recomputation or stage of ZeRO.

    Examples
    --------
    >>> model = {"parameters": 8e9, "layers": 32, "width": 4096, "heads": 32, "sequence": 4096}
    >>> plan = {"tensor": 2, "pipeline": 4, "data": 8, "zero_stage": 1, "micro_batch": 1, "micro_batches": 12}
    >>> table = training_table(model, [plan | {"recompute": "selective"}], 80e9)
    >>> table["devices"], table["state_bytes"], table["fits"], table["idle_share"]
    ([64], [5500000000.0], [True], [0.2])
    """
    table: dict[str, list[Any]] = {
        name: [] for name in ("devices", "state_bytes", "activation_bytes", "fits", "idle_share")
    }
    for plan in plans:
        t, p, d, m = plan["tensor"], plan["pipeline"], plan["data"], plan["micro_batches"]
        if model["layers"] % p or plan["recompute"] not in ("none", "selective", "full"):
            raise ValueError("stages have equally many layers, and recompute none, attention or all of them")
        if plan["zero_stage"] not in (0, 1, 2, 3):
            raise ValueError("a stage of ZeRO is 0, 1, 2 or 3")
        held = [part / (d if plan["zero_stage"] >= stage else 1) for part, stage in ((12, 1), (2, 2), (2, 3))]
        state_bytes = model["parameters"] / (t * p) * sum(held)
        values = model["sequence"] * plan["micro_batch"] * model["width"]
        inner = 5 * model["heads"] * model["sequence"] / model["width"]
        per_layer = {"none": values / t * (34 + inner), "selective": values / t * 34, "full": values * 2}
        activation_bytes = min(p, m) * model["layers"] / p * per_layer[plan["recompute"]]
        table["devices"].append(t * p * d)
        table["state_bytes"].append(state_bytes)
        table["activation_bytes"].append(activation_bytes)
        table["fits"].append(state_bytes + activation_bytes <= memory_bytes)
        table["idle_share"].append((p - 1) / (m + p - 1))
    return table
