"""Twenty-four sample submissions of one module: right, wrong, unfinished, blank, broken and hostile ones.

Nothing here knows the module: right answers and mistakes come from its catalogue, the notebooks from its release.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from graders.authoring.answers import exercise_answered, nbgrader_metadata, text
from graders.demo import hostile
from graders.demo.desk import Desk, Notebook, own_cell
from graders.demo.essays import Essay

Kind = Literal["right", "one mistake", "unfinished", "blank", "broken", "hostile"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample submission.

    Attributes
    ----------
    student : str
    kind : str
    note : str
        What it is, in a sentence.
    notebooks : mapping of str to bytes
        The files by name, without extension; none hands nothing in.
    essays : mapping of str to Essay
        By exercise: what is written.
    marked : bool
        Whether a marker has come to it.
    handed_in : str
        When, as nbgrader's `timestamp.txt` has it.
    """

    student: str
    kind: Kind
    note: str
    notebooks: Mapping[str, bytes]
    essays: Mapping[str, Essay]
    marked: bool
    handed_in: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A submission before it has a student.

    Attributes
    ----------
    kind, note : str
    answers : mapping of str to str
        By exercise; the others stay as they were released.
    rank : int or None
        How good its essays are, 0 for the best; None writes none.
    edit : callable
        Changes the finished notebooks, by name; what it gives back is handed in.
    marked : bool
    handed_in : str
    """

    kind: Kind
    note: str
    answers: Mapping[str, str] = field(default_factory=dict)
    rank: int | None = None
    edit: Callable[[dict[str, Notebook]], Mapping[str, Notebook | bytes]] = dict
    marked: bool = True
    handed_in: str = "2025-10-17 18:00:00 UTC"


def samples(desk: Desk) -> tuple[Sample, ...]:
    """The sample cohort.

    Parameters
    ----------
    desk : Desk
        Of the module.

    Returns
    -------
    tuple of Sample
        `student-01` to `student-24`; always the same.
    """
    # an endless loop takes longest, so the hostile ones are not the last to be graded
    drafts = (*_right(desk), *_hostile(desk), *_mistaken(desk), *_unfinished(desk), *_BLANK, *_broken(desk))
    return tuple(_sample(desk, f"student-{number:02d}", draft) for number, draft in enumerate(drafts, 1))


def _sample(desk: Desk, student: str, draft: Draft) -> Sample:
    written = {} if draft.rank is None else {one: desk.essay(one, draft.rank) for one in desk.essays}
    handed_in = draft.edit(desk.filled(draft.answers, written, student))
    files = {name: one if isinstance(one, bytes) else _file(one) for name, one in handed_in.items()}
    return Sample(student, draft.kind, draft.note, files, written, draft.marked, draft.handed_in)


def _file(notebook: Notebook) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


# --- what they are ------------------------------------------------------------------------------------------------

_BLANK = (
    Draft("blank", "The released notebooks, untouched."),
    Draft("blank", "Nothing handed in.", edit=lambda _: {}),
)
_LATE = "2025-10-18 20:30:00 UTC"
_HELPER = """\
import sys, warnings
warnings.warn('I tried this on another machine first')
print('a note to myself', file=sys.stderr)
def check(x):
    return x"""


def _right(desk: Desk) -> list[Draft]:
    right = Draft("right", "Independent right answers.", desk.right(), rank=0)

    def noisy(made: dict[str, Notebook]) -> dict[str, Notebook]:
        for notebook in made.values():
            notebook["cells"].insert(1, own_cell("code", _HELPER))
        return made

    def moved(made: dict[str, Notebook]) -> dict[str, Notebook]:
        cells = made[_first(desk)]["cells"]
        last = next(cell for cell in reversed(cells) if exercise_answered(cell))
        cells.remove(last)
        code = next(index for index, cell in enumerate(cells) if cell["cell_type"] == "code")
        cells.insert(code + 1, last)
        return made

    own = "Right answers, with a helper cell of the student’s own that warns on standard error."
    late = "Right answers, the last practical exercise answered first, and handed in a day late."
    return [
        right,
        replace(right, note=own, rank=1, edit=noisy),
        replace(right, note=late, rank=0, edit=moved, handed_in=_LATE),
        Draft("right", "The author’s own solutions.", _solutions(desk), rank=0),
    ]


def _solutions(desk: Desk) -> dict[str, str]:
    cells = [cell for notebook in desk.source.values() for cell in notebook["cells"]]  # type: ignore[attr-defined]
    return {exercise: text(cell) for cell in cells if (exercise := exercise_answered(cell))}


def _mistaken(desk: Desk) -> list[Draft]:
    made = []
    one, another, third, fourth, later = (0, 0), (0, 1), (1, 0), (2, 0), (5, 0)
    chosen = ((one,), (one, (-1, 0)), (another, later), (third,), ((1, 1), (-2, 0)), (fourth, later), (third, (2, 1)))
    for number, choices in enumerate(chosen):
        answers, note = desk.mistaken(*choices)
        made.append(Draft("one mistake", note, answers, rank=number % 4, marked=number < len(chosen) - 1))
    return made


def _unfinished(desk: Desk) -> list[Draft]:
    right, ids, first = desk.right(), desk.ids, _first(desk)
    prints = f"def {desk.target(ids[0])}(*args, **kwargs):\n    print('the answer is 42')\n"

    def only_first(made: dict[str, Notebook]) -> dict[str, Notebook]:
        return {first: made[first]}

    return [
        Draft("unfinished", "Only the first exercise is done.", {ids[0]: right[ids[0]]}),
        Draft(
            "unfinished", "Everything right in the practical; the others were not handed in.", right, None, only_first
        ),
        Draft(
            "unfinished",
            "The first answer prints where it should return; the others are right.",
            {**right, ids[0]: prints},
            rank=2,
        ),
    ]


def _broken(desk: Desk) -> list[Draft]:
    right, second = desk.right(), desk.ids[1 % len(desk.ids)]
    misspelt = f"def {desk.target(second)}(:\n    retrun 1\n"

    def cut(made: dict[str, Notebook]) -> dict[str, Notebook | bytes]:
        whole = _file(made[_first(desk)])
        return {**made, _first(desk): whole[: len(whole) // 2]}

    def untested(made: dict[str, Notebook]) -> dict[str, Notebook]:
        for notebook in made.values():
            notebook["cells"] = [cell for cell in notebook["cells"] if not nbgrader_metadata(cell).get("grade")]
        return made

    def doubled(made: dict[str, Notebook]) -> dict[str, Notebook]:
        cells = made[_first(desk)]["cells"]
        for cell in [cell for cell in cells if exercise_answered(cell)]:
            older = {**copy.deepcopy(cell), "source": "raise ValueError('an older attempt')\n"}
            cells.insert(cells.index(cell), older)
        return made

    return [
        Draft("broken", "The practical’s file stops in the middle: it is no JSON.", right, rank=1, edit=cut),
        Draft("broken", "Right answers; the test cells were deleted.", right, rank=1, edit=untested, marked=False),
        Draft("broken", "A syntax error in the second answer; the others are right.", {**right, second: misspelt}, 3),
        Draft("broken", "Each practical answer is there twice, an older attempt before it.", right, 2, doubled),
    ]


def _hostile(desk: Desk) -> list[Draft]:
    right, (one, two, *_) = desk.right(), [*desk.ids, *desk.ids]

    def forged(made: dict[str, Notebook]) -> dict[str, Notebook]:
        made[_first(desk)]["cells"].append(own_cell("code", hostile.FORGED_SCORE))
        return made

    def prying(made: dict[str, Notebook]) -> dict[str, Notebook]:
        made[_first(desk)]["cells"].insert(1, own_cell("code", hostile.PRYING))
        return made

    def tagged(made: dict[str, Notebook]) -> dict[str, Notebook]:
        cells = made[_first(desk)]["cells"]
        for cell in cells:
            if nbgrader_metadata(cell).get("grade"):
                cell["metadata"]["tags"] = ["skip-execution"]
                cell["metadata"]["nbgrader"]["points"] = 50
        cells += [own_cell("markdown", hostile.MARKUP), own_cell("code", hostile.DISPLAYED_SCRIPT)]
        return made

    claims = "An answer that claims to equal everything, and a printed and displayed score."
    looks = "Looks for hidden checks, the gradebook and the network, then ends its own process."
    marked = "One right answer; test cells told to be skipped and to be worth 50 points; scripts in text and output."
    last = desk.last_function(_first(desk))  # no later cell calls it, to loop in its turn
    endless = {**right, last: hostile.ENDLESS.format(target=desk.target(last))}
    return [
        Draft("hostile", claims, {one: hostile.AGREEABLE.format(target=desk.target(one))}, edit=forged),
        Draft("hostile", looks, {two: hostile.EXIT}, edit=prying),
        Draft("hostile", "An endless loop in the practical’s last function; the others are right.", endless, rank=3),
        Draft("hostile", marked, {one: right[one]}, edit=tagged),
    ]


def _first(desk: Desk) -> str:
    """The notebook in which most things are tried."""
    return desk.module.notebooks[0]
