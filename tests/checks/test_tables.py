"""Parts of a table: whatever it came as, and in whatever order its rows stand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graders.checks import Equal, Exercise, LocalEndpoint, call, column, run

TABLE = {"service": ["a", "b", "c"], "share": np.array([0.5, 0.25, 0.25]), "rank": [1, 2, 3]}


@pytest.mark.parametrize("table", [TABLE, pd.DataFrame(TABLE)])
def test_columns_of_a_table(table):
    assert column("share")(table) == [0.5, 0.25, 0.25]
    assert column("share", "rank")(table) == {"share": [0.5, 0.25, 0.25], "rank": [1, 2, 3]}
    assert column("rank", by="service")(table) == {"a": 1, "b": 2, "c": 3}
    assert column("share", "rank", by="service")(table) == {"a": [0.5, 1], "b": [0.25, 2], "c": [0.25, 3]}


def verdict(answer, by):
    checks = [Equal("ranks", weight=1, cases=[call()], part=column("rank", by=by), message="The ranks.")]
    exercise = Exercise("m99_ranks", reference=lambda: TABLE, checks=checks)
    return run(exercise, (), LocalEndpoint({"ranks": answer}), b"seed").lost


def test_rows_that_have_names_may_stand_in_any_order():
    def turned():
        return pd.DataFrame(TABLE).iloc[::-1]

    assert verdict(turned, "service") == ()
    assert verdict(turned, None) == ("ranks",)


@pytest.mark.parametrize(
    "table",
    [
        {"service": ["a", "b", "a"], "rank": [1, 2, 3]},
        {"service": ["a", "b"], "rank": [1, 2, 3]},
        {"service": ["a", "b", "c"]},
        {"service": 3, "rank": 4},
        [1, 2, 3],
        "rank",
        None,
    ],
)
def test_what_has_no_such_column_is_wrong_and_no_error_of_ours(table):
    assert verdict(lambda: table, "service") == ("ranks",)
