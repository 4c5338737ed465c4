"""Scores that may be sealed: a level for each criterion, and a sentence where a level fails a work."""

from __future__ import annotations

from collections.abc import Mapping

from graders.rubrics import TOP_LEVEL, Rubric

LONGEST = 4000
"""Characters of a comment: about a page and a half, more than any reader takes in for one criterion."""


def problems(rubric: Rubric, levels: Mapping[str, object], comments: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with scores.

    Parameters
    ----------
    rubric : Rubric
        That they are given by.
    levels : mapping of str to object
        Criterion -> level; None where it is open.
    comments : mapping of str to str
        Criterion -> comment.

    Returns
    -------
    dict of str to str
        Criterion -> what is wrong; empty if they may be sealed.
    """
    known = {one.id: one for one in rubric.criteria}
    found = {id_: "is no criterion of this rubric" for id_ in (*levels, *comments) if id_ not in known}
    for id_, one in known.items():
        level, comment = levels.get(id_), comments.get(id_, "").strip()
        if level is None:
            found[id_] = f"a level is missing: 0 to {TOP_LEVEL}"
        elif isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= TOP_LEVEL:
            found[id_] = f"{level!r} is no level: 0 to {TOP_LEVEL}"
        elif level < max(one.floor, 1) and not comment:
            found[id_] = f"level {level} needs a comment: the candidate must learn what is missing"
        elif len(comment) > LONGEST:
            found[id_] = f"the comment has {len(comment):,} characters, at most {LONGEST:,} are kept"
    return found
