"""Faults that any use case's sample may be given."""

from __future__ import annotations

from tests.capstone.faults import Fault, with_first, with_text, without_section

COMMON = (
    Fault("no risks", without_section("S14"), "L2", "blocking", "missing-section", "S14", True),
    Fault("a validation section without a plan", with_text("S12", lambda _: "We will test it."),
          "L2", "blocking", "empty-section", "S12", True),
    Fault("one alternative only",
          lambda one: with_first("decisions", options=one.decisions[0].options[:2])(one),
          "L2", "blocking", "missing-alternatives", "S13", True),
    Fault("an important and hard leaf that nothing will show", with_first("leaves", validation=()),
          "L2", "blocking", "unanswered-leaf", "S2", True),
    Fault("a decision confirmed by nothing", with_first("decisions", confirmation="time-will-tell"),
          "L2", "major", "unconfirmed-decision", "S13"),
    Fault("a number in prose that no claim stands for",
          with_text("S5", lambda text: text + "\n\nWe measured 412 tokens a second.\n"),
          "L5", "minor", "unbound-number", "S5"),
    Fault("a reference to a claim that there is not", with_text("S6", lambda text: text + "\n\n{mem.swap_bytes}\n"),
          "L5", "major", "unknown-reference", "S6"),
    Fault("a figure that nobody draws", with_text("S5", lambda text: text + "\n\n{figure waterfall}\n"),
          "L5", "major", "unknown-figure", "S5"),
    Fault("a figure in the middle of a line", with_text("S5", lambda text: text + "\n\nSee {figure tornado}\n"),
          "L5", "major", "unknown-figure", "S5"),
    Fault("a decision that rests on a number of its own", with_first("decisions", because="It is 17 % cheaper."),
          "L5", "minor", "unbound-number", "S13"),
    Fault("a decision that rests on a claim that there is not", with_first("decisions", because="{cost.rent} is less."),
          "L5", "major", "unknown-reference", "S13"),
)  # fmt: skip
