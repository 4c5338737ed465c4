"""Keys are made once, kept to the owner, and replaced without losing what they signed."""

from __future__ import annotations

import pytest

from graders.certify.issue import current_status_list, issue
from graders.certify.keys import rotate, signer
from graders.course import init
from graders.errors import CourseError, UsageError
from graders.ledger import Ledger
from tests.certify.looking import held, profile_of
from tests.certify.sample import STANDARD, evidence


def private_key(course):
    (path,) = (course.root / ".aisa" / "issuer").glob("*.pem")
    return path


def test_a_key_is_made_once_and_nobody_else_reads_it(course):
    first = signer(course)
    assert signer(course).profile == first.profile
    assert private_key(course).stat().st_mode & 0o777 == 0o600
    assert first.pem.decode() not in (course.root / "issuer.json").read_text()
    private_key(course).chmod(0o640)
    with pytest.raises(CourseError, match="others can read the issuer's private key"):
        signer(course)


@pytest.mark.parametrize(
    ("state", "stands", "vouched"), [("retired", "holds", True), ("lost", "holds", False), ("stolen", "fails", False)]
)
def test_a_replaced_key_and_what_it_signed(certified, state, stands, vouched):
    course, one = certified
    new = rotate(course, state, "so the office decided")
    assert held(one.credential, trust=profile_of(course))["issuer"][0] == stands
    with Ledger(course) as ledger:
        (outcome,) = issue(course, ledger, STANDARD, {"student-02": evidence("student-02")}, new)
        revoked = current_status_list(course, ledger, new)
        assert ledger.entries(kinds=["issuer key made"])[-1].body["reason"] == "so the office decided"
    said = held(outcome.certificate.credential, trust=profile_of(course))["issuer"]
    assert said[0] == "holds"
    assert ("did not vouch" in said[1]) is not vouched
    # the list is signed by the new key: only the profile tells that both are the issuer's
    assert held(one.credential, trust=profile_of(course), status=revoked)["status"][0] == "holds"
    assert held(one.credential, status=revoked)["status"][0] == "fails"


def test_a_lost_key_says_what_to_do(course):
    signer(course)
    private_key(course).unlink()
    with pytest.raises(CourseError, match="replace it: `aisa certify --new-key lost"):
        signer(course)
    assert rotate(course, "lost", "the disk broke").profile.keys[0].state == "lost"


def test_a_key_is_replaced_for_a_reason(course):
    signer(course)
    with pytest.raises(UsageError, match="reason"):
        rotate(course, "retired", " ")
    with pytest.raises(UsageError, match="retired, lost or stolen"):
        rotate(course, "in use", "why not")


def test_a_key_of_another_course_is_refused(course, tmp_path):
    signer(course)
    other = init(tmp_path / "other", course_id="autumn", students=[])
    signer(other)
    private_key(course).write_bytes(private_key(other).read_bytes())
    with pytest.raises(CourseError, match="is not the private key of the profile's current key"):
        signer(course)


@pytest.mark.parametrize("url", ["office.example", "urn:office", "https://office.example/<b>", "https://a b"])
def test_an_address_that_is_none_is_refused_before_a_key_is_made(course, url):
    with pytest.raises(UsageError, match="the office's address is"):
        signer(course, "Office of tests", url)
    assert not (course.root / "issuer.json").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"type": "aisa issuer profile 1", "name": "x", "url": "", "keys": []}'])
def test_a_profile_that_is_none_is_refused(course, text):
    (course.root / "issuer.json").write_text(text)
    with pytest.raises(CourseError, match=r"issuer\.json: is no issuer's profile"):
        signer(course)
