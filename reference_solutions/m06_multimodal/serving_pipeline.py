r"""A chatbot that sees: encode, prefill, decode, and which of them is the bottleneck.

Question
    Some requests bring an image. It is encoded, the prompt is read, an answer is written, each on machines of its own.
    How busy is each stage, how long does one wait there, and when does the first token come?
Model
    .. math:: \lambda_e = \lambda \, p \, (1 - h), \qquad \bar t = \frac{x + p \, y}{r}, \qquad
        c_s^2 = \frac{p (1 - p) y^2}{(x + p \, y)^2}

    .. math:: W = \frac{C(c, \lambda t)}{c / t - \lambda} \cdot \frac{1 + c_s^2}{2}, \qquad
        T_1 = W_e + t_e + W_p + \frac{x + y}{r}

    A share :math:`p` of the requests has an image; a cache already has a share :math:`h` of the images. Encoding takes
    the same time :math:`t_e` for each of the others. Reading goes at :math:`r` tokens a second: :math:`x` tokens of
    text, and :math:`y` more with an image, so that long and short jobs are mixed. Writing takes an exponential time.
    Each stage is one queue with :math:`c` servers; waits are those of M/M/c (:math:`C` is Erlang's), scaled by the
    variability of the service (Allen and Cunneen). A stage is full at the requests a second at which it has no idle
    time: the least of these is what the whole can do, whatever the others could.
Assumes
    Requests at random, stages that do not disturb each other, one image a request; the first token leaves the prefill.
    What leaves a stage reaches the next as if at random.
Breaks when
    Most requests pass a busy encoder: it lets images through at an even pace, and the prefill, whose long prompts these
    are, waits less than this says (half as long, and less still, in the tests). Or several images come together
    (bursts: more than this says), encoders work in batches (`encoder_batch`), or stages share a machine.
Source
    Singh et al., "Efficiently Serving Large Multimodal Models Using EPD Disaggregation", ICML 2025, PMLR 267, for the
    three stages; the formula is no paper's. Waits: Allen, "Probability, Statistics, and Queueing Theory", 1990 (as
    `mmc_mean_wait_s` has it).
Oracle
    M/D/1, M/M/1 and Pollaczek-Khinchine in closed form; each stage played with random arrivals, within a tenth (or a
    hundredth of the service time); all three played one after the other, request by request: times to first token at
    most a tenth longer than predicted, and at most a third shorter.
"""

from __future__ import annotations

import numpy as np

from reference_solutions.units import Array

__all__ = ["image_ttft_s", "stage_table"]


def stage_table(
    requests_per_s: float,
    image_share: float,
    hit_share: float,
    encode_s: float,
    text_tokens: float,
    image_tokens: float,
    read_tokens_per_s: float,
    write_s: float,
    servers: tuple[int, int, int],
) -> dict[str, Array]:
    """Load and wait of each stage, a row for each.

    Parameters
    ----------
    requests_per_s : float
        Requests that come. [1/s]
    image_share : float
        Share of them that has an image. [1]
    hit_share : float
        Share of the images whose tokens a cache has already. [1]
    encode_s : float
        Time to encode an image, on one encoder. [s]
    text_tokens, image_tokens : float
        Tokens of a prompt without an image, and of an image. [1]
    read_tokens_per_s : float
        Tokens that one prefill server reads. [1/s]
    write_s : float
        Mean time for which an answer holds one of the decode slots. [s]
    servers : tuple of int
        Encoders, prefill servers, decode slots. [1]

    Returns
    -------
    dict of str to (3,) ndarray
        `stage`: "encode", "prefill", "decode"; `jobs_per_s` that reach it [1/s], `utilisation` [1], `mean_wait_s` of
        a job [s], infinite where there is no steady state, and `most_requests_per_s`, requests to the whole at which
        the stage is always busy, infinite if none reach it [1/s].

    Raises
    ------
    ValueError
        If a rate or time is not positive, a share is none, or a stage has no server.

    Examples
    --------
    >>> table = stage_table(4.0, 0.5, 0.2, 0.2, 500, 1500, 8000.0, 5.0, servers=(1, 1, 32))
    >>> {name: table[name].round(3).tolist() for name in ("utilisation", "mean_wait_s")}
    {'utilisation': [0.32, 0.625, 0.625], 'mean_wait_s': [0.047, 0.177, 0.004]}
    """
    if min(requests_per_s, encode_s, text_tokens, read_tokens_per_s, write_s) <= 0 or min(servers) < 1:
        raise ValueError("rates and times are positive, and a stage has a server")
    if not (0 <= image_share <= 1 and 0 <= hit_share <= 1 and image_tokens >= 0):
        raise ValueError("shares lie between 0 and 1")
    prompt = text_tokens + image_share * image_tokens
    mixed = image_share * (1 - image_share) * (image_tokens / prompt) ** 2
    visits = np.array([image_share * (1 - hit_share), 1.0, 1.0])  # of a request to each stage
    service_s = np.array([encode_s, prompt / read_tokens_per_s, write_s])
    jobs_per_s = requests_per_s * visits
    utilisation = jobs_per_s * service_s / np.array(servers)
    waits_s = []
    for load, scv, count, takes_s in zip(utilisation, (0.0, mixed, 1.0), servers, service_s, strict=True):
        blocked = 1.0  # Erlang B, server by server
        for server in range(1, count + 1):
            blocked = load * count * blocked / (server + load * count * blocked)
        waiting = blocked / (1 - load * (1 - blocked))
        waits_s.append(waiting * takes_s / count / (1 - load) * (1 + scv) / 2 if load < 1 else np.inf)
    with np.errstate(divide="ignore"):
        most_per_s = np.array(servers) / (visits * service_s)
    return {
        "stage": np.array(["encode", "prefill", "decode"]),
        "jobs_per_s": jobs_per_s,
        "utilisation": utilisation,
        "mean_wait_s": np.array(waits_s),
        "most_requests_per_s": most_per_s,
    }


def image_ttft_s(
    waits_s: tuple[float, float], encode_s: float, text_tokens: float, image_tokens: float, read_tokens_per_s: float
) -> dict[str, float]:
    """Mean time to the first token of requests, by what they bring.

    Parameters
    ----------
    waits_s : tuple of float
        Mean waits for an encoder and for a prefill server. [s]
    encode_s : float
        Time to encode an image. [s]
    text_tokens, image_tokens : float
        Tokens of a prompt without an image, and of an image. [1]
    read_tokens_per_s : float
        Tokens that one prefill server reads. [1/s]

    Returns
    -------
    dict of str to float
        Of requests with a `new` image, with a `cached` one, and with `text` only. [s]

    Examples
    --------
    >>> image_ttft_s((0.25, 0.125), 0.5, 500, 1500, 8000.0)
    {'new': 1.125, 'cached': 0.375, 'text': 0.1875}
    """
    cached_s = waits_s[1] + (text_tokens + image_tokens) / read_tokens_per_s
    return {
        "new": waits_s[0] + encode_s + cached_s,
        "cached": cached_s,
        "text": waits_s[1] + text_tokens / read_tokens_per_s,
    }
