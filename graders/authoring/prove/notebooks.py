"""Gates that go the whole way: notebook, sandbox, checks."""

from __future__ import annotations

from collections.abc import Iterator

from graders.authoring.answers import release
from graders.authoring.prove.answers import is_personal
from graders.authoring.prove.bench import Bench, Finding
from graders.checks import Verdict


def source_earns_everything(bench: Bench) -> Iterator[Finding]:
    """The source notebook runs without an error and earns every automatic point."""
    for name, notebook in bench.notebooks.items():
        verdicts, cells = bench.graded(notebook)
        where = str(bench.module.author_file(name, "notebook.py"))
        for cell in cells:
            if cell.status != "ok":
                yield Finding("source", name, f"cell {cell.index + 1}: {cell.status}", where)
        missing = {entry.id for entry in bench.module.checked_in(name)} - verdicts.keys()
        for id_ in sorted(missing):
            yield Finding("source", id_, "the notebook has no cells of it", where)
        for id_, verdict in verdicts.items():
            for check in verdict.checks:
                if not (check.kept and check.counted):
                    problem = f"the solution does not earn {check.name!r}: {check.reason}"
                    yield Finding("source", id_, problem, where)


def release_earns_nothing(bench: Bench) -> Iterator[Finding]:
    """The untouched release earns nothing."""
    for notebook in bench.notebooks.values():
        verdicts, _ = bench.graded(release(notebook))
        for id_, verdict in verdicts.items():
            for earned in _earned(verdict):
                yield Finding("release", id_, f"it earns {earned!r} untouched", bench.file(id_, "checks.py"))


def sandboxed_wrong_answers(bench: Bench) -> Iterator[Finding]:
    """In the sandbox, too, a wrong answer loses what it names."""
    gate = "wrong answers in the sandbox"
    tried = bench.tried(bench.catalogue.mistakes)
    for id_, mistakes in bench.catalogue.mistakes.items():
        exercise = bench.exercises[id_]
        steady = {check.name for check in exercise.checks if not (exercise.personal or is_personal(check))}
        for mistake, (verdict, cell) in zip(mistakes, tried[id_], strict=True):
            said = f"mistake {mistake.misconception!r}"
            where = f"{bench.file(id_, 'wrong_answers.py')}: {mistake.answer.__name__}"
            lost = {check.name: check.reason for check in verdict.checks if not check.kept}
            if cell.status != "ok":
                yield Finding(gate, id_, f"{said} does not even run: {cell.status}", where)
            for name in sorted(lost.keys() - set(mistake.loses)):
                yield Finding(gate, id_, f"{said} loses {name!r}, which it does not name: {lost[name]}", where)
            for name in sorted((set(mistake.loses) - lost.keys()) & steady):
                yield Finding(gate, id_, f"{said} names {name!r}, but keeps it", where)
            if not lost and steady:
                yield Finding(gate, id_, f"{said} loses nothing", where)


def sandboxed_right_answers(bench: Bench) -> Iterator[Finding]:
    """In the sandbox, too, independent right answers keep everything."""
    gate = "right answers in the sandbox"
    tried = bench.tried(bench.catalogue.answers)
    for id_, answers in bench.catalogue.answers.items():
        for right, (verdict, cell) in zip(answers, tried[id_], strict=True):
            where = f"{bench.file(id_, 'right_answers.py')}: {right.answer.__name__}"
            if cell.status != "ok":
                yield Finding(gate, id_, f"{right.by!r} does not even run: {cell.status}", where)
            for check in verdict.checks:
                if not (check.kept and check.counted):
                    yield Finding(gate, id_, f"{right.by!r} does not earn {check.name!r}: {check.reason}", where)


def _earned(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if check.kept and check.counted]
