"""`make bench`: unmodified nbgrader against aisa on the same honest submissions, in one run on one machine.

Both are timed as whole commands, start-up, notebooks on disk and gradebook included: `nbgrader autograde` on a plain
nbgrader course whose test cells hold hidden tests, `aisa grade` on an aisa course with hidden checks. The notebook is
light: 8 functions of numpy and pandas, 26 code cells, no figures; either grader makes some 50 hidden calls a
submission. Then both grade module 2's practical as it is released, plots and all; there nbgrader has the visible tests
only. A machine is not equally fast from one minute to the next, and `aisa grade` takes seconds: its figures are the
medians of two runs before nbgrader's minute and two after it; the cells' own CPU, too, is taken before and after. The
last line printed is a JSON object.

The overhead is what one more notebook costs beside its cells, all it takes to isolate, ask, compare and write down;
what a run costs once, to load the tool and the sandbox, is in the line below it, and in every other figure.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.authoring.answers import fill
from graders.authoring.material import Module, modules
from graders.checks.catalogue import load as load_checks
from graders.course import init, load
from graders.grading import grade_course
from graders.sandbox import default_interpreter

MATERIAL = Path(__file__).with_name("material")
SLUG, NOTEBOOK = "m97_light", "practical"
STUDENTS = tuple(f"student-{number:02d}" for number in range(1, 51))
BIN = Path(sys.executable).parent

_HIDDEN = """
### BEGIN HIDDEN TESTS
for _case in range(5):
    assert {check}
### END HIDDEN TESTS"""
_CHECKS = {
    "m97_amdahl_speedup": "abs(amdahl_speedup(_case / 15, 4) - 1 / (1 - _case / 15 + _case / 60)) < 1e-9",
    "m97_harmonic_mean": "abs(harmonic_mean([1.0 + _case, 2.0]) - 2 / (1 / (1.0 + _case) + 0.5)) < 1e-9",
    "m97_nearest_rank_percentile_s": "nearest_rank_percentile_s(list(range(1, 101)), 5 * _case + 1) == 5 * _case + 1",
    "m97_moving_mean": "np.allclose(moving_mean(np.arange(20.0), _case + 1), np.arange(20 - _case) + _case / 2)",
    "m97_lines_touched": "list(lines_touched(64 * np.arange(_case + 1), 64)) == list(range(1, _case + 2))",
    "m97_busy_share": "abs(busy_share([0.0, 20.0], [1.0 + _case, 21.0], 40.0) - (2.0 + _case) / 40) < 1e-9",
    "m97_mean_by_node": "len(mean_by_node(pd.concat([power] * (_case + 1)))['node']) == 2",
    "m97_empirical_cdf": "list(empirical_cdf(np.arange(4.0) + _case)['value']) == list(np.arange(4.0) + _case)",
}


@dataclass(frozen=True)
class Cost:
    """What a command took: wall and CPU seconds, its children's included."""

    wall_s: float
    cpu_s: float


