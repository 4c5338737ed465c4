"""Gates on personal scenarios: over many students none is degenerate, and no answer is right for too many of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from graders.authoring.prove.bench import Bench, Finding
from graders.authoring.rubrics import rubrics_of, unfilled
from graders.authoring.scenarios import FILE, PersonalScenarios
from graders.checks.personal import Decision

IDS = 1_000
"""Students whose scenarios are looked at."""

MOST_ALIKE = 0.01
"""Share of the students who may have a scenario that another one has, too."""

_FILLED = 50  # students whose model answers are filled in
_AGAIN = 20  # students whose scenario is made a second time


def scenarios(bench: Bench) -> Iterator[Finding]:
    """Everybody has a scenario, the same each time; each decision is clear for everybody, and none is for too many."""
    if bench.scenarios is None:
        return
    notebook, where = bench.module.personal, str(bench.module.author_file(bench.module.personal, FILE))
    made = [bench.scenarios.of(f"student-{number:04}") for number in range(1, IDS + 1)]
    again = PersonalScenarios(bench.scenarios.text, where)
    if any(again.of(f"student-{number:04}") != made[number - 1] for number in range(_AGAIN, 0, -1)):
        yield Finding("scenarios", notebook, "a student's scenario is another one the next time", where)
    different = len({repr(one) for one in made})
    if different < (1 - MOST_ALIKE) * IDS:
        yield Finding("scenarios", notebook, f"{IDS} students have {different} different scenarios", where)
    if not bench.catalogue.decisions:
        problem = "no Decision says what is decided in it, and how clear it is for everybody"
        yield Finding("scenarios", notebook, problem, str(bench.module.author_file(notebook, "checks.py")))
    for decision in bench.catalogue.decisions:
        for problem in _problems(decision, made):
            checks = str(bench.module.author_file(notebook, "checks.py"))
            yield Finding("scenarios", notebook, f"decision {decision.name!r}: {problem}", checks)


def model_answers(bench: Bench) -> Iterator[Finding]:
    """Whatever stands in braces in the model answer of a personal exercise has a value for everybody."""
    if bench.scenarios is None:
        return
    rubrics = rubrics_of(bench.module)
    for entry in bench.module.exercises_in(bench.module.personal):
        if not entry.is_written:
            continue
        told = bench.catalogue.model_answers.get(entry.id)
        for student in range(1, _FILLED + 1):
            scenario = bench.scenarios.of(f"student-{student:03}")
            left = unfilled(rubrics[entry.id], told.values(scenario) if told else scenario)
            if left:
                problem = f"{left[0]} in its model answer has no value for student-{student:03}"
                yield Finding("model answers", entry.id, problem, f"rubrics/{bench.module.slug}.yaml")
                break


def _problems(decision: Decision, made: list[dict[str, object]]) -> Iterator[str]:
    margins = [float(decision.margin(scenario)) for scenario in made]
    worst = min(range(len(made)), key=lambda number: -math.inf if math.isnan(margins[number]) else margins[number])
    if not margins[worst] >= decision.at_least:
        yield f"the margin of student-{worst + 1:04} is {margins[worst]:g}, at least {decision.at_least:g} is wanted"
    (commonest, times), *others = Counter(str(decision.right(scenario)) for scenario in made).most_common()
    if times > decision.most * len(made) or not others:
        yield f"{commonest!r} is right for {times} of {len(made)} students"
