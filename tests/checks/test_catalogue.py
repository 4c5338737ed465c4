"""A module's checks as they are loaded: what is refused, what a digest depends on, how an answer is quoted."""

import pytest

from graders.authoring.material import load_module
from graders.checks import LocalEndpoint, load, run
from graders.errors import CourseError
from tests.checks.example_module import example_module

EXERCISES = ["m99_ring_area", "m99_meter", "m99_buys"]


def test_a_module_is_loaded_in_its_own_order(tmp_path):
    catalogue = load(example_module(tmp_path))
    assert list(catalogue.exercises) == EXERCISES
    assert [len(catalogue.mistakes[one]) for one in EXERCISES] == [3, 3, 3]
    assert [right.by for right in catalogue.answers["m99_meter"]] == ["two sums"]


# --- digests ----------------------------------------------------------------------------------------------


def digests(module):
    return load(module).digests()


def edited(root, file, old, new):
    """Exercises whose digest changes when a file is edited."""
    before = digests(example_module(root))
    after = digests(example_module(root, **{file: (old, new)}))
    return {one for one in EXERCISES if before[one] != after[one]}


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("checks", "count=4", "count=5", {"m99_ring_area"}),
        ("checks", "SMALLEST = 0.1", "SMALLEST = 0.2", {"m99_ring_area"}),
        ("checks", "expect(meter.overflow).equals(4)", "expect(meter.overflow).agrees()", {"m99_meter"}),
        ("checks", "return True", "return 1", {"m99_buys"}),
        ("checks", '"""What must hold."""', '"""What must hold."""\n# a comment\n\n', set()),
        ("checks", "SMALLEST = 0.1", "SMALLEST = 0.1\nUNUSED = 3", set()),
        ("checks", "def always(price):", 'RING.checks[1].cases  # touched\n\ndef always(price):', {"m99_ring_area"}),
        ("wrong_answers", "Take the hole away.", "Mind the hole.", {"m99_ring_area"}),
        ("wrong_answers", "self.all += amount", "self.all = self.all + amount", {"m99_meter"}),
        ("wrong_answers", "raise ValueError\n\n\nclass", "raise TypeError\n\n\nclass", {"m99_ring_area"}),
        ("right_answers", "1.5", "1.55", set()),
        ("things", "price < 1.6", "price < 1.7", set(EXERCISES)),
    ],
)  # fmt: skip
def test_an_edit_changes_the_digests_of_what_it_touches(tmp_path, file, old, new, changed):
    assert edited(tmp_path, file, old, new) == changed


def test_a_file_that_the_reference_reads_is_part_of_every_digest(tmp_path):
    module = example_module(tmp_path)
    before = digests(module)
    data = tmp_path / "reference_solutions" / module.slug / "metric_files"
    data.mkdir()
    (data / "core.json").write_text("{}")
    assert {one for one, digest in digests(module).items() if digest != before[one]} == set(EXERCISES)


def test_a_digest_is_the_same_wherever_the_module_lies(tmp_path, monkeypatch):
    import reference_solutions

    here = digests(example_module(tmp_path / "here"))
    monkeypatch.setattr(reference_solutions, "__path__", reference_solutions.__path__[:1])
    assert digests(example_module(tmp_path / "there")) == here


def two_notebooks(root):
    """The example with its policy moved to a notebook of its own."""
    module = example_module(root)
    practical, worked = module.folder / "practical", module.folder / "worked_example"
    worked.mkdir()
    for file, first in (("checks.py", "def always("), ("wrong_answers.py", '@mistake("m99_buys"'),
                        ("right_answers.py", '@answer("m99_buys"')):  # fmt: skip
        text = (practical / file).read_text()
        imports = [line for line in text.split("\n") if line.startswith(("from", "import"))]
        (practical / file).write_text(text[: text.index(first)])
        (worked / file).write_text("\n".join(imports) + "\n" + text[text.index(first) :])
    (worked / "notebook.py").write_text("# %% [markdown]\n# # Another\n")
    described = (module.folder / "module.yaml").read_text().replace("[practical]", "[practical, worked_example]")
    described = described.replace("kind: policy, notebook: practical", "kind: policy, notebook: worked_example")
    (module.folder / "module.yaml").write_text(described)
    return load_module(module.folder)


