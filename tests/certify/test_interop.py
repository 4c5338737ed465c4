"""Digital Bazaar's suite, in another language and by other people, verifies what we sign: both proofs and the list.

`make interop` installs it where node is; without it these tests are skipped, and fail if `AISA_REQUIRE_INTEROP=1`.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from openbadgeslib.ob3.contexts import bundled_contexts

from graders.certify.issue import current_status_list, issue, revoke
from graders.certify.keys import signer
from graders.ledger import Ledger
from tests.certify.sample import STANDARD, evidence, with_module

HERE = Path(__file__).with_name("interop")
SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]


@pytest.fixture(scope="module")
def node():
    found = shutil.which("node")
    missing = "node is not here" if found is None else "run make interop"
    if found is None or not (HERE / "node_modules" / ".complete").exists():
        if os.environ.get("AISA_REQUIRE_INTEROP") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@pytest.fixture
def judged(node, tmp_path):
    """What the suite says of each proof of each credential."""

    def ask(*credentials, lists=()):
        documents = bundled_contexts() | {one["id"]: one for one in lists}
        question = tmp_path / "question.json"
        question.write_text(json.dumps({"documents": documents, "credentials": [dict(one) for one in credentials]}))
        program = [node, HERE / "verify.mjs", question]
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def edited(document, *path, value):
    other = copy.deepcopy(dict(document))
    at = other
    for step in path[:-1]:
        at = at[step]
    assert at[path[-1]] != value
    at[path[-1]] = value
    return other


def test_it_verifies_both_proofs_and_the_status_list_until_something_is_changed(certified, judged):
    course, one = certified
    with Ledger(course) as ledger:
        lists = [current_status_list(course, ledger, signer(course))]
    changed = [
        edited(one.credential, "credentialSubject", "result", 0, "value", value="99.0"),
        edited(one.credential, "credentialSubject", "identifier", 0, "salt", value="ff" * 16),
        edited(one.credential, "issuer", "name", value="Another office"),
        edited(one.credential, "evidence", 0, "id", value=f"urn:sha256:{'0' * 64}"),
        edited(one.credential, "credentialSchema", 0, "id", value="https://other.example/schema.json"),
    ]
    first, second, *others = judged(one.credential, *changed, lists=lists)
    assert [(found["suite"], found["verified"], found["revoked"]) for found in (first, second)] == [
        (suite, True, False) for suite in SUITES
    ]
    assert len(others) == 2 * len(changed)
    assert {(found["verified"], *found["errors"]) for found in others} == {(False, "Invalid signature.")}


def test_it_sees_that_a_certificate_was_revoked_and_that_a_list_was_changed(certified, judged):
    course, one = certified
    with Ledger(course) as ledger:
        before = current_status_list(course, ledger, signer(course))
        revoke(ledger, one.id, "issued in error", "office-1")
        after = current_status_list(course, ledger, signer(course))
    assert [found["revoked"] for found in judged(one.credential, lists=[after])] == [True, True]
    body = before["credentialSubject"]["encodedList"]
    forged = edited(after, "credentialSubject", "encodedList", value=body)
    assert [found["verified"] for found in judged(one.credential, lists=[forged])] == [False, False]


def test_it_reads_texts_as_we_do(course, judged):
    odd = 'a "quoted" \\ back\\slash\tand\nlines, é \u200b 名前 \U0001f600'
    mine = with_module(evidence(), STANDARD.rule.modules[0], title=odd)
    with Ledger(course) as ledger:
        office = signer(course, f"Office of {odd}", "https://office.example/a?b=c")
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": mine}, office)
        lists = [current_status_list(course, ledger, office)]
    assert [found["verified"] for found in judged(outcome.certificate.credential, lists=lists)] == [True, True]
