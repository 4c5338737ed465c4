"""A course whose panels are drawn from five reviewers, one of them severe, without a ledger beneath."""

from __future__ import annotations

import numpy as np

from graders.ledger import Entry
from graders.panel.records import REVEALED, SEALED, Case, Round, Scores
from graders.paths import material_root
from graders.rubrics import rubric

CAPSTONE = rubric(material_root(), "capstone")
IDS = tuple(one.id for one in CAPSTONE.criteria)


def entry(number: int, kind: str, subject: str, **body: object) -> Entry:
    return Entry(number, "2030-01-01T00:00:00+00:00", kind, subject, body, "", f"{number:064}", "")


def course_of(documents: int, raters: tuple[str, ...] = ("ada", "ben", "cyd", "dot", "eve"), seats: int = 3):
    """Cases and the entries behind them; the first reviewer gives a level less to most criteria."""
    draw = np.random.default_rng(31)
    cases, entries = [], []
    for document in range(documents):
        work = draw.normal(size=10) * 0.5 + draw.normal() * 0.8 + 2.2
        sat = sorted(map(str, draw.permutation(raters)[:seats]))
        scores = {}
        for rater in sat:
            levels = np.clip(np.round(work + draw.normal(size=10) * 0.4 - 0.8 * (rater == raters[0])), 0, 4)
            given = {id_: int(level) for id_, level in zip(IDS, levels, strict=True)}
            scores[rater] = Scores(f"candidate-{document}", "document", rater, CAPSTONE.digest, given)
        student = f"student-{document:02}"
        for rater in draw.permutation(sat):
            entries.append(entry(len(entries) + 1, SEALED, student, rater=str(rater), round="document"))
        opened = [{"said": {"round": "document", "rater": rater}} for rater in sat]
        entries.append(entry(len(entries) + 1, REVEALED, student, openings=opened))
        scored = Round("document", tuple(sat), dict.fromkeys(sat, ""), scores)
        cases.append(Case(student, f"candidate-{document:02}", rounds={"document": scored}))
    return cases, entries
