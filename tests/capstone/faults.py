"""Faults as candidates make them: an edit of the sample, and the finding that it must raise.

Each changes one thing. Numbers are in the unit of `claims.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graders.capstone.records import Claim, Document


@dataclass(frozen=True, slots=True)
class Fault:
    """An edit, and what it must raise: level, severity, code, claim (or section), and what is capped."""

    name: str
    edit: Callable[[Document], Document]
    level: str
    severity: str
    code: str
    about: str
    blocks: bool = False


def with_claim(id_: str, **changes: Any) -> Callable[[Document], Document]:
    """The document with a claim changed; a callable gets the old value."""

    def edit(document: Document) -> Document:
        claim = document.claims[id_]
        new = {name: one(claim) if callable(one) else one for name, one in changes.items()}
        return replace(document, claims={**document.claims, id_: replace(claim, **new)})

    return edit


def scaled(id_: str, factor: float) -> Callable[[Document], Document]:
    return with_claim(id_, value=lambda claim: claim.value * factor, uncertainty=_scaled(factor))


def _scaled(factor: float) -> Callable[[Claim], Any]:
    def interval(claim: Claim) -> Any:
        if claim.uncertainty is None:
            return None
        return replace(claim.uncertainty, low=claim.uncertainty.low * factor, high=claim.uncertainty.high * factor)

    return interval


def without_claim(id_: str) -> Callable[[Document], Document]:
    return lambda document: replace(document, claims={k: v for k, v in document.claims.items() if k != id_})


def with_text(section: str, change: Callable[[str], str]) -> Callable[[Document], Document]:
    def edit(document: Document) -> Document:
        sections = [replace(one, text=change(one.text)) if one.id == section else one for one in document.sections]
        return replace(document, sections=tuple(sections))

    return edit


def without_section(section: str) -> Callable[[Document], Document]:
    return lambda document: replace(document, sections=tuple(one for one in document.sections if one.id != section))


def with_first(kind: str, **changes: Any) -> Callable[[Document], Document]:
    """The document with its first decision, leaf or validation item changed."""

    def edit(document: Document) -> Document:
        first, *rest = getattr(document, kind)
        return replace(document, **{kind: (replace(first, **changes), *rest)})

    return edit


def without_evidence(name: str) -> Callable[[Document], Document]:
    def edit(document: Document) -> Document:
        files: Mapping[str, bytes] = {k: v for k, v in document.files.items() if k != name}
        return replace(document, files=files)

    return edit


def both(*edits: Callable[[Document], Document]) -> Callable[[Document], Document]:
    def edit(document: Document) -> Document:
        for one in edits:
            document = one(document)
        return document

    return edit


FAULTS = (
    Fault("bytes where seconds belong", with_claim("mem.weight_bytes", unit="s"),
          "L1", "blocking", "wrong-dimension", "mem.weight_bytes", True),
    Fault("a unit that nobody knows", with_claim("perf.goodput", unit="req/fortnight"),
          "L1", "blocking", "unknown-unit", "perf.goodput", True),
    Fault("a price a request for a price a token", with_claim("cost.usd_per_mtok", unit="USD/Mreq"),
          "L1", "blocking", "wrong-dimension", "cost.usd_per_mtok", True),
    Fault("gigabytes slip by a thousand", with_claim("mem.kv_budget", unit="kB"),
          "L4", "major", "recomputed-otherwise", "mem.kv_budget"),
    Fault("a word for a number", with_claim("cap.replicas", value="seven"),
          "L1", "blocking", "not-a-value", "cap.replicas", True),
    Fault("tail latency left out", without_claim("tail.ttft_p99"),
          "L2", "blocking", "missing-claim", "tail.ttft_p99", True),
    Fault("no risks", without_section("S14"), "L2", "blocking", "missing-section", "S14", True),
    Fault("a validation section without a plan", with_text("S12", lambda _: "We will test it."),
          "L2", "blocking", "empty-section", "S12", True),
    Fault("one alternative only",
          lambda one: with_first("decisions", options=one.decisions[0].options[:2])(one),
          "L2", "blocking", "missing-alternatives", "S13", True),
    Fault("an important and hard leaf that nothing will show", with_first("leaves", validation=()),
          "L2", "blocking", "unanswered-leaf", "S2", True),
    Fault("a leaf that leads to a decision that nobody took", with_first("leaves", decisions=("slots", "fate")),
          "L2", "major", "leads-nowhere", "S2"),
    Fault("a decision confirmed by nothing", with_first("decisions", confirmation="time-will-tell"),
          "L2", "major", "unconfirmed-decision", "S13"),
    Fault("a target declared an input", with_claim("req.slo_avail", kind="input"),
          "L2", "major", "wrong-kind", "req.slo_avail"),
    Fault("a service level softened", scaled("req.slo_ttft_p99", 2.0),
          "L3", "blocking", "not-the-brief", "req.slo_ttft_p99", True),
    Fault("another student's model", scaled("model.layers", 1.25),
          "L3", "blocking", "not-the-brief", "model.layers", True),
    Fault("a data sheet's figure with sparsity", scaled("hw.device_peak", 2.0),
          "L3", "blocking", "not-the-brief", "hw.device_peak", True),
    Fault("a machine that is not on offer", with_claim("hw.machine", value="X900"),
          "L3", "blocking", "not-on-offer", "hw.machine", True),
    Fault("a p99 of no metric", with_claim("req.asked_metric", value="latency"),
          "L3", "blocking", "unnamed-metric", "req.asked_metric", True),
    Fault("grouped-query attention overlooked", scaled("mem.kv_bytes_per_token", 8.0),
          "L4", "major", "recomputed-otherwise", "mem.kv_bytes_per_token"),
    Fault("weights counted once a device", scaled("mem.weight_bytes", 4.0),
          "L4", "major", "recomputed-otherwise", "mem.weight_bytes"),
    Fault("facility overhead forgotten", lambda one: scaled("pwr.facility", 1 / one.claims["pwr.pue"].value)(one),
          "L4", "major", "recomputed-otherwise", "pwr.facility"),
    Fault("failures not multiplied by the devices of a replica",
          lambda one: with_claim("fail.replica_mtbf", value=one.claims["fail.device_mtbf"].value)(one),
          "L4", "major", "recomputed-otherwise", "fail.replica_mtbf"),
    Fault("one start-up time for the whole ring", scaled("net.tp_allreduce_time", 0.5),
          "L4", "major", "recomputed-otherwise", "net.tp_allreduce_time"),
    Fault("replicas without the spares", lambda one: with_claim(
              "cap.replicas", value=one.claims["cap.replicas"].value - one.claims["cap.spares"].value)(one),
          "L4", "major", "recomputed-otherwise", "cap.replicas"),
    Fault("a formula of one's own that forgets half",
          with_claim("mem.context_tokens", formula="wl.prompt_tokens_mean + wl.output_tokens_mean"),
          "L4", "major", "other-formula", "mem.context_tokens"),
    Fault("a rounding slip", scaled("perf.prefill_time", 1.05),
          "L4", "minor", "recomputed-otherwise", "perf.prefill_time"),
    Fault("inputs that the formula does not take",
          with_claim("mem.weight_bytes", inputs=("model.active_params", "mem.weight_element")),
          "L4", "minor", "other-inputs", "mem.weight_bytes"),
    Fault("a number in prose that no claim stands for",
          with_text("S5", lambda text: text + "\n\nWe measured 412 tokens a second.\n"),
          "L5", "minor", "unbound-number", "S5"),
    Fault("a reference to a claim that there is not", with_text("S6", lambda text: text + "\n\n{mem.swap_bytes}\n"),
          "L5", "major", "unknown-reference", "S6"),
    Fault("a figure that nobody draws", with_text("S5", lambda text: text + "\n\n{figure waterfall}\n"),
          "L5", "major", "unknown-figure", "S5"),
    Fault("a figure in the middle of a line", with_text("S5", lambda text: text + "\n\nSee {figure roofline}\n"),
          "L5", "major", "unknown-figure", "S5"),
    Fault("a decision that rests on a number of its own", with_first("decisions", because="It is 17 % cheaper."),
          "L5", "minor", "unbound-number", "S13"),
    Fault("a decision that rests on a claim that there is not", with_first("decisions", because="{cost.rent} is less."),
          "L5", "major", "unknown-reference", "S13"),
    Fault("a utilisation above one", with_claim("cap.utilisation", value=1.2, uncertainty=None),
          "L6", "blocking", "impossible", "cap.utilisation", True),
    Fault("percentiles out of order",
          lambda one: with_claim("tail.ttft_p95", value=one.claims["tail.ttft_p99"].value * 1.2, uncertainty=None)(one),
          "L6", "blocking", "impossible", "tail.ttft_p99", True),
    Fault("more tokens than the roofline", scaled("perf.tokens_per_s_per_gpu", 3.0),
          "L6", "blocking", "impossible", "perf.tokens_per_s_per_gpu", True),
    Fault("a spare saved, and the availability of two kept", with_claim("cap.spares", value=1.0),
          "L7", "major", "decision-error", "fail.availability"),
    Fault("a budget met by a price that is not the price", scaled("cost.tco", 1.5),
          "L7", "major", "decision-error", "cost.tco"),
    Fault("one device too few in the racks' power, honestly told",
          both(with_claim("pwr.nodes_per_rack", value=50.0), with_claim("pwr.rack", value=50 * 7900.0)),
          "L7", "major", "target-missed", "pwr.rack"),
    Fault("drivers by taste", with_claim("sens.top3", value=("net.startup", "perf.step_overhead", "mem.kv_element")),
          "L8", "major", "other-drivers", "sens.top3"),
    Fault("no uncertainty", with_claim("perf.goodput", uncertainty=None),
          "L8", "minor", "no-uncertainty", "perf.goodput"),
    Fault("overconfident about a simulated tail", with_claim(
              "tail.ttft_p99", uncertainty=lambda one: replace(
                  one.uncertainty, low=one.value * 0.9999, high=one.value * 1.0001)),
          "L8", "minor", "overconfident-interval", "tail.ttft_p99"),
    Fault("an interval that says nothing", with_claim(
              "perf.goodput", uncertainty=lambda one: replace(one.uncertainty, low=0.0, high=one.value * 5)),
          "L8", "minor", "vacuous-interval", "perf.goodput"),
    Fault("a notebook that was not handed in", without_evidence("evidence/prototype.ipynb"),
          "L9", "major", "no-evidence", "opt.ttft_p99"),
    Fault("a notebook that was changed afterwards",
          lambda one: replace(one, files={**one.files, "evidence/prototype.ipynb": b"{}"}),
          "L9", "major", "changed-evidence", "opt.ttft_p99"),
    Fault("a gain that the notebook does not give", scaled("opt.ttft_p99", 0.5),
          "L9", "major", "other-evidence", "opt.ttft_p99"),
)  # fmt: skip