def test_each_notebook_has_its_own_files(tmp_path):
    module = two_notebooks(tmp_path)
    before = load(module)
    assert list(before.exercises) == EXERCISES
    assert "price" in before.quoted(before.answers["m99_buys"][0])
    checks = module.author_file("worked_example", "checks.py")
    checks.write_text(checks.read_text().replace("at_least=1.3", "at_least=1.2"))
    after = load(module)
    assert [one for one, digest in before.digests().items() if digest != after.digests()[one]] == ["m99_buys"]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("checks.py", '"m99_meter"', '"m99_buys"', "practical/checks.py: exercise m99_meter: the exercise has no"),
        ("wrong_answers.py", '@mistake("m99_meter"', '@mistake("m99_buys"', "practical/wrong_answers.py: Boundless"),
        ("right_answers.py", '@answer("m99_meter"', '@answer("m99_buys"', "practical/right_answers.py: TwoSums"),
    ],
)
def test_a_folder_is_about_its_own_exercises(tmp_path, file, old, new, words):
    module = two_notebooks(tmp_path)
    path = module.author_file("practical", file)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(CourseError, match=words):
        load(module)


# --- what is refused -----------------------------------------------------------------------------------------


ALWAYS = "def always(price):"


def extra(exercise):
    """A further exercise in checks.py."""
    return ALWAYS, f"EXTRA = Exercise({exercise!r}, reference=buys, checks=RING.checks)\n\n{ALWAYS}"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("checks", '"m99_buys",', '"m99_ring_area",', "m99_ring_area: two exercises"),
        ("checks", "BUYS = Exercise", "[Exercise][0]", "m99_buys: the exercise has no checks"),
        ("checks", *extra("m99_sells"), "m99_sells: these checks belong to no exercise"),
        ("checks", *extra("m99_meter"), "m99_meter: two exercises"),
        ("checks", "weight=3", "weight=0", r"checks.py:\d+: exercise m99_ring_area: .*weight"),
        ("checks", "SMALLEST = 0.1", "SMALLEST = 1 / 0", r"checks.py:\d+: it cannot be run: ZeroDivisionError"),
        ("checks", "SMALLEST = 0.1", "SMALLEST = = 0.1", r"checks.py:\d+: it is no Python"),
        ("wrong_answers", '@mistake("m99_buys", ', '@mistake("m99_sells", ', "dear: there is no exercise m99_sells"),
        ("wrong_answers", 'loses=["cheap"]', 'loses=["chaep"]', "too_much: it loses 'chaep'"),
        ("wrong_answers", 'loses=["cheap"]', "loses=[]", r"wrong_answers.py:\d+: .*must list"),
        ("wrong_answers", 'loses=["cheap"]', 'loses="cheap"', r"wrong_answers.py:\d+: .*must list"),
        ("wrong_answers", "def too_much(", "def dear(", r"wrong_answers.py:\d+: dear is defined twice"),
    ],
)  # fmt: skip
def test_material_that_makes_no_sense_is_refused_by_file_and_line(tmp_path, file, old, new, words):
    with pytest.raises(CourseError, match=words):
        load(example_module(tmp_path, **{file: (old, new)}))


def test_no_bytecode_is_left_beside_the_material(tmp_path):
    module = example_module(tmp_path)
    load(module)
    assert {path.relative_to(module.folder).as_posix() for path in module.folder.rglob("*.*")} == {
        "module.yaml",
        "practical/notebook.py",
        "practical/checks.py",
        "practical/wrong_answers.py",
        "practical/right_answers.py",
    }


# --- quoting ---------------------------------------------------------------------------------------------------


def test_an_answer_is_quoted_as_a_student_would_have_written_it(tmp_path):
    catalogue = load(example_module(tmp_path))
    for one in EXERCISES:
        exercise = catalogue.exercises[one]
        for known in (*catalogue.mistakes[one], *catalogue.answers[one]):
            text = catalogue.quoted(known)
            namespace = {"__name__": "notebook"}
            exec(text, namespace)
            verdict = run(exercise, (), LocalEndpoint(namespace), b"seed")
            assert set(verdict.lost) == set(getattr(known, "loses", ()))
            for ours in ("graders", "mistake", "hint", "@answer", "reference_solutions"):
                assert ours not in text


def test_only_the_name_is_spelt_otherwise(tmp_path):
    said = "return price > 1.6", "dear.best = 1  # dear\n    return price > len('dear') and price.dear(dear=dear)"
    catalogue = load(example_module(tmp_path, wrong_answers=said))
    text = catalogue.quoted(catalogue.mistakes["m99_buys"][0])
    assert "def buys(price)" in text
    assert "buys.best = 1  # dear" in text
    assert "len('dear') and price.dear(" in text
    assert "=buys)" in text


def test_an_answer_that_leans_on_the_reference_cannot_be_quoted(tmp_path):
    leaning = (
        "return price > 1.6",
        "from reference_solutions.m99_example.things import buys\n    return not buys(price)",
    )
    catalogue = load(example_module(tmp_path, wrong_answers=leaning))
    with pytest.raises(CourseError, match="no student has"):
        catalogue.quoted(catalogue.mistakes["m99_buys"][0])
