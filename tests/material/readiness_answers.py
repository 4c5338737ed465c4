"""Answers to the notebook in which students test themselves: right ones, and some that people give."""

from __future__ import annotations

RIGHT = {
    "1.1": """
def mean_access_cycles(hit_share, hit_cycles, penalty_cycles):
    return hit_cycles + (1 - hit_share) * penalty_cycles
""",
    "1.2": """
def cache_misses(addresses, line_bytes, lines):
    held, misses = {}, 0
    for address in addresses:
        line = address // line_bytes
        misses += held.get(line % lines) != line
        held[line % lines] = line
    return misses
""",
    "1.3": """
def pipeline_cycles(instructions, stages, stall_cycles):
    return stages + (instructions - 1) + stall_cycles
""",
    "1.4": """
def lines_in_flight(bytes_per_s, latency_s, line_bytes):
    return int(np.ceil(bytes_per_s * latency_s / line_bytes))
""",
    "2.1": """
def tokens_by_user(requests):
    found = {}
    for user, tokens in requests:
        found[user] = found.get(user, 0) + tokens
    return found
""",
    "2.2": """
def rows_of_one(weights):
    return weights / weights.sum(axis=-1, keepdims=True)
""",
    "2.3": """
def block_means(samples, size):
    blocks = len(samples) // size
    return samples[: blocks * size].reshape(blocks, size).mean(axis=1)
""",
    "2.4": """
class Window:
    def __init__(self, size):
        self.size, self.numbers = size, []

    def add(self, number):
        self.numbers = [*self.numbers, number][-self.size :]

    def mean(self):
        return sum(self.numbers) / len(self.numbers) if self.numbers else float("nan")
""",
    "3.1": """
def nearest_rank(samples, share):
    return np.sort(samples)[int(np.ceil(round(share * len(samples), 9))) - 1]
""",
    "3.2": """
def overall_rate(work, rates):
    return np.sum(work) / np.sum(work / rates)
""",
    "3.3": """
def mean_interval(samples):
    half = 1.96 * np.std(samples, ddof=1) / np.sqrt(len(samples))
    return np.mean(samples) - half, np.mean(samples) + half
""",
    "3.4": """
def two_or_more(p, machines):
    return 1 - (1 - p) ** machines - machines * p * (1 - p) ** (machines - 1)
""",
    "4.1": """
def product_operations(m, k, n):
    return 2 * m * k * n
""",
    "4.2": """
def softmax(scores):
    grown = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)
""",
    "4.3": """
def attention(queries, keys, values):
    scores = np.exp(queries @ keys.T / np.sqrt(queries.shape[1]))
    return scores / scores.sum(axis=1, keepdims=True) @ values
""",
    "4.4": """
def causal_attention(queries, keys, values):
    scores = np.tril(np.exp(queries @ keys.T / np.sqrt(queries.shape[1])))
    return scores / scores.sum(axis=1, keepdims=True) @ values
""",
    "4.5": """
def generate(next_token, prompt, stop, longest):
    tokens = list(prompt)
    while len(tokens) < len(prompt) + longest:
        tokens.append(next_token(tokens))
        if tokens[-1] == stop:
            break
    return tokens[len(prompt) :]
""",
}

WRONG = [  # task, what part of the right answer becomes what, and words of what is then said
    ("1.1", "hit_cycles + (1 - hit_share)", "hit_share * hit_cycles + (1 - hit_share)", "another mean"),
    ("1.1", "(1 - hit_share)", "hit_share", "another mean"),
    ("1.2", "address // line_bytes", "address", "brings each line in once"),
    ("1.2", "held.get(line % lines) != line", "line % lines not in held", "push each other out"),
    ("1.3", "stages + (instructions - 1)", "stages + instructions", "another time"),
    ("1.3", "stages + (instructions - 1)", "stages * instructions", "another time"),
    ("1.4", "int(np.ceil(", "int(np.floor(", "do not fill"),
    ("1.4", "int(np.ceil(bytes_per_s * latency_s / line_bytes))", "bytes_per_s * latency_s / line_bytes", "whole"),
    ("1.4", "int(np.ceil(", "1000 + int(np.ceil(", "one fewer"),
    ("2.1", "found.get(user, 0) + tokens", "tokens", "lost"),
    ("2.1", "in requests:", "in [requests.pop() for _ in list(requests)]:", "has changed"),
    ("2.1", "return found", "return list(found.items())", "a dict"),
    ("2.2", "axis=-1", "axis=0", "add up to 1"),
    ("2.2", "weights / weights.sum(axis=-1, keepdims=True)", "weights / weights.sum()", "add up to 1"),
    ("2.2", ", keepdims=True", "", "it stops with ValueError"),
    ("2.3", "samples[: blocks * size]", "samples", "it stops with ValueError"),
    ("2.3", "reshape(blocks, size).mean(axis=1)", "reshape(size, blocks).mean(axis=0)", "not that of its values"),
    ("2.4", "[-self.size :]", "", "last three"),
    ("2.4", 'float("nan")', "0.0", "no mean"),
    ("2.4", "/ len(self.numbers)", "/ self.size", "last three"),
    ("3.1", "int(np.ceil(round(share * len(samples), 9))) - 1", "int(share * len(samples)) - 1", "too few samples"),
    ("3.1", "np.sort(samples)", "samples", "a smaller sample would do"),
    (
        "3.1",
        "np.sort(samples)[int(np.ceil(round(share * len(samples), 9))) - 1]",
        "np.quantile(samples, share)",
        "one of",
    ),
    ("3.2", "np.sum(work) / np.sum(work / rates)", "np.mean(rates)", "another amount"),
    ("3.2", "np.sum(work) / np.sum(work / rates)", "np.average(rates, weights=work)", "another amount"),
    ("3.3", " / np.sqrt(len(samples))", "", "caught the true mean"),
    ("3.3", "half = 1.96 *", "half =", "caught the true mean"),
    ("3.3", "np.mean(samples) - half", "0.0", "in the middle"),
    ("3.4", "machines * p", "p", "another probability"),
    ("3.4", " - machines * p * (1 - p) ** (machines - 1)", "", "another probability"),
    ("4.1", "2 * m * k * n", "m * k * n", "another number"),
    ("4.1", "2 * m * k * n", "m * n * (2 * k - 1)", "another number"),
    ("4.2", "scores - np.max(scores, axis=-1, keepdims=True)", "scores", "large scores"),
    ("4.2", "grown.sum(axis=-1, keepdims=True)", "grown.sum()", "add up to 1"),
    ("4.2", "np.exp(", "np.exp2(", "in proportion"),
    ("4.3", " / np.sqrt(queries.shape[1])", "", "scaled otherwise"),
    ("4.3", "np.sqrt(queries.shape[1])", "queries.shape[1]", "scaled otherwise"),
    ("4.3", "sum(axis=1, keepdims=True)", "sum(axis=0)", "add up to 1"),
    ("4.4", "np.tril(", "(", "sees itself only"),
    ("4.4", "np.tril(", "np.triu(", "sees itself only"),
    ("4.5", "tokens[len(prompt) :]", "tokens", "new tokens only"),
    ("4.5", "next_token(tokens)", "next_token(tokens[-1:])", "all tokens so far"),
    ("4.5", "list(prompt)", "prompt", "new tokens only"),
    ("4.5", "len(tokens) < len(prompt) + longest", "tokens[-1] != stop and len(tokens) < 8", "a new token stops it"),
]
