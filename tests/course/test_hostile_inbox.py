"""Whatever a student hands in: one clear receipt, nothing of it used, the original left, and the others go on.

Each trick is an entry of `TRICKS`: how it gets into the inbox, and what its receipt must say.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from dataclasses import replace

import pytest

from graders.course import load
from graders.course.attempts import attempted
from tests.course.small import PRACTICAL, SLUG, WORKED, everything, inbox, make, put, run, submitted, zipped

MEBIBYTE = 1 << 20
OTHER = PRACTICAL.replace(b"m96_one", b"m01_one")


def entry(name, *, mode=0, flags=0, method=zipfile.ZIP_DEFLATED, system=3):
    """A zip entry that says odd things of itself."""
    info = zipfile.ZipInfo(name)
    info.external_attr, info.flag_bits, info.compress_type, info.create_system = mode << 16, flags, method, system
    return info


def raw_name(wanted):
    """A zip whose one name no zip program would write."""
    placeholder = "p" * len(wanted.encode())
    return zipped({placeholder: PRACTICAL}).replace(placeholder.encode(), wanted.encode())


def encrypted():
    """As if it had a password: the flag is what counts."""
    content = bytearray(zipped({"practical.ipynb": PRACTICAL}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def bomb(names, size):
    """A few kibibytes that become a lot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            with archive.open(name, "w", force_zip64=False) as member:
                for _ in range(size // MEBIBYTE):
                    member.write(bytes(MEBIBYTE))
    return buffer.getvalue()


def understated():
    """A bomb that says it is small."""
    content = bomb(["practical.ipynb"], 40 * MEBIBYTE)
    size = struct.pack("<L", 40 * MEBIBYTE)
    return content.replace(size, struct.pack("<L", 1000))


def many_entries():
    """More entries than a folder may have files, each of them empty."""
    return zipped({f"{number}.txt": b"" for number in range(1001)} | {"practical.ipynb": PRACTICAL})


def damaged():
    content = bytearray(zipped({"practical.ipynb": PRACTICAL}))
    content[60] ^= 0xFF
    return bytes(content)


def link(course, name, target):
    (course.root / "inbox" / name).symlink_to(target)


def hard_link(course):
    os.link(course.root / "source" / SLUG / "practical.ipynb", course.root / "inbox" / "student-01.ipynb")


def folder_with(course, make_it):
    folder = course.root / "inbox" / "student-01"
    folder.mkdir()
    (folder / "practical.ipynb").write_bytes(PRACTICAL)
    make_it(folder)


def of_zip(content, name="student-01.zip"):
    return lambda course: put(course, name, content() if callable(content) else content)


def of_file(name, content):
    return lambda course: put(course, name, content)


TRICKS = {
    # who and what
    "unknown student": (of_file("student-77.ipynb", PRACTICAL), "student-77 is not on the roster"),
    "other case": (of_file("Student-01.ipynb", PRACTICAL), "Student-01 is not on the roster, but student-01 is"),
    "no student id": (of_file("a student.ipynb", PRACTICAL), "'a student' is no student id"),
    "hidden": (of_file(".student-01.ipynb", PRACTICAL), "'.student-01' is no student id"),
    "path as a name": (of_file("..%2fstudent-02.zip", PRACTICAL), "no student id"),
    "escape sequence in its name": (of_file("student-01\x1b[2J.ipynb", PRACTICAL), "has an odd name"),
    "text turned around": (of_file("student-01\u202ebpyni.zip", b"x"), "has an odd name"),
    "neither notebook nor zip": (of_file("student-01.docx", b"x"), "neither a notebook (.ipynb), a zip nor a folder"),
    "tar": (of_file("student-01.tar.gz", b"x"), "is neither a notebook"),
    "no name at all": (of_file("ipynb", PRACTICAL), "ipynb is not on the roster"),
    # the notebook
    "wrong notebook": (of_file("student-01.ipynb", OTHER), "no notebook of m96_small"),
    "wrong notebook, right name": (of_zip(zipped({"practical.ipynb": OTHER})), "is a notebook of another assignment"),
    "no JSON": (of_zip(zipped({"practical.ipynb": b"{"})), "practical.ipynb: is not JSON"),
    "nothing": (of_file("student-01.ipynb", b""), "no notebook of m96_small"),
    "too large": (of_file("student-01.ipynb", b" " * (21 * MEBIBYTE)), "is 21 MiB large, at most 20 are read"),
    "nested JSON": (of_zip(zipped({"practical.ipynb": b"[" * 100_000})), "nested too deeply"),
    "wrong names": (of_zip(zipped({"solution.txt": b"x"})), "found solution.txt"),
    "twice": (of_zip(zipped({"a/practical.ipynb": PRACTICAL, "b/practical.ipynb": PRACTICAL})), "more than once"),
    "twice by content": (of_zip(zipped({"a.ipynb": PRACTICAL, "b.ipynb": PRACTICAL})), "more than once: a.ipynb, b.i"),
    # the zip
    "differ in case": (
        of_zip(zipped({"practical.ipynb": PRACTICAL, "Practical.ipynb": WORKED})),
        "'practical.ipynb' and 'Practical.ipynb': names must differ in more than case",
    ),
    "differ in how an accent is written": (
        of_zip(zipped({"practical.ipynb": PRACTICAL, "é.txt": b"1", "e\u0301.txt": b"2"})),
        "names must differ",
    ),
    "no zip": (of_zip(b"not a zip"), "is damaged, or no zip file"),
    "empty file": (of_zip(b""), "is damaged, or no zip file"),
    "empty zip": (of_zip(zipped({})), "found nothing"),
    "cut off": (of_zip(lambda: zipped({"practical.ipynb": PRACTICAL})[:-30]), "is damaged, or no zip file"),
    "damaged": (of_zip(damaged), "is damaged, or no zip file"),
    "encrypted": (of_zip(encrypted), "is encrypted. Hand it in without a password"),
    "nested": (of_zip(zipped({"inner.zip": zipped({"practical.ipynb": PRACTICAL})})), "not a zip within"),
    "absolute path": (of_zip(lambda: raw_name("/etc/practical.ipynb")), "'/etc/practical.ipynb' lies outside of it"),
    "way up": (of_zip(lambda: raw_name("../../source/practical.ipynb")), "lies outside of it"),
    "way up within": (of_zip(lambda: raw_name("a/../../practical.ipynb")), "lies outside of it"),
    "drive": (of_zip(lambda: raw_name("C:/practical.ipynb")), "lies outside of it"),
    "backslashes": (of_zip(lambda: raw_name("..\\..\\practical.ipynb")), "has an odd name"),
    "NUL in a name": (of_zip(lambda: raw_name("practical.ipynb\0.txt")), "has an odd name"),
    "escape in a name": (of_zip(zipped({"\x1b]0;x\x07.ipynb": PRACTICAL})), "has an odd name"),
    "long name": (of_zip(zipped({"x" * 200 + ".ipynb": PRACTICAL})), "has an odd name"),
    "deep": (of_zip(zipped({"a/b/c/d/e/practical.ipynb": PRACTICAL})), "folders deeper than 5"),
    "link": (
        of_zip(zipped([(entry("practical.ipynb", mode=stat.S_IFLNK | 0o777), b"/etc/passwd")])),
        "link or a device",
    ),
    "device": (of_zip(zipped([(entry("practical.ipynb", mode=stat.S_IFCHR), b"")])), "link or a device"),
    "hidden link": (of_zip(zipped([(entry(".git/x", mode=stat.S_IFLNK), b"/etc/passwd")])), "link or a device"),
    "bomb": (of_zip(lambda: bomb(["practical.ipynb"], 60 * MEBIBYTE)), "is 60 MiB large, at most 20 are read"),
    "bomb of small files": (
        of_zip(lambda: bomb([f"{number}.ipynb" for number in range(11)], 19 * MEBIBYTE)),
        "would unpack to 209 MiB, at most 200",
    ),
    "bomb that says it is small": (of_zip(understated), "is damaged, or no zip file"),
    "bomb of entries": (of_zip(many_entries), "holds more than 1000 files"),
    "unusual compression": (
        of_zip(zipped([(entry("practical.ipynb", method=zipfile.ZIP_LZMA), PRACTICAL)])),
        "compressed in an unusual way",
    ),
    # the folder
    "link to a notebook": (lambda course: link(course, "student-01.ipynb", "/etc/passwd"), "is a link"),
    "link to a folder": (lambda course: link(course, "student-01", course.root / "source" / SLUG), "is a link"),
    "link to nowhere": (lambda course: link(course, "student-01.zip", "nowhere"), "is a link"),
    "second name of the source": (hard_link, "second name (hard link)"),
    "pipe": (lambda course: os.mkfifo(course.root / "inbox" / "student-01.ipynb"), "neither a file nor a folder"),
    "link in a folder": (
        lambda course: folder_with(course, lambda folder: (folder / "worked_example.ipynb").symlink_to("/etc/passwd")),
        "worked_example.ipynb is a link",
    ),
    "pipe in a folder": (
        lambda course: folder_with(course, lambda folder: os.mkfifo(folder / "pipe")),
        "neither a file nor a folder",
    ),
    "bomb in a folder": (
        lambda course: folder_with(
            course, lambda folder: (folder / "x.zip").write_bytes(bomb(["x.ipynb"], 60 * MEBIBYTE))
        ),
        "is 60 MiB large",
    ),
    "differ in case in a folder": (
        lambda course: folder_with(course, lambda folder: (folder / "Practical.ipynb").write_bytes(WORKED)),
        "names must differ in more than case",
    ),
    "many bombs in a folder": (
        lambda course: folder_with(
            course,
            lambda folder: [
                (folder / f"{letter}.zip").write_bytes(bomb([f"{letter}{n}.ipynb" for n in range(4)], 19 * MEBIBYTE))
                for letter in "abc"
            ],
        ),
        "holds notebooks of more than 200 MiB",
    ),
    "empty folder": (lambda course: (course.root / "inbox" / "student-01").mkdir(), "found nothing"),
}


@pytest.fixture
def course(tmp_path):
    return make(tmp_path)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_gets_one_receipt_and_nothing_else(course, trick):
    play, said = TRICKS[trick]
    put(course, "student-02.zip", zipped({"practical.ipynb": PRACTICAL}))
    play(course)
    (name,) = inbox(course)[0] - {"student-02.zip"}
    receipts = run(course)
    assert receipts.pop("student-02.zip").outcome == "accepted"  # the others go on
    (receipt,) = receipts.values()
    assert receipt.outcome == "refused"
    assert said in " ".join(receipt.details)
    assert all(text.isprintable() and len(text) < 600 for text in receipt.details)
    assert inbox(course) == ({name}, {"student-02.zip"})
    assert submitted(course) == {}
    assert attempted(course, SLUG) == ["student-02"]
    (told,) = (course.root / "receipts" / SLUG).rglob("refused-*.txt")
    assert "Refused; it does not count." in told.read_text()
    assert told.parent.name in ("student-01", "unclaimed")


@pytest.mark.parametrize("trick", ["unknown student", "encrypted", "bomb", "link to a notebook", "way up"])
def test_a_trick_that_stays_in_the_inbox_says_the_same_again(course, trick):
    TRICKS[trick][0](course)
    first = run(course)
    before = everything(course)
    assert run(course) == first
    assert everything(course) == before


def test_a_trick_never_takes_the_place_of_what_was_handed_in(course):
    put(course, "student-01.ipynb", PRACTICAL)
    run(course)
    before = submitted(course)
    put(course, "student-01.zip", encrypted())
    run(course)
    assert submitted(course) == before


def test_one_name_twice_in_a_zip(course):
    """What two programs would unpack differently is used by neither."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped([("practical.ipynb", PRACTICAL), ("practical.ipynb", WORKED)])
    put(course, "student-01.zip", content)
    (receipt,) = run(course).values()
    assert "'practical.ipynb' twice" in receipt.details[0]


def test_two_that_differ_in_case_where_there_is_no_roster(tmp_path):
    course = make(tmp_path, students=[])
    for name in ("Ada.ipynb", "ada.ipynb", "bob.ipynb"):
        put(course, name, PRACTICAL)
    receipts = run(course)
    assert receipts["bob.ipynb"].outcome == "accepted"
    for name in ("Ada.ipynb", "ada.ipynb"):
        assert receipts[name].outcome == "refused"
        assert "differ in case alone" in receipts[name].details[0]
    assert inbox(course)[0] == {"Ada.ipynb", "ada.ipynb"}


def test_a_student_who_differs_in_case_from_one_that_was_there(tmp_path):
    course = make(tmp_path, students=[])
    put(course, "ada.ipynb", PRACTICAL)
    run(course)
    put(course, "ADA.ipynb", WORKED)
    assert "differ in case alone" in run(course)["ADA.ipynb"].details[0]
    assert attempted(course, SLUG) == ["ada"]


def test_names_that_are_no_text(course):
    os.close(os.open(os.fsencode(course.root / "inbox") + b"/student-01\xff.ipynb", os.O_CREAT))
    (receipt,) = run(course).values()
    assert "has an odd name" in receipt.details[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read(course):
    put(course, "student-01.ipynb", PRACTICAL).chmod(0)
    (receipt,) = run(course).values()
    assert "Permission denied" in receipt.details[0]


def test_hidden_files_of_an_honest_zip_are_no_notebooks(course):
    files = {"__MACOSX/._practical.ipynb": b"x", ".ipynb_checkpoints/practical-checkpoint.ipynb": PRACTICAL}
    put(course, "student-01.zip", zipped(files | {"practical.ipynb": PRACTICAL, "data/": b""}))
    (receipt,) = run(course).values()
    assert receipt.outcome == "accepted"
    assert not any("not used" in detail for detail in receipt.details)


def test_a_timestamp_that_a_student_brings_is_not_believed(course):
    put(course, "student-01.zip", zipped({"practical.ipynb": PRACTICAL, "timestamp.txt": b"2020-01-01 00:00:00 UTC"}))
    run(course)
    assert submitted(course)["timestamp.txt"] == b"2026-02-03 12:00:00.000000 UTC"


def test_an_alias_must_be_a_student(tmp_path):
    course = make(tmp_path, inbox={"aliases": {"ada": "student-01"}})
    course = replace(load(course.root), students=("student-02",))
    put(course, "ada.ipynb", PRACTICAL)
    assert run(course)["ada.ipynb"].outcome == "refused"
