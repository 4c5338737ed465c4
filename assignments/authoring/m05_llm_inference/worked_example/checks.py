"""What must hold of the answers of module 5's worked example."""

from __future__ import annotations

import numpy as np

from graders.checks import Equal, Exercise, Raises, call, sampled, value
from reference_solutions.m05_llm_inference.node_budget import node_budget
from reference_solutions.m05_llm_inference.speculative_decoding import tokens_per_round
from reference_solutions.m05_llm_inference.step_times import step_time_s

# --- how many users ---------------------------------------------------------------------------------------------------

NODE = {
    "devices": 8,
    "device_bytes": 80e9,
    "utilisation": 0.9,
    "working_bytes": 3e9,
    "weight_bytes": 2 * 70_553_706_496,
    "token_bytes": 2 * 80 * 8 * 128 * 2,
    "request_tokens": 8192,
    "block_tokens": 16,
}
"""What the notebook's first cell defines."""

BUDGET = Exercise(
    "m05_node_budget",
    reference=node_budget,
    given=NODE,
    checks=[
        Equal(
            "what is left",
            weight=1.5,
            cases=[value()],
            rtol=1e-6,
            part=lambda answer: answer["budget_bytes"],
            message="Memory for caches: what may be used, less activations on every device, less the weights.",
        ),
        Equal(
            "in tokens",
            weight=0.75,
            cases=[value()],
            part=lambda answer: float(answer["tokens"]),
            message="The tokens that whole blocks hold.",
        ),
        Equal(
            "in requests",
            weight=0.75,
            cases=[value()],
            part=lambda answer: float(answer["requests"]),
            message="Whole requests of 8,192 tokens.",
        ),
    ],
)

# --- how fast ---------------------------------------------------------------------------------------------------------


def model(rng):
    """Figures of a model in 16 bits, and of a machine."""
    weights = rng.uniform(5e9, 4e11)
    return {
        "weight_bytes": 2 * weights,
        "token_bytes": rng.uniform(5e4, 5e5),
        "token_flops": 2 * weights,
        "peak_flops_per_s": rng.uniform(200e12, 4000e12),
        "bandwidth_bytes_per_s": rng.uniform(2e12, 20e12),
    }


def decode(rng):
    """Few tokens, long contexts: reading takes longer."""
    batch = rng.integers(1, 20, size=4)
    return call(batch, batch * rng.integers(2000, 30_000), **model(rng))


def prefill(rng):
    """Thousands of tokens, nothing cached: computing takes longer."""
    return call(int(rng.integers(4000, 30_000)), 0, **model(rng))


def with_overhead(rng):
    batch = np.append(1, rng.integers(1, 4000, size=4))
    return call(batch, batch * 100, **model(rng), overhead_s=float(rng.uniform(0.002, 0.02)))


def a_grid(rng):
    """Batches as a column, contexts as a row; some steps compute longer, some read longer."""
    batch = np.array([[1], [8], [4000]])
    return call(batch, batch * np.array([100.0, 5000.0]), **model(rng))


LITTLE = {"weight_bytes": 2e9, "token_bytes": 1e5, "token_flops": 2e9, "peak_flops_per_s": 1e14}

STEP = Exercise(
    "m05_step_time_s",
    reference=step_time_s,
    checks=[
        Equal(
            "reading takes longer",
            weight=0.75,
            cases=[sampled(decode, count=4)],
            message="Decode: weights once for the batch, and every request's cache.",
        ),
        Equal(
            "computing takes longer",
            weight=0.5,
            cases=[sampled(prefill, count=4)],
            message="Prefill: thousands of tokens in a step.",
        ),
        Equal(
            "many steps",
            weight=0.75,
            cases=[sampled(a_grid, count=3)],
            message="Arrays of batches and contexts, some bound by memory, some by arithmetic.",
        ),
        Equal(
            "overhead",
            weight=0.5,
            cases=[sampled(with_overhead, count=4)],
            message="What overlaps with nothing comes on top.",
        ),
        Raises(
            ValueError,
            "fewer than no tokens",
            weight=0.5,
            cases=[
                call([3, -1], 0, **LITTLE, bandwidth_bytes_per_s=1e12),
                call(1, -5, **LITTLE, bandwidth_bytes_per_s=1e12),
            ],
            message="Negative numbers of tokens are refused.",
        ),
    ],
)

# --- speculation ------------------------------------------------------------------------------------------------------


def a_draft(rng):
    return call(float(rng.uniform(0.3, 0.95)), int(rng.integers(2, 9)))


def drafts_against_rounds(rng):
    """Acceptances as a column, lengths of a round as a row."""
    return call(rng.uniform(0.3, 0.95, size=(3, 1)), np.arange(1, 7))


ROUND = Exercise(
    "m05_tokens_per_round",
    reference=tokens_per_round,
    checks=[
        Equal(
            "one draft",
            weight=1,
            cases=[sampled(a_draft, count=4)],
            message="Rounds of several proposals, of which the first that is refused is the last that counts.",
        ),
        Equal(
            "many drafts",
            weight=0.75,
            cases=[sampled(drafts_against_rounds, count=2)],
            message="Arrays of acceptances and of proposals, one against the other.",
        ),
        Equal(
            "never and always",
            weight=0.75,
            cases=[call(1.0, 4), call([0.0, 0.5, 1.0], 3), call([0.4, 1.0], 0)],
            message="A draft that is never right, one that always is, and rounds without a proposal.",
        ),
        Raises(
            ValueError,
            "no probability",
            weight=0.5,
            cases=[call(1.01, 4), call([0.5, -0.1], 2), call(0.5, -1)],
            message="What is no probability is refused, and so are negative proposals.",
        ),
    ],
)
