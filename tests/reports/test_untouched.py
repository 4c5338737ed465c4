"""An answer left as released is told from one that is wrong."""

from __future__ import annotations

from typing import Any

from graders.reports.untouched import untouched

STUB = "def area(r):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


def cell(exercise: str, source: Any) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": f"{exercise}-answer", "solution": True, "grade": False}}
    return {"cell_type": "code", "metadata": metadata, "source": source}


RELEASED = {"cells": [cell("m99_area", STUB), {"cell_type": "markdown", "source": "text"}, cell("m99_volume", STUB)]}


def test_what_is_as_released() -> None:
    answered = {"cells": [cell("m99_area", "def area(r):\n    return 3 * r**2"), cell("m99_volume", STUB)]}
    assert untouched(answered, RELEASED) == ("m99_volume",)


def test_blanks_and_the_form_of_the_source_do_not_matter() -> None:
    lines = [line + "  \n" for line in STUB.splitlines()]
    assert untouched({"cells": [cell("m99_area", lines)]}, RELEASED) == ("m99_area",)


def test_a_stub_that_was_added_to_is_touched() -> None:
    assert untouched({"cells": [cell("m99_area", STUB + "\n\nprint(1)")]}, RELEASED) == ()


def test_a_document_that_is_none_has_no_answers() -> None:
    assert untouched({"cells": None}, RELEASED) == ()
