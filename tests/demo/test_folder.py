"""A demo replaces what a demo made, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.demo.folder import fresh
from graders.errors import UsageError


def test_a_free_place_is_made(tmp_path: Path) -> None:
    assert fresh(tmp_path / "a" / "demo").is_dir()


def test_an_earlier_demo_is_replaced_whole(tmp_path: Path) -> None:
    demo = fresh(tmp_path / "demo")
    (demo / "course").mkdir()
    (demo / "course" / "gradebook.db").write_text("old")
    assert [entry.name for entry in fresh(demo).iterdir()] == [".aisa-demo"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["demo"], "nothing is left beside it"


def test_somebody_elses_folder_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"something else \(thesis.tex\)"):
        fresh(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_marker_that_says_something_else_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / ".aisa-demo").write_text("")
    with pytest.raises(UsageError, match="something else"):
        fresh(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    real = fresh(tmp_path / "real")
    (tmp_path / "link").symlink_to(real)
    with pytest.raises(UsageError, match="no folder"):
        fresh(tmp_path / "link")
    assert real.is_dir()


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(UsageError, match="no folder"):
        fresh(tmp_path / "demo")


def test_a_place_below_a_file_gets_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be used"):
        fresh(tmp_path / "file" / "demo")
