"""Independent right answers to module 6's practical, by other ways than the references'."""

from __future__ import annotations

import decimal
import math
from fractions import Fraction

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m06_vit_cost", by="every array and every product listed")
def vit_by_lists(height_px, width_px, patch_px, layers, hidden, mlp, classes=0, extra_tokens=1):
    rows, rest = divmod(height_px, patch_px)
    columns, other = divmod(width_px, patch_px)
    if rest or other or min(rows, columns, layers, hidden, mlp) < 1 or classes < 0 or extra_tokens < 0:
        raise ValueError("no such transformer")
    tokens = rows * columns + extra_tokens
    linear = [(3 * patch_px * patch_px, hidden, rows * columns)]
    linear += layers * ([(hidden, hidden, tokens)] * 4 + [(hidden, mlp, tokens), (mlp, hidden, tokens)])
    linear += [(hidden, classes, 1)] if classes else []
    parameters = sum((inside + 1) * outside for inside, outside, _ in linear)
    parameters += hidden * (extra_tokens + tokens + 2 * (2 * layers + 1))
    macs = sum(inside * outside * count for inside, outside, count in linear)
    return {"tokens": tokens, "parameters": parameters, "macs": macs + layers * 2 * tokens * tokens * hidden}


@answer("m06_operator_census", by="a data frame, from the bottom up")
def census_by_frame(batch, new_tokens, context, hidden, heads, mlp, element_bytes=2):
    if not all(one > 0 for one in (batch, new_tokens, context, hidden, heads, mlp, element_bytes)):
        raise ValueError("not positive")
    if hidden // heads * heads != hidden:
        raise ValueError("heads")
    n = batch * new_tokens
    weights = {"down": (mlp, hidden), "up": (hidden, mlp), "output": (hidden, hidden), "qkv": (hidden, 3 * hidden)}
    rows = [(name, 2 * n * i * o, n * i + i * o + n * o) for name, (i, o) in weights.items()]
    all_scores, cache = batch * heads * new_tokens * context, batch * context * hidden
    rows += [
        (name, 2 * batch * new_tokens * context * hidden, n * hidden + cache + all_scores)
        for name in ("values", "scores")
    ]
    table = pd.DataFrame(rows, columns=["operator", "flops", "bytes"])
    table["bytes"] *= element_bytes
    return table.assign(flops_per_byte=table["flops"] / table["bytes"])


@answer("m06_contrastive_loss", by="differences of logits, pair by pair")
def loss_by_pairs(image_vectors, text_vectors, log_scale, largest_scale=100.0):
    x, y = np.array(image_vectors, float), np.array(text_vectors, float)
    if x.ndim != 2 or x.shape != y.shape or x.size == 0:
        raise ValueError("no pairs")
    if not ((x**2).sum(axis=1).all() and (y**2).sum(axis=1).all()):
        raise ValueError("no direction")
    scale = min(np.exp(log_scale), largest_scale)
    z = scale * np.einsum("id,jd->ij", x, y) / np.sqrt(np.outer((x**2).sum(1), (y**2).sum(1)))
    images = np.mean([np.logaddexp.reduce(row - row[i]) for i, row in enumerate(z)])
    texts = np.mean([np.logaddexp.reduce(column - column[i]) for i, column in enumerate(z.T)])
    found = [all(z[i, i] > z[i, j] for j in range(len(z)) if j != i) for i in range(len(z))]
    return {"images": images, "texts": texts, "loss": 0.5 * images + 0.5 * texts, "accuracy": sum(found) / len(found)}


