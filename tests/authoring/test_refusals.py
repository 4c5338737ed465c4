"""What the builder refuses, each with file, line and reason."""

from __future__ import annotations

import pytest

from graders.authoring.build import build
from graders.errors import CourseError
from tests.authoring.small_module import CHECKS, MODULE_YAML, PRACTICAL, REFERENCE, small_module

TEST = 'assert mean_wait_s([0.0, 0.0]) == 0.5, "the second waits for the first"'


def refused(root, **texts):
    with pytest.raises(CourseError) as failure:
        build(small_module(root, **texts))
    return str(failure.value)


def changed(old, new, text=PRACTICAL):
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('tests={"id": "m97_mean_wait_s"}', 'tests={"id": m97}', 16, "malformed"),
        ('tests={"id": "m97_mean_wait_s"}', 'test={"id": "m97_mean_wait_s"}', 16, "unknown key 'test'"),
        ('tests={"id": "m97_mean_wait_s"}', 'tests={"id": "m97_mean_wait_s", "points": 3}', 16, 'tests needs "id"'),
        ('tests={"id": "m97_mean_wait_s"}', 'tests={"id": "m97_mean_wait_s"} tags=["x"]', 16, "unknown key 'tags'"),
        ('tests={"id": "m97_mean_wait_s"}', 'tests={"id": 7}', 16, 'tests needs "id"'),
        (', "reference": "m97_tests.waiting:FreeList"', "", 23, 'exercise needs "id" and "reference"'),
        ("# %%\nimport", "# %% [raw]\nimport", 5, "not raw"),
        ("# %% [markdown]\n# ## W", '# %% [markdown] tests={"id": "x"}\n# ## W', 8, "prose cell has no role"),
        ("import numpy as np", "import numpy as np\n!ls", 5, "shell magic '!'"),
        ("import numpy as np", "import numpy as np\n# !ls", 5, "shell magic '!'"),
        ("import numpy as np", "import numpy as np\nfiles = !ls", 5, "shell magic '= !'"),
        ("import numpy as np", "import numpy as np\n# %system ls", 5, "shell magic '%system"),
        ("import numpy as np", "import numpy as np\n# %sx ls", 5, "shell magic '%sx"),
        ("import numpy as np", "# %%bash\n# ls", 5, "cell magic %%bash"),
        ("import numpy as np", "# %%sh\n# ls", 5, "cell magic %%sh"),
        ("import numpy as np", "# %%capture\n# import numpy as np", 5, "cell magic %%capture"),
        ("import numpy as np", "import numpy as np\nhalf = (", 5, "not Python"),
        ("    ### SOLUTION\n\n# %% t", "    ### BEGIN SOLUTION\n\n# %% t", 11, "nbgrader's own mark"),
        (TEST, "### BEGIN HIDDEN TESTS\n" + TEST, 16, "nbgrader's own mark"),
    ],
)
def test_headers_and_magics(tmp_path, old, new, line, said):
    message = refused(tmp_path, practical=changed(old, new))
    assert f"practical/notebook.py:{line}" in message
    assert said in message


def test_a_notebook_header_is_refused(tmp_path):
    assert "practical/notebook.py:1" in refused(tmp_path, practical="# ---\n# title: x\n# ---\n\n" + PRACTICAL)


