"""Gates on answers, in process: wrong ones lose what they name, right ones nothing, empty ones earn nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from graders.authoring.prove.bench import Bench, Finding
from graders.authoring.prove.nothing import answers_of_nothing
from graders.checks import (
    Conserved,
    Equal,
    Exercise,
    Fast,
    LocalEndpoint,
    Mistake,
    Outcome,
    Raises,
    Scenario,
    Verdict,
    namespace,
)
from graders.checks.cases import Sampled, listed
from graders.checks.check import Check
from graders.checks.trial import Trial

FEWEST_MISTAKES = 3
_CODED = 3  # students for whom mistakes answer through the codec, as from a sandbox; for the rest they do without
_RIGHT = 10  # students for whom right answers are tried
_EMPTY = 2  # students for whom answers of nothing are tried


def coverage(bench: Bench) -> Iterator[Finding]:
    """Each check is lost by a known mistake; each exercise has three of these, and a right answer of its own."""
    gate = "coverage"
    for id_, exercise in bench.exercises.items():
        mistakes = bench.catalogue.mistakes[id_]
        named = {name for mistake in mistakes for name in mistake.loses}
        for check in exercise.checks:
            if check.name not in named:
                problem = f"nobody loses check {check.name!r}: if it were deleted, nobody would see it"
                yield Finding(gate, id_, problem, bench.file(id_, "wrong_answers.py"))
        if len(mistakes) < FEWEST_MISTAKES:
            problem = f"{len(mistakes)} wrong answers, at least {FEWEST_MISTAKES} are wanted"
            yield Finding(gate, id_, problem, bench.file(id_, "wrong_answers.py"))
        twice = [name for name, count in Counter(mistake.misconception for mistake in mistakes).items() if count > 1]
        for name in twice:
            yield Finding(gate, id_, f"two mistakes are called {name!r}", bench.file(id_, "wrong_answers.py"))
        if not bench.catalogue.answers[id_]:
            yield Finding(gate, id_, "no independent right answer", bench.file(id_, "right_answers.py"))


def wrong_answers(bench: Bench) -> Iterator[Finding]:
    """Over all students, every wrong answer loses the checks it names and no other."""
    for id_, exercise in bench.exercises.items():
        mistakes = bench.catalogue.mistakes[id_]
        lost: dict[str, Counter[str]] = {mistake.misconception: Counter() for mistake in mistakes}
        first = bench.trial(id_, 1)
        same = None if exercise.personal else first
        always = {mistake.misconception: _lost_by_hand(same, mistake) if same else None for mistake in mistakes}
        for student in range(1, bench.students + 1):
            trial = bench.trial(id_, student, like=same)
            checks = _told_apart(trial.exercise, student, personal=exercise.personal)
            for mistake in mistakes if checks else ():
                found = _lost(trial, mistake, checks, always[mistake.misconception], coded=student <= _CODED)
                lost[mistake.misconception].update(found)
        for mistake in mistakes:
            yield from _unlike(bench, exercise, mistake, lost[mistake.misconception])


def hints(bench: Bench) -> Iterator[Finding]:
    """Who makes a known mistake reads its hint."""
    for id_, exercise in bench.exercises.items():
        mistakes = bench.catalogue.mistakes[id_]
        checks = [check for check in exercise.checks if not isinstance(check, Fast)]
        quick = replace(exercise, checks=checks)
        known = [_without_slow(other, checks) for other in mistakes]
        tried = _RIGHT if exercise.personal else _CODED
        trials = [bench.trial_of(quick, student) for student in range(1, tried + 1)]
        for mistake in mistakes:
            if {check.name for check in checks}.isdisjoint(mistake.loses):
                continue  # the sandbox's gate sees to what is only slow
            verdicts = (_verdict(trial, mistake.answer, known) for trial in trials)
            named = next(verdicts).misconception
            others = (verdict.misconception for verdict in verdicts)
            if mistake.misconception != named and mistake.misconception not in others:
                problem = f"mistake {mistake.misconception!r} gets {f'the hint of {named!r}' if named else 'no hint'}"
                yield Finding("hints", id_, problem, _where(bench, mistake))


def right_answers(bench: Bench) -> Iterator[Finding]:
    """Independent right answers keep everything."""
    for id_, exercise in bench.exercises.items():
        trials = [bench.trial_of(exercise, student) for student in range(1, min(_RIGHT, bench.students) + 1)]
        for right in bench.catalogue.answers[id_]:
            for trial in trials:
                verdict = _verdict(trial, right.answer)
                unearned = {check.name: check.reason for check in verdict.checks if check.reason}
                if unearned:
                    where = f"{bench.file(id_, 'right_answers.py')}: {right.answer.__name__}"
                    yield Finding("right answers", id_, f"{right.by!r} does not keep {_listed(unearned)}", where)
                    break


def answers_that_answer_nothing(bench: Bench) -> Iterator[Finding]:
    """Constants, inputs handed back, exceptions, nothing at all: no point."""
    for id_ in bench.exercises:
        for student in range(1, _EMPTY + 1):
            trial = bench.trial(id_, student)
            anchors = [check for check in trial.exercise.checks if check.anchors]
            for words, defined in answers_of_nothing(trial):
                endpoint = LocalEndpoint(defined)
                if not any(trial.keeps(endpoint, check) for check in anchors):
                    continue  # then nothing else counts
                replies = trial.ask(endpoint)
                found = trial.counted(trial.judge(endpoint, replies), replies)
                earned = [check.name for check in found if check.kept and check.counted]
                if earned:
                    problem = f"an answer that {words} earns {', '.join(map(repr, earned))}"
                    yield Finding("answers of nothing", id_, problem, bench.file(id_, "checks.py"))


def _told_apart(exercise: Exercise, student: int, *, personal: bool) -> Sequence[Check]:
    """Checks worth trying again: for the first student all, then those that differ from student to student.

    Those of speed are left to the sandbox: here nothing would stop a loop.
    """
    checks = [check for check in exercise.checks if not isinstance(check, Fast)]
    return [check for check in checks if student == 1 or personal or is_personal(check)]


def is_personal(check: Check) -> bool:
    """Whether each student's inputs to the check are others."""
    if isinstance(check, Scenario | Outcome):
        return check.is_personal
    if isinstance(check, Conserved):
        return True
    return any(isinstance(case, Sampled) for case in listed(getattr(check, "cases", ())))