@answer("m06_anyres_tokens", by="sorting canvases, and padding one patch at a time")
def anyres_by_padding(
    height_px,
    width_px,
    canvases_px=((336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008)),
    tile_px=336,
    patch_px=14,
):
    if not canvases_px or not all(side > 0 for side in (height_px, width_px, tile_px, patch_px)):
        raise ValueError("no image")

    def quality(canvas):
        by_width, by_height = canvas[1] / width_px, canvas[0] / height_px
        factor = by_width if by_width < by_height else by_height
        counts = min(math.floor(width_px * factor) * math.floor(height_px * factor), height_px * width_px)
        return -counts, canvas[0] * canvas[1] - counts

    canvas = sorted(canvases_px, key=quality)[0]  # sorting is stable
    per_tile = tile_px // patch_px
    grid = [canvas[0] * per_tile // tile_px, canvas[1] * per_tile // tile_px]
    short = 0 if width_px / height_px > grid[1] / grid[0] else 1
    scale = grid[1] / width_px if short == 0 else grid[0] / height_px
    covered = math.floor(round((height_px, width_px)[short] * scale, 7))
    while grid[short] - 2 >= covered:
        grid[short] -= 2
    return {"canvas_px": tuple(canvas), "grid": tuple(grid), "tokens": grid[0] * (grid[1] + 1) + per_tile**2}


@answer("m06_dynamic_tokens", by="decimals with forty digits")
def dynamic_by_decimals(height_px, width_px, factor_px=28, least_px=3136, most_px=1003520):
    low, high = sorted((height_px, width_px))
    if low <= 0 or factor_px <= 0 or high > 200 * low:
        raise ValueError("no image")
    with decimal.localcontext() as context:
        context.prec = 40
        sides = [decimal.Decimal(int(height_px)), decimal.Decimal(int(width_px))]
        whole = [(side / factor_px).to_integral_value(decimal.ROUND_HALF_EVEN) for side in sides]
        pixels, rounding, limit = whole[0] * whole[1] * factor_px**2, None, 0
        if pixels > most_px:
            rounding, limit = decimal.ROUND_FLOOR, most_px
        elif pixels < least_px:
            rounding, limit = decimal.ROUND_CEILING, least_px
        if rounding:
            factor = (decimal.Decimal(int(limit)) / (sides[0] * sides[1])).sqrt() / factor_px
            whole = [max(1, (side * factor).to_integral_value(rounding)) for side in sides]
    rows, columns = int(whole[0]), int(whole[1])
    return {"height_px": rows * factor_px, "width_px": columns * factor_px, "tokens": rows * columns}


@answer("m06_tile_tokens", by="fractions, step by step")
def tiles_by_fractions(height_px, width_px, detail="high", base_tokens=85, per_tile_tokens=170):
    if height_px <= 0 or width_px <= 0 or detail not in {"low", "high"}:
        raise ValueError("no image")
    if detail == "low":
        return base_tokens
    sides = sorted((Fraction(int(height_px)), Fraction(int(width_px))))
    if sides[1] > 2048:
        sides = [side * 2048 / sides[1] for side in sides]
    if sides[0] > 768:
        sides = [side * 768 / sides[0] for side in sides]
    return base_tokens + per_tile_tokens * math.prod(math.ceil(side / 512) for side in sides)


@answer("m06_fusion_cost", by="products listed with their sizes")
def fusion_by_products(text_tokens, image_tokens, hidden, heads, batch=1, element_bytes=2):
    if not all(one > 0 for one in (text_tokens, hidden, heads, batch, element_bytes)) or image_tokens < 0:
        raise ValueError("no layer")
    found = {}
    for name, asks, answers in (
        ("cross", text_tokens, image_tokens),
        ("joined", text_tokens + image_tokens, text_tokens + image_tokens),
    ):
        products = [(asks, hidden, hidden), (answers, hidden, hidden)] * 2
        products += [(asks, hidden, answers), (asks, answers, hidden)]
        scores = batch * heads * asks * answers
        found[name] = {
            "flops": batch * sum(2 * a * b * c for a, b, c in products),
            "score_bytes": scores * element_bytes,
            "streamed_bytes": batch * heads * asks * (4 + 4),
            "cached_bytes": 2 * batch * answers * hidden * element_bytes,
        }
    return found


@answer("m06_streamed_attention", by="joining partial outputs by their logarithms")
class StreamedByLogarithms:
    """Keeps output and logarithm of the sum; a tile is a partial result of its own."""

    def __init__(self, queries):
        self._queries = np.array(queries, float)
        self._output = self._log = None

    def absorb(self, keys, values):
        k, v = np.array(keys, float), np.array(values, float)
        if len(k) != len(v):
            raise ValueError("a value for each key")
        if not len(k):
            return
        if k.shape[1] != self._queries.shape[1]:
            raise ValueError("other elements")
        scores = np.einsum("qd,kd->qk", self._queries, k) / math.sqrt(k.shape[1])
        log = np.logaddexp.reduce(scores, axis=1)
        output = np.exp(scores - log[:, None]) @ v
        if self._log is not None:
            both = np.logaddexp(self._log, log)
            output = output * np.exp(log - both)[:, None] + self._output * np.exp(self._log - both)[:, None]
            log = both
        self._output, self._log = output, log

    @property
    def output(self):
        if self._output is None:
            raise ValueError("nothing")
        return self._output

    @property
    def log_sum_exp(self):
        if self._log is None:
            raise ValueError("nothing")
        return self._log


@answer("m06_stage_table", by="balance equations and moments of the two prompts")
def stages_by_balance(
    requests_per_s, image_share, hit_share, encode_s, text_tokens, image_tokens, read_tokens_per_s, write_s, servers
):
    if min(requests_per_s, encode_s, text_tokens, read_tokens_per_s, write_s) <= 0 or image_tokens < 0:
        raise ValueError("not positive")
    if any(count < 1 for count in servers) or not all(0 <= share <= 1 for share in (image_share, hit_share)):
        raise ValueError("no share, or no server")
    prompts = np.array([text_tokens, text_tokens + image_tokens]) / read_tokens_per_s
    shares = np.array([1 - image_share, image_share])
    mean, square = float(shares @ prompts), float(shares @ prompts**2)
    jobs = [
        ("encode", requests_per_s * image_share * (1 - hit_share), encode_s, 0.0),
        ("prefill", requests_per_s, mean, square / mean**2 - 1),
        ("decode", requests_per_s, write_s, 1.0),
    ]
    rows = []
    for (stage, rate, service_s, scv), count in zip(jobs, servers, strict=True):
        load = rate * service_s
        rho = load / count
        logs = [n * math.log(load) - math.lgamma(n + 1) for n in range(count + 1)] if load else [0.0]
        top = max(logs)
        weights = [math.exp(one - top) for one in logs]
        wait_s = 0.0
        if load:
            queued = weights[-1] / (1 - rho) if rho < 1 else math.inf
            waits = queued / (sum(weights[:-1]) + queued) if rho < 1 else 1.0
            wait_s = waits * service_s * (1 + scv) / (2 * count * (1 - rho)) if rho < 1 else math.inf
        most = requests_per_s / rho if rho else math.inf
        rows.append((stage, rate, rho, wait_s, most))
    return pd.DataFrame(rows, columns=["stage", "jobs_per_s", "utilisation", "mean_wait_s", "most_requests_per_s"])


@answer("m06_encoder_batch", by="a search from the largest batch downwards")
def batch_from_above(frames_per_s, deadline_s, encoder, largest=64, drop=8):
    if not (frames_per_s > 0 and deadline_s > 0 and largest > 0 and drop > 0):
        raise ValueError("no camera")
    per_s = encoder["peak_flops_per_s"] * encoder["best_share"]
    for kept in range(1, drop + 1):
        rate = frames_per_s / kept
        for batch in range(largest, 0, -1):
            compute_s = encoder["frame_flops"] * (batch + encoder["half_batch"]) / per_s
            move_s = (encoder["weight_bytes"] + encoder["frame_bytes"] * batch) / encoder["bandwidth_bytes_per_s"]
            busy_s = max(compute_s, move_s) + encoder["launch_s"]
            latency_s = busy_s + (batch - 1) / rate
            if latency_s <= deadline_s and busy_s * rate <= batch:
                return {
                    "keep_every": kept,
                    "batch": batch,
                    "latency_s": latency_s,
                    "utilisation": busy_s * rate / batch,
                }
    return {"keep_every": 0, "batch": 0, "latency_s": math.inf, "utilisation": 0.0}


@answer("m06_next_batch", by="most frames a second of the encoder's time")
def batch_by_rate(slack_s, batch_s):
    """Of all batches in time, the one whose frames cost the encoder least; the oldest of equal ones."""
    options = []
    for size, takes_s in enumerate(batch_s, start=1):
        starts = [first for first in range(len(slack_s) - size + 1) if slack_s[first] >= takes_s]
        if starts:
            options.append((takes_s / size, starts[0], size))
    if not options:
        return len(slack_s), 0
    _, first, size = min(options)
    return first, size


@answer("m06_media_bill", by="pieces, pairs, tokens and steps, one by one")
def bill_one_by_one(call_s, film, writer, refiner):
    heard = positions = 0
    while heard < call_s:
        heard, positions = heard + 30, positions + 1500
    pictures = list(range(math.ceil(film["duration_s"] * film["pictures_per_s"])))
    pairs = [pictures[place : place + 2] for place in range(0, len(pictures), 2)]
    flops, tokens = 0.0, writer["text_tokens"] + writer["image_tokens"]
    for seen in range(1, tokens + 1):
        flops += 2 * writer["weights"] + 4 * writer["layers"] * writer["hidden"] * seen
    refined = refiner["text_flops"]
    for _ in range(refiner["steps"]):
        refined += refiner["network_flops"] + (refiner["network_flops"] if refiner["guided"] else 0)
    return {
        "call_positions": positions,
        "film_tokens": sum(film["picture_tokens"] for _ in pairs),
        "written_flops": flops,
        "written_bytes": writer["weights"] * writer["element_bytes"] * (writer["image_tokens"] + 1),
        "refined_flops": refined + refiner["decoder_flops"],
    }