def test_the_first_cell_is_prose(tmp_path):
    assert "the first cell is prose" in refused(tmp_path, practical="# %%\nx = 1\n\n" + PRACTICAL)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("waiting:mean_wait_s", "elsewhere:mean_wait_s", "there is no reference_solutions/m97_tests/elsewhere.py"),
        ("m97_tests.waiting:mean_wait_s", "mean_wait_s", "expected 'mNN_slug.topic:name'"),
        ("m97_tests.waiting:mean_wait_s", "../x:mean_wait_s", "expected 'mNN_slug.topic:name'"),
        (
            "def mean_wait_s(arrivals_s, service_s=1.0)",
            "def mean_wait_s(arrivals_s, service_s=2.0)",
            "the notebook has",
        ),
        ("def mean_wait_s(arrivals_s, service_s=1.0)", "def mean_wait_s(arrivals_s, services=1.0)", "the notebook has"),
        (
            "def mean_wait_s(arrivals_s, service_s=1.0)",
            "def mean_wait_s(service_s, arrivals_s=1.0)",
            "the notebook has",
        ),
        ("def mean_wait_s(arrivals_s, service_s", "def mean_wait_s(arrivals_s, *, service_s", "the notebook has"),
        ("    ### SOLUTION\n\n# %% t", "    return 0\n\n# %% t", "expected ### SOLUTION"),
        ("    ### SOLUTION\n\n# %% t", "    ### SOLUTION\n    ### SOLUTION\n\n# %% t", "has 2 marks"),
        ("### SOLUTION\n\n# %% t", "### SOLUTION\n\n\n### SOLUTION\n\n# %% t", "nowhere else"),
        ("    @property\n", "", "@property free(self)"),
        ("def take(self", "def grab(self", "only one side of FreeList has the methods grab, take"),
        ("class FreeList:", "def FreeList():", "is a class on one side"),
        ("import numpy as np", "import math", "the quoted solution uses np"),
    ],
)
def test_quotes(tmp_path, old, new, said):
    assert said in refused(tmp_path, practical=changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def mean_wait_s(", "def mean_wait(", "expected one function or class 'mean_wait_s', found 0"),
        ("np.sort(", "pd.Series(", "the quoted solution uses pd"),
        ("float(waits_s.mean())", "_mean(waits_s)", "the quoted solution uses _mean"),
        ("arrivals_s = np.sort", 'note = """\n    a\n"""\n    arrivals_s = np.sort', "changes its meaning"),
    ],
)
def test_references_that_cannot_be_quoted(tmp_path, old, new, said):
    assert said in refused(tmp_path, reference=changed(old, new, REFERENCE))


@pytest.mark.parametrize(
    ("practical", "said"),
    [
        (changed('"m97_free_list", "ref', '"m97_freelist", "ref'), "module.yaml lists no exercise m97_freelist"),
        (PRACTICAL.partition("# %% exercise")[0], "m97_mean_wait_s has no answer or no test cell"),
        (PRACTICAL.rpartition("# %% tests")[0], "m97_free_list has no answer or no test cell"),
        (changed('tests={"id": "m97_mean_wait_s"}', 'tests={"id": "m97_free_list"}'), "come before its answer cell"),
        (PRACTICAL + "\n# %% tests=" + '{"id": "m97_free_list"}\nassert FreeList(1).free\n', "has two test cells"),
        (
            changed(
                '"m97_free_list", "reference": "m97_tests.waiting:F',
                '"m97_mean_wait_s", "reference": "m97_tests.waiting:F',
            ),
            "m97_mean_wait_s has two answer cells",
        ),
    ],
)
def test_exercises_that_do_not_agree_with_the_module(tmp_path, practical, said):
    assert said in refused(tmp_path, practical=practical)


def test_an_id_is_the_name(tmp_path):
    texts = {
        "module_yaml": MODULE_YAML.replace("m97_mean_wait_s", "m97_waiting"),
        "practical": PRACTICAL.replace('"m97_mean_wait_s"', '"m97_waiting"'),
    }
    assert "is called m97_mean_wait_s, not m97_waiting" in refused(tmp_path, **texts)


def test_an_exercise_without_checks(tmp_path):
    assert "no checks for m97_free_list" in refused(tmp_path, checks=CHECKS.replace(', "m97_free_list"', ""))


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("assert True", "always true"),
        ('assert (mean_wait_s([0]) == 1, "a tuple")', "always true"),
        ("assert mean_wait_s([0]) == 7 or True", "always true"),
        ("assert 'x', mean_wait_s", "always true"),
        ("mean_wait_s([0])", "asserts nothing"),
        ("if mean_wait_s([0]):\n    assert mean_wait_s([1]) == 0", "asserts nothing"),
        ("def later():\n    assert mean_wait_s([1]) == 0", "asserts nothing"),
        ("assert 1 + 1 == 2", "never uses mean_wait_s"),
        ("mean_wait_s = max\nassert mean_wait_s([0]) == 0", "defines mean_wait_s itself"),
        ("def mean_wait_s(x):\n    return 0\nassert mean_wait_s(1) == 0", "defines mean_wait_s itself"),
        (f"try:\n    {TEST}\nexcept AssertionError:\n    pass", "swallows"),
        (f"try:\n    {TEST}\nexcept:\n    pass", "swallows"),
        (f"{TEST}\ntry:\n    mean_wait_s(1)\nexcept Exception:\n    pass\nelse:\n    raise AssertionError", "swallows"),
        (f"{TEST}\ntry:\n    mean_wait_s(1)\nexcept (ValueError, NotImplementedError):\n    pass", "swallows"),
        (f"{TEST}\ntry:\n    mean_wait_s(1)\nexcept ValueError:\n    pass", "without an `else` that fails"),
        (f"for _ in [0]:\n    try:\n        {TEST}\n    finally:\n        break\n{TEST}", "jump in `finally`"),
        (f"import contextlib\nwith contextlib.suppress(Exception):\n    {TEST}", "suppresses"),
    ],
)
def test_tests_that_cannot_fail(tmp_path, test, said):
    assert said in refused(tmp_path, practical=changed(TEST, test))


@pytest.mark.parametrize(
    "test",
    [
        f"{TEST}\ntry:\n    mean_wait_s(1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no')",
        f"for _ in [0, 1]:\n    {TEST}",
        f"{TEST}\ntry:\n    pass\nfinally:\n    done = True",
    ],
)
def test_tests_that_can_fail_are_taken(tmp_path, test):
    build(small_module(tmp_path, practical=changed(TEST, test)))


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        ("# %%\ngap_s = arrivals_s[index] - arrivals_s[index - 1]\n", "is part of a solution"),
        ("# %% [markdown]\n# See reference_solutions/m97.\n", "'reference_solutions' would reach students"),
        ("# %%\nx = 1  ### SOLUTION\n", "'### SOLUTION' would reach students"),
    ],
)
def test_releases_that_give_something_away(tmp_path, addition, said):
    assert said in refused(tmp_path, practical=f"{PRACTICAL}\n{addition}")


def test_a_long_id_is_refused_before_anything_is_built(tmp_path):
    assert "57 characters" in refused(tmp_path, module_yaml=MODULE_YAML.replace("m97_free_list", "m97_" + "x" * 54))
