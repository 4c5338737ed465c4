"""An exercise, as its hidden checks define it."""

from __future__ import annotations

import inspect
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from graders.checks.cases import Call, Read, Sampled, listed
from graders.checks.check import CaseCheck, Check, PlayedCheck, Subject
from graders.checks.local import copied
from graders.checks.personal import NAME, takes_scenario, with_scenario
from graders.checks.personal import Scenario as PersonalScenario
from graders.checks.plays import Conserved, Scenario
from graders.checks.policies import Outcome
from graders.checks.values import Equal, Fast, Property, Raises
from graders.errors import CourseError


@dataclass(frozen=True)
class Exercise:
    """What must hold of an answer.

    Attributes
    ----------
    id : str
        `mNN_` and the name that the student defines, in snake case where it is a class.
    reference : object
        The reference function or class; for a variable of the notebook its value, or a function that gives it, whose
        parameters are variables that the notebook has before. None where only a policy's outcomes matter.
    checks : sequence of Check
    target : str
        The name that is asked for, where it is not the id's.
    given : mapping of str to object
        What the variables hold that the reference, and answers in files, name as parameters: `counters` for instance,
        which the notebook reads from a file.
    personal : bool
        Whether it is about the student's own scenario: `scenario` is then given, too, and functions of its checks get
        it that have a parameter of this name.

    Raises
    ------
    CourseError
        If the definition makes no sense.
    """

    id: str
    reference: object = None
    checks: Sequence[Check] = ()
    target: str = ""
    given: Mapping[str, object] = field(default_factory=dict)
    personal: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", tuple(self.checks))
        object.__setattr__(self, "target", self.target or self._name())
        problem = next((found for rule in _RULES if (found := rule(self))), "")
        if problem:
            raise CourseError(problem, where=f"exercise {self.id}")

    def _name(self) -> str:
        return self.reference.__name__ if inspect.isclass(self.reference) else self.id[4:]

    @property
    def subject(self) -> Subject:
        """Name and reference."""
        return Subject(self.target, self.reference)

    @property
    def case_checks(self) -> tuple[CaseCheck, ...]:
        """Checks whose calls go out together."""
        return tuple(check for check in self.checks if isinstance(check, Equal | Fast | Raises | Property))

    @property
    def played_checks(self) -> tuple[PlayedCheck, ...]:
        """Checks that go step by step."""
        return tuple(check for check in self.checks if isinstance(check, Scenario | Conserved | Outcome))

    @property
    def is_value(self) -> bool:
        """Whether the answer is a variable of the notebook."""
        return any(isinstance(case, Read) for check in self.case_checks for case in listed(check.cases))

    @property
    def is_class(self) -> bool:
        """Whether the answer is a class."""
        return inspect.isclass(self.reference)

    def of_student(self, scenario: PersonalScenario | None) -> Exercise:
        """The exercise of a student with this scenario; as it is, where it is not personal.

        Raises
        ------
        CourseError
            If it is personal, and there is no scenario.
        """
        if not self.personal:
            return self
        if scenario is None:
            raise CourseError("it is personal, and there is no scenario", where=f"exercise {self.id}")
        given = {**self.given, NAME: scenario} if self.is_value else self.given
        return replace(
            self, checks=[with_scenario(check, scenario) for check in self.checks], given=given, personal=False
        )

    def takes(self, name: str) -> bool:
        """Whether an answer to a variable may name this variable as a parameter."""
        return name in self.given or (self.personal and name == NAME)

    def value_of(self, answer: object) -> object:
        """Value of an answer to a variable: what its function makes of the given ones, or the answer itself."""
        if not callable(answer):
            return answer
        try:
            return answer(**{name: copied(self.given[name]) for name in inspect.signature(answer).parameters})
        except Exception as error:
            called = getattr(answer, "__name__", "an answer")
            raise CourseError(f"{called} gives no value: {error!r}", where=f"exercise {self.id}") from error

    @property
    def weight(self) -> float:
        """Sum of the checks' weights."""
        return math.fsum(check.weight for check in self.checks)


def _id_is_well_formed(exercise: Exercise) -> str:
    return "" if re.fullmatch(r"m\d\d_[a-z0-9_]+", exercise.id) else "its id is not like m05_kv_cache_bytes"