def main() -> None:
    """Measure, and print what was measured."""
    (module,) = modules(MATERIAL)
    say(f"{len(STUDENTS)} submissions of a light notebook, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="aisa-bench-") as place:
        plain, ours = Path(place, "nbgrader"), Path(place, "aisa")
        make_plain_course(module, plain, _CHECKS)
        make_course(module, ours)
        cells = [cells_cpu_s(plain)]
        before = ours_timed(ours, Path(place, "before"))
        unchanged = unchanged_per_s(Path(place, "before-1"))
        say(f"unchanged: {unchanged:.0f} submissions a second")
        peak = peak_mib(Path(place, "before-1"))
        say(f"peak of the whole process tree: {peak:.0f} MiB")
        help_s = min(timed([BIN / "aisa", "--help"], ours).wall_s for _ in range(5))
        say("nbgrader autograde: this takes a minute or two")
        nbgrader = timed([BIN / "nbgrader", "autograde", SLUG], plain)
        say(f"nbgrader autograde: {nbgrader.wall_s:.1f} s wall, {nbgrader.cpu_s:.1f} s CPU")
        after = ours_timed(ours, Path(place, "after"))
        cells_s = statistics.mean([*cells, cells_cpu_s(plain)])
        say(f"cells and hidden tests alone, warm, in one process: {1e3 * cells_s:.1f} ms CPU")
    one, aisa = (middle([*early, *late]) for early, late in zip(before, after, strict=True))
    module_2_ratio = module_2()
    count = len(STUDENTS)
    measured = {
        "nbgrader_s_per_submission": nbgrader.wall_s / count,
        "aisa_s_per_submission": aisa.wall_s / count,
        "cells_cpu_s_per_submission": cells_s,
        "throughput_ratio": nbgrader.wall_s / aisa.wall_s,
        "cpu_ratio": nbgrader.cpu_s / aisa.cpu_s,
        "overhead_ms_per_notebook": 1e3 * ((aisa.cpu_s - one.cpu_s) / (count - 1) - cells_s),
        "overhead_and_start_ms_per_notebook": 1e3 * (aisa.cpu_s / count - cells_s),
        "peak_rss_mib": peak,
        "unchanged_per_s": unchanged,
        "help_s": help_s,
        "module2_throughput_ratio": module_2_ratio,
    }
    say(json.dumps({name: round(value, 4) for name, value in measured.items()}))


def ours_timed(course: Path, copies: Path) -> tuple[list[Cost], list[Cost]]:
    """What `aisa grade` takes for one submission alone, and for all, twice each; every time on a course of its own."""
    alone, whole = [], []
    for number in (1, 2):
        small, large = (shutil.copytree(course, f"{copies}-{kind}{number}") for kind in ("one-", ""))
        alone.append(timed([BIN / "aisa", "grade", SLUG, "--student", STUDENTS[0]], small))
        whole.append(timed([BIN / "aisa", "grade", SLUG], large))
        say(f"aisa grade: {whole[-1].wall_s:.2f} s wall, {whole[-1].cpu_s:.2f} s CPU")
    return alone, whole


def middle(costs: Sequence[Cost]) -> Cost:
    """Median of wall and of CPU seconds."""
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("wall_s", "cpu_s")))


def module_2() -> float:
    """How many times as fast module 2's practical is graded."""
    module = next(module for module in modules() if module.slug == "m02_tools_methods")
    with tempfile.TemporaryDirectory(prefix="aisa-bench-") as place:
        plain, ours = Path(place, "nbgrader"), Path(place, "aisa")
        make_plain_course(module, plain, {})
        make_course(module, ours)
        aisa = timed([BIN / "aisa", "grade", module.slug], ours)
        say(f"module 2's practical, aisa grade: {aisa.wall_s:.1f} s wall, {aisa.cpu_s:.1f} s CPU")
        nbgrader = timed([BIN / "nbgrader", "autograde", module.slug], plain)
        say(f"module 2's practical, nbgrader autograde: {nbgrader.wall_s:.1f} s wall, {nbgrader.cpu_s:.1f} s CPU")
    return nbgrader.wall_s / aisa.wall_s


def say(line: str) -> None:
    """Print at once, so that a long run can be followed."""
    print(line, flush=True)


# --- the two courses ------------------------------------------------------------------------------------------


def make_course(module: Module, root: Path) -> None:
    """An aisa course with everything handed in, ungraded."""
    init(root, course_id="bench", students=STUDENTS, material=module.root)
    released(module, root)
    hand_in(module, root)


def make_plain_course(module: Module, root: Path, hidden: Mapping[str, str]) -> None:
    """A plain nbgrader course: the same notebook and data, with hidden tests in its test cells."""
    source = json.loads((module.source / f"{NOTEBOOK}.ipynb").read_bytes())
    for cell in source["cells"]:
        said = cell["metadata"].get("nbgrader", {})
        if said.get("grade_id") in hidden:
            cell["source"] = "".join(cell["source"]) + _HIDDEN.format(check=hidden[said["grade_id"]])
    folder = root / "source" / module.slug
    folder.mkdir(parents=True)
    (folder / f"{NOTEBOOK}.ipynb").write_text(json.dumps(source))
    for name in module.data:
        (folder / "data").mkdir(exist_ok=True)
        shutil.copyfile(module.folder / "data" / name, folder / "data" / name)
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    released(module, root)
    hand_in(module, root)


