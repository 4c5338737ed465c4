"""Right answers of module 5's practical notebook by other ways than the reference's, written from the release alone."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m05_request_metrics", by="pure Python, a row at a time, into a data frame")
def metrics_in_a_frame(sent_s, token_times_s):
    rows = []
    for sent, times in zip(sent_s, token_times_s, strict=True):
        times = [float(time) for time in times]
        gaps = [after - before for before, after in pairwise(times)]
        if any(gap < 0 for gap in gaps) or (times and times[0] < sent):
            raise ValueError("a broken clock")
        row = {"tokens": len(times), "ttft_s": math.nan, "tpot_s": math.nan, "longest_gap_s": math.nan}
        row["e2e_s"] = times[-1] - sent if times else math.nan
        if times:
            row["ttft_s"] = times[0] - sent
        if gaps:
            row |= {"tpot_s": (times[-1] - times[0]) / len(gaps), "longest_gap_s": max(gaps)}
        rows.append(row)
    return pd.DataFrame(rows)


@answer("m05_forward_flops", by="a list of matrices by their two sizes")
def flops_by_a_list_of_matrices(
    layers, hidden, heads, kv_heads, head_dim, intermediate, vocabulary, tokens, context, logits
):
    wide, narrow = heads * head_dim, kv_heads * head_dim
    matrices = [(hidden, wide), (hidden, narrow), (hidden, narrow), (wide, hidden)]
    matrices += [(hidden, intermediate), (hidden, intermediate), (intermediate, hidden)]
    per_token = layers * sum(2 * rows * columns for rows, columns in matrices)
    per_pair = layers * heads * sum(2 * head_dim for _ in ("score", "weighted value"))
    total = 0.0
    for count, flops in ((tokens, per_token), (context, per_pair), (logits, 2 * hidden * vocabulary)):
        total = np.add(total, np.multiply(count, float(flops)))
    return total


@answer("m05_kv_cache_bytes", by="a product of a shape")
def cache_by_a_shape(layers, kv_heads, head_dim, element_bytes, tokens):
    token_shape = (2, layers, kv_heads, head_dim)
    held = np.asarray(tokens)
    if min(token_shape) < 1 or not element_bytes > 0 or (held < 0).any():
        raise ValueError("no such cache")
    return held * (math.prod(token_shape) * element_bytes)


@answer("m05_cache_sizing", by="layer by layer, and a difference for the next token")
def sizing_layer_by_layer(models, tokens, budget_bytes):
    def held(model, length):
        if "latent_dim" in model:
            each = model["element_bytes"] * (model["latent_dim"] + model["rope_dim"])
        else:
            vector = model["element_bytes"] * model["head_dim"] + model.get("scale_bytes", 0)
            each = vector * 2 * model["kv_heads"]
        total = 0
        for layer in range(model["layers"]):
            windowed = layer < model.get("windowed_layers", 0)
            total += each * (min(length, model["window_tokens"]) if windowed else length)
        return total

    frame = pd.DataFrame({"model": list(models)})
    frame["request_bytes"] = [held(model, tokens) for model in models.values()]
    frame["next_token_bytes"] = [held(model, tokens + 1) - held(model, tokens) for model in models.values()]
    frame["requests"] = (budget_bytes / frame["request_bytes"]).astype(int)
    return frame


@answer("m05_block_allocator", by="a name for each block, looked up in everybody's table")
class BlocksByName:
    """A full block of a prompt is named by all tokens up to its end, any other by a number; tables hold names."""

    def __init__(self, blocks, block_size):
        if blocks < 1 or block_size < 1:
            raise ValueError("no such memory")
        self.capacity, self.size = blocks, block_size
        self.tables, self.length, self.fresh = {}, {}, 0

    def _used(self):
        return set().union(*self.tables.values()) if self.tables else set()

    @property
    def free_blocks(self):
        return self.capacity - len(self._used())

    @property
    def idle_places(self):
        fills = {}
        for name, table in self.tables.items():
            for place, block in enumerate(table):
                fills[block] = min(self.size, self.length[name] - place * self.size)
        return sum(self.size - fill for fill in fills.values())

    def _new(self):
        self.fresh += 1
        return self.fresh

    def admit(self, sequence, prompt):
        if sequence in self.tables or len(prompt) == 0:
            raise ValueError("not a new sequence with a prompt")
        used = self._used()
        table = []
        for start in range(0, len(prompt), self.size):
            name = tuple(prompt[: start + self.size])
            table.append(name if start + self.size <= len(prompt) else self._new())
        if len(set(table) - used) > self.free_blocks:
            return False
        self.tables[sequence], self.length[sequence] = table, len(prompt)
        return True

    def fork(self, parent, child):
        if parent not in self.tables or child in self.tables:
            raise ValueError("fork whom?")
        self.tables[child], self.length[child] = self.tables[parent][:], self.length[parent]

    def append(self, sequence, tokens):
        if sequence not in self.tables:
            raise ValueError("append to whom?")
        gone = []
        while sequence in self.tables:
            grown = self.tables[sequence][:]
            others = [block for name, table in self.tables.items() if name != sequence for block in table]
            if self.length[sequence] % self.size and grown[-1] in others:
                grown[-1] = self._new()
            while len(grown) * self.size < self.length[sequence] + tokens:
                grown.append(self._new())
            if len(set(grown) | set(others)) <= self.capacity:
                self.tables[sequence] = grown
                self.length[sequence] += tokens
                return gone
            gone.append([*self.tables][-1])
            self.release(gone[-1])
        return gone

    def release(self, sequence):
        if self.tables.pop(sequence, None) is None:
            raise ValueError("release whom?")
        del self.length[sequence]


@answer("m05_block_size_figure", by="blocks counted in a table of sizes and lengths")
def block_figure_from_a_table(lengths, block_tokens, longest_tokens, aim_share):
    everything = pd.Series(np.asarray(lengths))
    fits = everything[everything <= longest_tokens].to_numpy()
    sizes = np.array(block_tokens)
    blocks = (fits[None, :] + sizes[:, None] - 1) // sizes[:, None]
    use = fits.sum() / (blocks.sum(axis=1) * sizes)
    good = np.flatnonzero(use >= aim_share)
    marks = []
    if good.size:
        best = good[np.argmax(sizes[good])]
        marks.append({"label": "largest block", "x": int(sizes[best]), "y": float(use[best])})
    level = fits.sum() / (longest_tokens * fits.size)
    return {
        "title": "Use of memory",
        "x": {"label": "tokens", "scale": "log", "limits": (sizes.min(), sizes.max())},
        "y": {"label": "share", "scale": "linear", "limits": (0.0, 1.0)},
        "series": [
            {"label": "in blocks", "kind": "line", "x": sizes, "y": use},
            {"label": "reserved", "kind": "line", "x": sizes, "y": np.full(sizes.size, level)},
        ],
        "marks": marks,
        "left_out": [int(one) for one in everything[everything > longest_tokens]],
    }


@answer("m05_prefix_hits", by="the time of each block's last use")
def hits_by_last_use(prompts, capacity_blocks):
    used, hits = {}, []
    for now, blocks in enumerate(prompts):
        missing = [place for place, name in enumerate(blocks) if name not in used]
        hits.append(missing[0] if missing else len(blocks))
        for place, name in enumerate(blocks):
            used[name] = (now, -place)
        by_age = sorted(used, key=used.get, reverse=True)
        if len(by_age) > capacity_blocks:
            used = {name: used[name] for name in by_age[: int(capacity_blocks)]}
    return np.array(hits)


@answer("m05_static_batching", by="a clock that ticks once a step")
def static_step_by_step(arrivals_s, prompt_tokens, output_tokens, slots, step_s, token_s):
    order = list(arrivals_s)
    if any(later < earlier for earlier, later in pairwise(order)):
        raise ValueError("arrivals fall")
    first_s, returned_s = {}, {}
    clock, following = 0.0, 0
    while following < len(order):
        clock = max(clock, order[following])
        members = []
        while following < len(order) and len(members) < slots and order[following] <= clock:
            members.append(following)
            following += 1
        left = {member: int(output_tokens[member]) for member in members}
        in_step = sum(int(prompt_tokens[member]) for member in members)
        while max(left.values()) > 0:
            clock += step_s + token_s * in_step
            in_step = len(members)
            for member in members:
                left[member] -= 1
                first_s.setdefault(member, clock)
        returned_s.update(dict.fromkeys(members, clock))
    return tuple(np.array([times[request] for request in range(len(order))], float) for times in (first_s, returned_s))


@answer("m05_next_prompts", by="three queues, the timely one shortest first")
def three_queues(waiting, decoding, free_slots, service):
    budget = int((service["tpot_limit_s"] - service["step_s"]) // service["token_s"]) - decoding
    budget = max(1, budget)
    angry, timely, late = [], [], []
    for request in waiting:
        steps = math.ceil(request["prompt_left"] / budget)
        ready_s = request["waited_s"] + steps * service["tpot_limit_s"]
        if request["waited_s"] > service["patience_s"]:
            angry.append(request)
        elif ready_s <= service["ttft_limit_s"]:
            timely.append(request)
        else:
            late.append(request)
    timely.sort(key=lambda request: request["prompt_left"])
    plan = {}
    for request in angry + timely + late:
        share = min(budget, request["prompt_left"])
        if share > 0 and request["is_started"]:
            plan[request["id"]] = share
        elif share > 0 and free_slots > 0:
            plan[request["id"]] = share
            free_slots -= 1
        else:
            continue
        budget -= share
    return plan


@answer("m05_tradeoff_figure", by="a data frame and a running maximum")
def tradeoff_with_a_frame(runs, ttft_limit_s):
    frame = pd.DataFrame({name: list(runs[name]) for name in ("setting", "ttft_s", "tokens_per_s")})
    sound = (frame["ttft_s"] > 0) & (frame["tokens_per_s"] > 0)
    drawn = frame[sound].sort_values(["ttft_s", "tokens_per_s"], ascending=[True, False])
    best_before = drawn["tokens_per_s"].cummax().shift(fill_value=-1.0)
    front = drawn[drawn["tokens_per_s"] > best_before]
    within = bisect_right(front["ttft_s"].to_list(), ttft_limit_s)
    marked = [front.iloc[within - 1]] if within else []
    waits, rates = drawn["ttft_s"], drawn["tokens_per_s"]
    return {
        "title": "Waiting and rate",
        "x": {"label": "TTFT [s]", "scale": "log", "limits": [waits.min() * 0.5, waits.max() * 2.0]},
        "y": {"label": "tokens/s", "scale": "linear", "limits": [0.0, rates.max() * 1.1]},
        "series": [
            {"label": "settings", "kind": "points", "x": waits.to_numpy(), "y": rates.to_numpy()},
            {"label": "front", "kind": "line", "x": front["ttft_s"].to_numpy(), "y": front["tokens_per_s"].to_numpy()},
        ],
        "marks": [{"label": row["setting"], "x": row["ttft_s"], "y": row["tokens_per_s"]} for row in marked],
        "left_out": frame["setting"][~sound].to_list(),
    }


@answer("m05_instances_apart", by="instances added one by one")
def instances_one_by_one(rates_per_s, prefill_s, decode_rate_per_s, ttft_limit_s):
    if ttft_limit_s <= prefill_s:
        raise ValueError("reading alone takes that long")
    rows = []
    for rate in np.asarray(rates_per_s, float):
        readers, writers, seen_s = 0, 1, math.inf
        while seen_s > ttft_limit_s:
            readers += 1
            idle = 1 - rate * prefill_s / readers
            seen_s = prefill_s * (1 + (1 - idle) / idle / 2) if idle > 0 else math.inf
        while writers * decode_rate_per_s < rate:
            writers += 1
        rows.append({"prefill": readers, "decode": writers, "ttft_s": seen_s})
    return pd.DataFrame(rows)
