"""`make bench`: how long 1,000 certificates take to issue, with every file of theirs, and to verify.

Evidence is made up and complete, so that every student is certified; all else is the work of `aisa certify` and of
`aisa verify --rederive` with status list, profile and evidence: deciding, signing twice, the ledger's transactions, all
files on disk; reading them, both signatures, revocation, and the decision derived again. Wall seconds depend on what
else the machine does; CPU seconds, of all processes, less so. The last line printed is a JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from graders.certify import papers
from graders.certify.finding import Beside
from graders.certify.handed_in import all_of, looked_at
from graders.certify.issue import issue
from graders.certify.keys import read_profile, signer
from graders.certify.verify import parse
from graders.course import Course, init
from graders.ledger import Ledger
from tests.certify.sample import STANDARD, evidence

COUNT = 1000
WORKERS = 2
_Made = TypeVar("_Made")


def main() -> None:
    """Measure, and print what was measured."""
    print(f"{COUNT} certificates, {WORKERS} processes, {os.cpu_count()} processors", flush=True)
    with tempfile.TemporaryDirectory(prefix="aisa-bench-") as place:
        students = [f"student-{number:04d}" for number in range(COUNT)]
        course = init(Path(place, "course"), course_id="bench", students=students)
        issued, issue_s, issue_cpu_s = timed(lambda: issued_and_written(course, students))
        print(f"issued and written: {issue_s:.1f} s wall, {issue_cpu_s:.1f} s CPU", flush=True)
        held, verify_s, verify_cpu_s = timed(lambda: verified(course.root / papers.FOLDER))
        print(f"verified: {verify_s:.1f} s wall, {verify_cpu_s:.1f} s CPU", flush=True)
    measured = {"certificates_issue_s": issue_s, "certificates_issue_cpu_s": issue_cpu_s}
    measured |= {"certificates_verify_s": verify_s, "certificates_verify_cpu_s": verify_cpu_s}
    counts = {"certificates_issued": issued, "certificates_that_hold": held}
    print(json.dumps(counts | {name: round(value, 1) for name, value in measured.items()}))


def issued_and_written(course: Course, students: list[str]) -> int:
    """Certify them all; how many were."""
    with Ledger(course) as ledger:
        mine = signer(course, "Office of benchmarks")
        outcomes = issue(course, ledger, STANDARD, {one: evidence(one) for one in students}, mine, WORKERS)
        papers.write(course, STANDARD, outcomes, WORKERS)
        papers.write_status(course, ledger, mine)
    return sum(one.new for one in outcomes)


def verified(folder: Path) -> int:
    """Look at all of them, with all that there is beside them; how many hold."""
    status = parse((folder / papers.STATUS_LIST).read_bytes())
    beside = Beside(trust=read_profile(folder / "issuer.json"), status=status, rederive=True)
    return sum(one.finding.holds for one in looked_at(all_of([folder]), beside, workers=WORKERS))


def timed(work: Callable[[], _Made]) -> tuple[_Made, float, float]:
    """What it made, and wall and CPU seconds, those of processes that ended in it included."""
    wall, cpu = time.perf_counter(), cpu_s()
    made = work()
    return made, time.perf_counter() - wall, cpu_s() - cpu


def cpu_s() -> float:
    """User and system seconds of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