def released(module: Module, root: Path) -> None:
    """The assignment, generated by nbgrader."""
    timed([BIN / "nbgrader", "generate_assignment", module.slug], root)


def hand_in(module: Module, root: Path) -> None:
    """Every student's notebook: the right answers, and a line of their own."""
    catalogue = load_checks(module)
    here = {entry.id for entry in module.checked_in(NOTEBOOK)}
    answers = {
        exercise: catalogue.quoted(right[0]) for exercise, right in catalogue.answers.items() if exercise in here
    }
    release = root / "release" / module.slug
    notebook = json.loads((release / f"{NOTEBOOK}.ipynb").read_bytes())
    for student in STUDENTS:
        own = {exercise: f"# {student}\n{text}" for exercise, text in answers.items()}
        folder = root / "submitted" / student / module.slug
        shutil.copytree(release, folder, ignore=shutil.ignore_patterns("*.ipynb"))
        (folder / f"{NOTEBOOK}.ipynb").write_text(json.dumps(fill(notebook, own)))


# --- measuring ----------------------------------------------------------------------------------------------------


def timed(command: list[str | Path], where: Path) -> Cost:
    """Run a command to its end in a folder."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, env=environment(), check=False)
    wall_s, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall_s, cpu_s)


def environment() -> dict[str, str]:
    """`alembic` and the kernel on PATH, and bytecode kept, as on a machine in daily use."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def cells_cpu_s(plain: Path) -> float:
    """CPU seconds of one submission's cells and hidden tests, warm, in one IPython shell of the sandbox's Python.

    It is what remains where nothing is started, isolated, sent, compared, rendered into a notebook or written down.
    """
    source = json.loads((plain / "source" / SLUG / f"{NOTEBOOK}.ipynb").read_bytes())
    cells = ["".join(cell["source"]) for cell in source["cells"] if cell["cell_type"] == "code"]
    program = (
        "import json, statistics, sys, time\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from IPython.utils.capture import capture_output\n"
        "cells, costs, shell = json.load(sys.stdin), [], InteractiveShell.instance()\n"
        "for _ in range(30):\n"
        "    started = time.process_time()\n"
        "    with capture_output():\n"
        "        done = [shell.run_cell(cell).success for cell in cells]\n"
        "    costs.append(time.process_time() - started)\n"
        "    assert all(done)\n"
        "print(statistics.median(costs))\n"
    )
    command = [default_interpreter(), "-c", program]
    done = subprocess.run(command, input=json.dumps(cells), capture_output=True, text=True, check=True)
    return float(done.stdout)


def unchanged_per_s(root: Path) -> float:
    """Submissions a second that are found unchanged: gradebook, checks and folders read, nothing run."""
    course = load(root)
    grade_course(course, SLUG)
    started = time.perf_counter()
    receipts = grade_course(course, SLUG)
    taken_s = time.perf_counter() - started
    if {receipt.state for receipt in receipts} != {"unchanged"}:
        raise SystemExit("a submission was graded again although nothing had changed")
    return len(receipts) / taken_s


def peak_mib(root: Path) -> float:
    """Largest proportional set size of a grading run's whole process tree."""
    for student in STUDENTS:
        path = root / "submitted" / student / SLUG / f"{NOTEBOOK}.ipynb"
        path.write_bytes(path.read_bytes() + b"\n")
    grading = subprocess.Popen([BIN / "aisa", "grade", SLUG], cwd=root, stdout=subprocess.DEVNULL, env=environment())
    peaks = [0]
    watch = threading.Thread(target=_watch, args=(grading.pid, grading.poll, peaks))
    watch.start()
    grading.wait()
    watch.join()
    return max(peaks) / 1024


def _watch(pid: int, ended: Callable[[], int | None], peaks: list[int]) -> None:
    while ended() is None:
        peaks.append(sum(_pss_kib(process) for process in _tree(pid)))
        time.sleep(0.02)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _tree(int(child))


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
