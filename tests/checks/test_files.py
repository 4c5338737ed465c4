"""Text of files is read on the trusted side: parts are found, and what is made to be a burden is not read."""

from __future__ import annotations

import json

import pytest
import yaml

from graders.checks import Equal, Exercise, in_json, in_yaml, value
from graders.checks.files import LONGEST
from tests.checks.made_up import earned, reasons, verdict

DOCUMENT = {"version": 2, "events": [{"name": "A", "unit": "clock"}, {"name": "B", "unit": "slot"}]}


@pytest.mark.parametrize(("look", "write"), [(in_json, json.dumps), (in_yaml, yaml.safe_dump), (in_yaml, json.dumps)])
def test_parts_of_a_text(look, write):
    text = write(DOCUMENT)
    assert look()(text) == DOCUMENT
    assert look("version")(text) == 2
    assert look("events", 1, "unit")(text) == "slot"


MERGED = "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        None,
        7,
        ["version"],
        b'{"version": 2}',
        '{"events": []}',
        "2",
        '"version"',
        "[" * 30_000,
        '{"version": ' * 5_000,
        " " * (LONGEST + 1) + '{"version": 2}',
        "version: *a",
        LAUGHS + "version: *a11",
        MERGED + "version: 2",
        "version: !!python/object/apply:os.system [true]",
        "version: !!python/name:os.system",
    ],
)
def test_what_cannot_be_read_loses_the_check_and_costs_nothing(text):
    for look in (in_json, in_yaml):
        checks = [Equal("version", weight=1, cases=[value()], part=look("version"), message="Its version.")]
        exercise = Exercise("m95_text", reference='{"version": 2}', checks=checks)
        found = verdict(exercise, text)
        assert earned(found) == set()
        assert reasons(found)["version"] in (
            "it has not the parts that are expected",
            "a number, where text is expected",
        )