def _names_differ(exercise: Exercise) -> str:
    twice = sorted(name for name, count in Counter(check.name for check in exercise.checks).items() if count > 1)
    return f"two checks are called {twice[0]!r}" if twice else ""


def _each_check_is_whole(exercise: Exercise) -> str:
    for check in exercise.checks:
        if not check.name.strip() or not check.message.strip():
            return f"check {check.name!r} needs a name and a message: they are what the student reads"
        if not (check.weight > 0 and math.isfinite(check.weight)):
            return f"check {check.name!r} has weight {check.weight!r}; it must be a positive number"
    return ""


def _something_anchors(exercise: Exercise) -> str:
    if not exercise.checks:
        return "it has no checks"
    if any(check.anchors for check in exercise.checks):
        return ""
    if any(isinstance(check, Outcome) for check in exercise.checks):
        return "no outcome is held against a baseline (times=...): doing nothing may keep an absolute limit"
    return "no check compares values (Equal, Scenario, Outcome): an answer that always raises would earn points"


def _cases_are_cases(exercise: Exercise) -> str:
    for check in exercise.case_checks:
        cases = listed(check.cases)
        if not cases:
            return f"check {check.name!r} has no cases"
        if not all(isinstance(case, Call | Read | Sampled) for case in cases):
            return f"the cases of check {check.name!r} are call(...), value() or sampled(...)"
        if any(isinstance(case, Sampled) and case.count < 1 for case in cases):
            return f"check {check.name!r} samples no case"
    return ""


def _calls_and_values_do_not_mix(exercise: Exercise) -> str:
    kinds = {isinstance(case, Read) for check in exercise.case_checks for case in listed(check.cases)}
    if len(kinds) > 1 or (True in kinds and exercise.played_checks):
        return "it looks at a variable and calls something: make it two exercises"
    return ""


def _classes_are_played(exercise: Exercise) -> str:
    compared = [check.name for check in exercise.case_checks if not isinstance(check, Raises)]
    if exercise.is_class and compared:
        return f"check {compared[0]!r} compares the value of a class: tell a Scenario instead"
    told = [check.name for check in exercise.checks if isinstance(check, Scenario | Conserved)]
    if exercise.reference is None and told:
        return f"check {told[0]!r} is played on the reference first, and there is none"
    return ""


def _takes_what_is_given(exercise: Exercise) -> str:
    if exercise.given and not exercise.is_value:
        return "it is given variables, and none of its checks looks at a variable: their case is value()"
    if not exercise.is_value or not callable(exercise.reference):
        return ""
    missing = [name for name in inspect.signature(exercise.reference).parameters if not exercise.takes(name)]
    return f"its reference takes {missing[0]}, which `given` does not say" if missing else ""


def _personal_where_it_says_so(exercise: Exercise) -> str:
    of_value = exercise.is_value and callable(exercise.reference)
    named = of_value and NAME in inspect.signature(exercise.reference).parameters  # type: ignore[arg-type]
    wanted = named or any(map(takes_scenario, exercise.checks))
    if wanted and not exercise.personal and NAME not in exercise.given:
        return "it takes the scenario, and does not say personal=True"
    return "nothing of it takes the scenario, and it says personal=True" if exercise.personal and not wanted else ""


def _reference_where_compared(exercise: Exercise) -> str:
    compared = [check.name for check in exercise.checks if isinstance(check, Equal | Fast)]
    if exercise.reference is None and compared:
        return f"check {compared[0]!r} compares with a reference, and there is none"
    return ""


def _outcomes_have_one_limit(exercise: Exercise) -> str:
    for check in exercise.checks:
        if isinstance(check, Outcome) and (check.at_least is None) == (check.at_most is None):
            return f"check {check.name!r} needs at_least or at_most, and not both"
        if isinstance(check, Fast) and not check.cpu_s > 0:
            return f"check {check.name!r} allows {check.cpu_s!r} s"
        if isinstance(check, Raises) and not issubclass(check.exception, Exception):
            return f"check {check.name!r} names no exception"
    return ""


_RULES = (
    _id_is_well_formed,
    _something_anchors,
    _names_differ,
    _each_check_is_whole,
    _cases_are_cases,
    _calls_and_values_do_not_mix,
    _personal_where_it_says_so,
    _takes_what_is_given,
    _reference_where_compared,
    _classes_are_played,
    _outcomes_have_one_limit,
)
