"""A course whose office has certified one student."""

from __future__ import annotations

import pytest

from graders.certify.issue import issue
from graders.certify.keys import signer
from graders.course import init
from graders.ledger import Ledger
from tests.certify.sample import STANDARD, evidence


@pytest.fixture
def course(tmp_path):
    return init(tmp_path / "course", course_id="spring", students=["student-01", "student-02"])


@pytest.fixture
def certified(course):
    """The course, and the certificate of student-01."""
    with Ledger(course) as ledger:
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": evidence()}, signer(course, "Office of tests"))
    return course, outcome.certificate
