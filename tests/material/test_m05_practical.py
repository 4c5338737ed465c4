"""What module 5's practical notebook says about itself: its simulator, its traffic, its numbers in prose."""

from __future__ import annotations

import ast
import json

import numpy as np
import pytest

from graders.paths import material_root
from reference_solutions.hardware import H100_SXM
from reference_solutions.m05_llm_inference.cache_sizing import cache_sizing
from reference_solutions.m05_llm_inference.continuous_batching import continuous_batching, static_batching
from reference_solutions.m05_llm_inference.disaggregation import prefill_queue_ttft_s
from reference_solutions.m05_llm_inference.forward_flops import causal_context, forward_flops
from reference_solutions.m05_llm_inference.next_prompts import next_prompts
from reference_solutions.m05_llm_inference.prefix_cache import prefix_hits
from reference_solutions.m05_llm_inference.serving import chunked_prompts, simulate_serving, whole_prompts

NOTEBOOK = material_root() / "assignments" / "source" / "m05_llm_inference" / "practical.ipynb"


@pytest.fixture(scope="module")
def defined():
    """Functions and constants of the notebook's course cells; nothing else of them is executed."""
    names = {"np": np}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code" or cell["metadata"].get("nbgrader", {}).get("grade_id", "").startswith("m05_"):
            continue
        for node in ast.parse("".join(cell["source"])).body:
            constant = isinstance(node, ast.Assign) and all(
                one.id.isupper() for one in node.targets if hasattr(one, "id")
            )
            if isinstance(node, ast.FunctionDef) or (constant and isinstance(node.targets[0], ast.Name)):
                exec(ast.unparse(node), names)
    return names


@pytest.mark.parametrize("seed", range(3))
def test_the_notebooks_simulator_is_the_trusted_one(defined, seed):
    rng = np.random.default_rng(seed)
    service = defined["SERVICE"]
    trace = np.cumsum(rng.exponential(0.3, 25)), *defined["drawn_tokens"](rng, "code", 25)
    for ours, theirs in (
        (lambda *asked: next_prompts(*asked, service), next_prompts),
        (whole_prompts, defined["first_come_first_served"]),
        (chunked_prompts(200), defined["in_chunks"](200)),
    ):
        expected = simulate_serving(ours, *trace, slots=4, step_s=service["step_s"], token_s=service["token_s"])
        assert defined["serve"](theirs, trace, 4, service) == expected


def test_numbers_in_the_prose(defined):
    models = defined["MODELS"]
    table = cache_sizing(models, 100_000, 436e9)
    added = dict(zip(table["model"], table["next_token_bytes"], strict=True))
    assert added["DeepSeek-V3"] < added["Llama 3.1 70B"] < added["OPT-13B"]
    short = cache_sizing(models, 100, 436e9)["next_token_bytes"][3]
    assert short / added["Gemma 3 27B"] == pytest.approx(6, rel=0.05)


def test_a_token_read_and_a_token_written(defined):
    """The notebook's counts of contexts, and what it says of prefill, decode and long contexts."""
    counted = defined["causal_context"]([1, 4, 1000], [512, 0, 0])
    np.testing.assert_array_equal(counted, causal_context([1, 4, 1000], [512, 0, 0]))
    llama_8b = 32, 4096, 32, 8, 128, 14_336, 128_256
    weights = float(forward_flops(*llama_8b, 1, 0, 1)) / 2
    prompt, token = forward_flops(*llama_8b, [1000, 1], [causal_context(1000), 1001], 1) / (2 * weights)
    ridge = H100_SXM.peak_flops_per_s / H100_SXM.bandwidth_bytes_per_s
    assert round(ridge) == 295
    assert token < 0.01 * ridge < ridge < prompt
    assert float(forward_flops(*llama_8b, 1, 100_000, 1)) / (2 * weights) - 1 == pytest.approx(3.5, rel=0.01)


def test_batches_that_stay_together(defined):
    """The notebook's sixty conversations: most places write nothing, and a first token comes far later."""
    rng = np.random.default_rng(6)
    arrivals_s = np.cumsum(rng.exponential(0.5, 60))
    trace = arrivals_s, *defined["drawn_tokens"](rng, "conversation", 60), 16, 0.012, 60e-6
    static, continuous = static_batching(*trace), continuous_batching(*trace)
    waits_s = [np.median(first_s - arrivals_s) for first_s, _ in (static, continuous)]
    assert waits_s[0] > 10 * waits_s[1]
    batches = [trace[2][static[1] == end] for end in np.unique(static[1])]
    places = sum(answers.max() * answers.size for answers in batches)
    assert trace[2].sum() < places / 2


def test_a_name_in_front_of_the_system_prompt(defined):
    found = {}
    for named in (False, True):
        asked = defined["turns"](np.random.default_rng(12), named)
        for memory in (60, 3000):
            found[named, memory] = 100 * prefix_hits(asked, memory).sum() / sum(map(len, asked))
    assert found[False, 60] - found[True, 60] == pytest.approx(40, abs=2)
    assert found[False, 3000] - found[True, 3000] == pytest.approx(10, abs=1)


def test_how_busy_an_instance_may_be_and_what_moves(defined):
    service = defined["SERVICE"]
    prefill_s = service["step_s"] + 1500 * service["token_s"]
    for limit_s, busy in ((0.3, 0.8), (0.15, 0.5)):
        assert float(prefill_queue_ttft_s(prefill_s, (busy - 0.02) / prefill_s)) < limit_s
        assert float(prefill_queue_ttft_s(prefill_s, (busy + 0.02) / prefill_s)) > limit_s
    decode_step_s = service["step_s"] + 32 * service["token_s"]
    steps = np.array(cache_sizing(defined["MODELS"], 1500, 1)["request_bytes"]) / 50e9 / decode_step_s
    assert 1.7 < steps[0] < 2
    assert (steps[1:] < 1).all()


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "file"), [("conversation", "conv"), ("code", "code")])
def test_traffic_is_drawn_like_the_public_traces(defined, shared_oracles, kind, file):
    rows = (shared_oracles / f"systems/traces/azure_llm_2023_{file}.csv").read_text().splitlines()[1:]
    assert len(rows) == 2500
    columns = np.log([[float(field) for field in row.split(",")[1:]] for row in rows]).T
    for values, (mean, spread) in zip(columns, defined["FITTED"][kind], strict=True):
        assert values.mean() == pytest.approx(mean, abs=0.006)
        assert values.std() == pytest.approx(spread, abs=0.006)
