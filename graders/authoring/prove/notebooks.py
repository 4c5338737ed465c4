"""Gates that go the whole way: notebook, sandbox, checks."""

from __future__ import annotations

from collections.abc import Iterator

from graders.authoring.answers import fill, release
from graders.authoring.prove.answers import is_personal
from graders.authoring.prove.bench import Bench, Finding
from graders.checks import Verdict


def source_earns_everything(bench: Bench) -> Iterator[Finding]:
    """The source notebook runs without an error and earns every automatic point."""
    for name, notebook in bench.notebooks.items():
        verdicts, cells = bench.graded(notebook)
        for cell in cells:
            if cell.status != "ok":
                yield Finding("source", name, f"cell {cell.index + 1}: {cell.status}", bench.file(f"{name}.py"))
        missing = {entry.id for entry in bench.module.exercises_in(name)} - verdicts.keys()
        for id_ in sorted(missing):
            yield Finding("source", id_, "the notebook has no cells of it", bench.file(f"{name}.py"))
        for id_, verdict in verdicts.items():
            for check in verdict.checks:
                if not (check.kept and check.counted):
                    problem = f"the solution does not earn {check.name!r}: {check.reason}"
                    yield Finding("source", id_, problem, bench.file(f"{name}.py"))


def release_earns_nothing(bench: Bench) -> Iterator[Finding]:
    """The untouched release earns nothing."""
    for notebook in bench.notebooks.values():
        verdicts, _ = bench.graded(release(notebook))
        for id_, verdict in verdicts.items():
            for earned in _earned(verdict):
                yield Finding("release", id_, f"it earns {earned!r} untouched", bench.file("checks.py"))


def sandboxed_wrong_answers(bench: Bench) -> Iterator[Finding]:
    """In the sandbox, too, a wrong answer loses what it names."""
    for id_, mistakes in bench.catalogue.mistakes.items():
        notebook = bench.notebooks[bench.notebook_of(id_)]
        steady = {check.name for check in bench.exercises[id_].checks if not is_personal(check)}
        for mistake in mistakes:
            verdicts, _ = bench.graded(fill(notebook, {id_: bench.catalogue.quoted(mistake)}))
            lost, named = set(verdicts[id_].lost), set(mistake.loses)
            where = f"{bench.file('wrong_answers.py')}: {mistake.answer.__name__}"
            for name in sorted(lost - named):
                problem = f"mistake {mistake.misconception!r} loses {name!r}, which it does not name"
                yield Finding("wrong answers in the sandbox", id_, problem, where)
            for name in sorted((named - lost) & steady):
                problem = f"mistake {mistake.misconception!r} names {name!r}, but keeps it"
                yield Finding("wrong answers in the sandbox", id_, problem, where)
            if not lost:
                problem = f"mistake {mistake.misconception!r} loses nothing"
                yield Finding("wrong answers in the sandbox", id_, problem, where)


def sandboxed_right_answers(bench: Bench) -> Iterator[Finding]:
    """In the sandbox, too, independent right answers keep everything."""
    for id_, answers in bench.catalogue.answers.items():
        notebook = bench.notebooks[bench.notebook_of(id_)]
        for right in answers:
            verdicts, _ = bench.graded(fill(notebook, {id_: bench.catalogue.quoted(right)}))
            for check in verdicts[id_].checks:
                if check.name not in _earned(verdicts[id_]):
                    where = f"{bench.file('right_answers.py')}: {right.answer.__name__}"
                    problem = f"{right.by!r} does not earn {check.name!r}: {check.reason}"
                    yield Finding("right answers in the sandbox", id_, problem, where)


def _earned(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if check.kept and check.counted]