def _lost_by_hand(trial: Trial, mistake: Mistake) -> set[str]:
    """Checks that are lost by a case that is written by hand."""
    endpoint = LocalEndpoint(namespace(trial.exercise, mistake.answer))
    alone = [check for check in trial.exercise.checks if isinstance(check, Equal | Raises)]
    return {check.name for check in alone if not trial.keeps(endpoint, check, by_hand=True)}


def _lost(
    trial: Trial, mistake: Mistake, checks: Sequence[Check], by_hand: Collection[str] | None, *, coded: bool
) -> set[str]:
    """Checks that are lost; those in `by_hand` are for everybody, and of the others only drawn cases are left."""
    endpoint = LocalEndpoint(namespace(trial.exercise, mistake.answer), coded=coded)
    if by_hand is None:
        return {check.name for check in checks if not trial.keeps(endpoint, check)}
    return {check.name for check in checks if check.name in by_hand or not trial.keeps(endpoint, check, by_hand=False)}


def _unlike(bench: Bench, exercise: Exercise, mistake: Mistake, lost: Counter[str]) -> Iterator[Finding]:
    said = f"mistake {mistake.misconception!r}"
    for check in exercise.checks:
        tried = bench.students if exercise.personal or is_personal(check) else 1
        times = lost[check.name]
        if check.name not in mistake.loses and times:
            problem = f"{said} loses {check.name!r}, which it does not name, for {_share(times, tried)}"
            yield Finding("wrong answers", exercise.id, problem, _where(bench, mistake))
        elif check.name in mistake.loses and times < mistake.mostly * tried and not isinstance(check, Fast):
            problem = f"{said} names {check.name!r}, but keeps it for {_share(tried - times, tried)}"
            yield Finding("wrong answers", exercise.id, problem, _where(bench, mistake))


def _share(students: int, tried: int) -> str:
    return f"{students} of {tried} students" if tried > 1 else "everybody"


def _verdict(trial: Trial, answer: object, known: Sequence[Mistake] = ()) -> Verdict:
    return trial.verdict(LocalEndpoint(namespace(trial.exercise, answer)), known)


def _without_slow(mistake: Mistake, checks: Sequence[Check]) -> Mistake:
    left = tuple(check.name for check in checks if check.name in mistake.loses)
    return replace(mistake, loses=left)


def _where(bench: Bench, mistake: Mistake) -> str:
    return f"{bench.file(mistake.exercise, 'wrong_answers.py')}: {mistake.answer.__name__}"


def _listed(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name!r} ({reason})" for name, reason in reasons.items())
