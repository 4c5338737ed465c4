"""A certificate verifies offline, by us and by others; whatever is changed in it is found."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openbadgeslib.ob3 import OB3LdpVerifier

from graders.certify import jcs, papers, rdfc
from graders.certify.credential import Papers, credential, proofs
from graders.certify.enclosure import Standard, digest, enclose
from graders.certify.finding import Beside
from graders.certify.handed_in import all_of, looked_at
from graders.certify.issue import certificates, current_status_list, issue, revoke
from graders.certify.keys import signer
from graders.certify.records import Decision
from graders.certify.status import encoded
from graders.certify.workers import side_by_side
from graders.course import init
from graders.errors import GraderError, UsageError
from graders.ledger import Ledger, canonical
from tests.certify.looking import held, profile_of
from tests.certify.sample import STANDARD, accommodation, evidence, with_module


def test_it_holds_in_every_respect(certified):
    course, one = certified
    with Ledger(course) as ledger:
        revoked = current_status_list(course, ledger, signer(course))
    beside = {"status": revoked, "enclosed": one.enclosed, "recipient": "student-01", "rederive": True}
    found = held(one.credential, trust=profile_of(course), **beside)
    assert {name: outcome for name, (outcome, _) in found.items()} == dict.fromkeys(
        (
            *("form", "signature of the statements", "signature of the text", "issuer", "dates", "status"),
            *("recipient", "evidence", "decision"),
        ),
        "holds",
    )


def test_what_is_enclosed_is_canonical(certified):
    enclosed = certified[1].enclosed
    assert enclosed == canonical(json.loads(enclosed)) == enclose(STANDARD, evidence())


def test_alone_it_says_what_it_cannot_show(certified):
    _, one = certified
    found = held(one.credential)
    assert found["issuer"][0] == found["status"][0] == found["decision"][0] == "not checked"
    assert "identifies nobody by itself" in found["issuer"][1]


def test_another_implementation_verifies_it(certified):
    _, one = certified
    read = OB3LdpVerifier.for_issuer_did(one.credential["issuer"]["id"]).verify(json.dumps(dict(one.credential)))
    assert read.achievement.name == STANDARD.rule.title


def leaves(value, path=()):
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, step))
    else:
        yield path


def changed(document, path):
    other = copy.deepcopy(dict(document))
    at = other
    for step in path[:-1]:
        at = at[step]
    value = at[path[-1]]
    at[path[-1]] = (not value) if isinstance(value, bool) else "4" if path[-1] == "value" else f"{value}x"
    return other


def test_every_changed_leaf_is_found(certified):
    """Each signature sees each of them; a verifier is asked about some, and about every leaf of the proofs."""
    _, one = certified
    paths = list(leaves(dict(one.credential)))
    assert len(paths) > 400
    key = jcs.from_multikey(one.credential["issuer"]["id"])
    for path in paths:
        if path[0] != "proof":
            other = changed(one.credential, path)
            assert not rdfc.is_signed(other, one.credential["proof"][0], key), path
            assert not jcs.is_signed(other, one.credential["proof"][1], key), path
    for path in paths[:: len(paths) // 12] + [path for path in paths if path[0] == "proof"]:
        found = held(changed(one.credential, path))
        assert "fails" in {outcome for outcome, _ in found.values()}, path


@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document.pop("proof"),
        lambda document: document["proof"].pop(0),
        lambda document: document["proof"].pop(1),
        lambda document: document["proof"].append(document["proof"][0]),
        lambda document: document.update(extra=1),
        lambda document: document.update(proof=document["proof"][0]),
        lambda document: document["@context"].append("https://example.org/other"),
        lambda document: document["@context"].reverse(),
        lambda document: document["evidence"].pop(),
        lambda document: document["issuer"].update(id="did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"),
        lambda document: document["proof"][1].pop("@context"),
        lambda document: document["proof"][1].update(proofPurpose="authentication"),
    ],
)
def test_a_changed_form_is_found(certified, edit):
    _, one = certified
    document = copy.deepcopy(dict(one.credential))
    edit(document)
    assert "fails" in {outcome for outcome, _ in held(document).values()}


@pytest.mark.parametrize(
    ("edit", "member"),
    [
        (lambda one: one.pop("validFrom"), "validFrom: Field required"),
        (lambda one: one.update(validFrom="yesterday"), "validFrom: "),
        (lambda one: one.pop("credentialStatus"), "credentialStatus: Field required"),
        (lambda one: one["credentialStatus"].update(statusListIndex="-1"), "credentialStatus.statusListIndex: "),
        (lambda one: one["credentialSubject"].pop("identifier"), "credentialSubject.identifier: Field required"),
        (lambda one: one["credentialSubject"]["result"][0].pop("value"), "credentialSubject.result.0.value: "),
        (lambda one: one.update(description="Distinguished"), "description: Extra inputs"),
        (lambda one: one["issuer"].update(id="did:key:z6Mk"), "issuer.id: "),
        (lambda one: one.update(evidence=[]), ""),
    ],
)
def test_whoever_signs_something_of_another_form_for_themselves_is_told_the_member(certified, edit, member):
    course, one = certified
    document = {name: said for name, said in copy.deepcopy(dict(one.credential)).items() if name != "proof"}
    edit(document)
    found = held(document | {"proof": proofs(document, signer(course), "2026-01-02T03:04:05Z")}, enclosed=one.enclosed)
    if member:
        assert found == {"form": ("fails", found["form"][1])}
        assert found["form"][1].startswith(f"is not that of a certificate: {member}")
    else:
        assert found["evidence"][0] == "fails"


@pytest.mark.parametrize("word", ["expired", "not yet valid"])
def test_no_word_of_the_document_passes_for_a_matter_of_dates(certified, word):
    _, one = certified
    document = copy.deepcopy(dict(one.credential))
    document["proof"][0]["verificationMethod"] = f"did:key:{word}#{word}"
    assert held(document)["signature of the statements"][0] == "fails"


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"id": 1, "id": 2}', b'{"x": NaN}', b"\xff", b"[" * 100_000])
def test_what_is_no_certificate_is_said_to_be_none(text):
    assert held(text)["form"][0] == "fails"


def test_any_order_of_members_is_the_same_certificate(certified):
    _, one = certified
    turned = json.dumps(dict(reversed(one.credential.items())), indent=3).encode()
    assert "fails" not in {outcome for outcome, _ in held(turned).values()}


def test_whoever_takes_the_issuers_name_has_not_its_key(certified, tmp_path):
    _, one = certified
    other = init(tmp_path / "other", course_id="autumn", students=["student-01"])
    forger = signer(other, "Office of tests")
    said = held(one.credential, trust=forger.profile)["issuer"]
    assert said == ("fails", f"{one.credential['issuer']['id']} is no key of Office of tests")


def test_whose_it_is_can_be_compared_and_not_read(certified):
    _, one = certified
    assert "student-01" not in json.dumps(dict(one.credential))
    assert held(one.credential, recipient="student-02")["recipient"][0] == "fails"


def test_dates_are_looked_at(certified):
    _, one = certified
    assert held(one.credential, at=datetime(2020, 1, 1, tzinfo=UTC))["dates"][0] == "fails"


def test_a_revoked_certificate_is_found_and_the_list_does_not_tell_why(certified):
    course, one = certified
    with Ledger(course) as ledger:
        before = current_status_list(course, ledger, signer(course))
        revoke(ledger, "student-01", "issued in error", "office-1")
        after = current_status_list(course, ledger, signer(course))
        with pytest.raises(UsageError, match="revoked already: issued in error"):
            revoke(ledger, one.id, "again", "office-1")
    assert held(one.credential, status=before)["status"][0] == "holds"
    assert held(one.credential, status=after)["status"][1].startswith("was revoked")
    assert "issued in error" not in json.dumps(after)


def test_a_changed_status_list_is_found(certified):
    course, one = certified
    with Ledger(course) as ledger:
        revoke(ledger, "student-01", "issued in error", "office-1")
        after = current_status_list(course, ledger, signer(course))
    after["credentialSubject"]["encodedList"] = encoded([])
    outcome, said = held(one.credential, status=after)["status"]
    assert outcome == "fails"
    assert said.startswith("the status list was changed since it was signed")


def test_changed_evidence_is_found(certified):
    _, one = certified
    other = one.enclosed.replace(b'"points":40', b'"points":50', 1)
    assert other != one.enclosed
    assert held(one.credential, enclosed=other)["evidence"][0] == "fails"


def test_a_signed_lie_does_not_derive_again(course):
    """Even the office cannot certify what its own rule refuses: whoever redoes the decision sees it."""

    class Generous(Standard):
        def decide(self, evidence):
            return Decision("ai_system_architect", "1.0", True, ())

    short = with_module(evidence(), "m04_sampling", outcome="not yet", reasons=("practical: 1 of 9 points",))
    generous = Generous(STANDARD.rule, STANDARD.rubrics, STANDARD.texts)
    with Ledger(course) as ledger:
        (outcome,) = issue(course, ledger, generous, {"student-01": short}, signer(course))
    found = held(outcome.certificate.credential, enclosed=enclose(STANDARD, short), rederive=True)
    assert found["decision"][0] == "fails"
    assert "m04_sampling: not yet" in found["decision"][1]


def enclosing(said):
    """The enclosed file of a certificate, with something else in it."""
    whole = json.loads(enclose(STANDARD, evidence()))
    said(whole)
    return json.dumps(whole).encode()


# each names the one before nine times: written out, it is endless
LAUGHS = "a: &a [x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in itertools.pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    ("enclosed", "told"),
    [
        (b"", "does not enclose"),
        (b"[" * 100_000, "does not enclose"),
        (b'{"evidence": 1, "standard": 2}', "does not enclose"),
        (enclosing(lambda one: one.update(standard={})), "encloses no rule"),
        (enclosing(lambda one: one["standard"].update({"x" * 300: ""})), "odd names"),
        (enclosing(lambda one: one["standard"].update({"../x": ""})), "odd names"),
        (enclosing(lambda one: one["standard"].update(certification="[" * 100_000)), "nests without end"),
        (enclosing(lambda one: one["standard"].update(certification="\ud800")), "cannot be read"),
        (enclosing(lambda one: one["standard"].update(certification=LAUGHS)), "refers to itself"),
        (enclosing(lambda one: one["standard"].update(certification=": {")), "cannot be derived again"),
        (enclosing(lambda one: one["evidence"].update(modules=3)), "is no evidence: modules"),
        (enclosing(lambda one: one["evidence"]["modules"][0].update(max_points=0)), "division by zero"),
        (
            enclosing(lambda one: one["evidence"].update(student="student-02")),
            "otherwise than its evidence: whose it is",
        ),
        (enclosing(lambda one: one["evidence"]["modules"][0].update(points=41)), "its evidence: m01_microarchitecture"),
    ],
)
def test_whatever_somebody_encloses_and_signs_is_refused_in_words(certified, enclosed, told):
    course, _ = certified
    named = Papers("urn:uuid:1", evidence(), digest(enclosed), "salt", "urn:uuid:2", 7, "2026-01-02T03:04:05Z")
    document = credential(STANDARD.rule, STANDARD.rubrics, named, signer(course))
    found = held(document, enclosed=enclosed, rederive=True)
    assert found["evidence"][0] == "holds"
    assert found["decision"][0] == "fails"
    assert told in found["decision"][1]


def test_accommodations_leave_the_ledger_nowhere(course):
    mine = dataclasses.replace(evidence(), circumstances=(accommodation(),))
    with Ledger(course) as ledger:
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": mine}, signer(course))
    assert b"more time" not in outcome.certificate.enclosed
    assert "more time" not in json.dumps(dict(outcome.certificate.credential))


def test_certifying_again_changes_nothing(certified):
    course, one = certified
    with Ledger(course) as ledger:
        before = ledger.head()
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": evidence()}, signer(course))
        assert ledger.head() == before
        assert (outcome.new, outcome.note, outcome.certificate.id) == (False, "", one.id)
        better = with_module(evidence(), "m01_microarchitecture", points=50.0)
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": better}, signer(course))
        assert outcome.note == "the evidence has changed since it was issued"
        assert ledger.head() == before


def test_after_a_revocation_a_new_one_has_a_new_id_and_place(certified):
    course, one = certified
    with Ledger(course) as ledger:
        revoke(ledger, one.id, "a wrong title", "office-1")
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": evidence()}, signer(course))
        assert outcome.new
        assert outcome.certificate.id != one.id
        assert outcome.certificate.index != one.index
        assert [bool(each.revoked) for each in certificates(ledger)] == [True, False]


def test_whoever_lacks_something_gets_none(course):
    short = with_module(evidence(), "m04_sampling", outcome="not yet")
    with Ledger(course) as ledger:
        (outcome,) = issue(course, ledger, STANDARD, {"student-01": short}, signer(course))
        assert outcome.certificate is None
        assert not certificates(ledger)


def test_several_processes_sign_write_and_verify_the_same(course):
    many = {student: evidence(student) for student in (f"student-{number:02}" for number in range(17))}
    with Ledger(course) as ledger:
        outcomes = issue(course, ledger, STANDARD, many, signer(course), workers=2)
        assert not ledger.faults()
    assert [one.student for one in outcomes] == list(many)
    folders = papers.write(course, STANDARD, outcomes, workers=2)
    written = {path: path.read_bytes() for folder in folders for path in folder.iterdir()}
    shutil.rmtree(course.root / papers.FOLDER)
    papers.write(course, STANDARD, outcomes)
    assert {path: path.read_bytes() for path in written} == written
    (folders[3] / "credential.json").write_text("{}")
    (folders[5] / "evidence.json").write_bytes(b"{}")
    found = list(looked_at(all_of([course.root / papers.FOLDER]), Beside(rederive=True), workers=2))
    assert [Path(one.path).parent for one in found] == list(folders)
    assert [number for number, one in enumerate(found) if not one.finding.holds] == [3, 5]


def test_a_process_that_is_ended_from_outside_is_an_error_and_no_endless_wait():
    with (
        pytest.raises(GraderError, match="ended from outside"),
        side_by_side(count=17, workers=2) as mapped,
    ):
        list(mapped(os._exit, range(17)))
