"""A module of two written exercises, a course of it, and what its students have written."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

from graders.authoring.answers import release, with_mark_schemes
from graders.authoring.build import build
from graders.authoring.material import load_module
from graders.authoring.rubrics import mark_scheme, rubrics_of
from graders.course import Submission, init
from graders.grading.rebuild import rebuild
from graders.grading.written import written_answers
from graders.records import NotebookResult
from tests.nbgrader_commands import nbgrader

SLUG, NOTEBOOK = "m95_essay", "worked_example"
TRAFFIC, LEVER = "m95_traffic", "m95_lever"
STUDENTS = [f"student-{number:02}" for number in range(1, 9)]
_YAML = f"""\
title: Essays
phase: 1
minutes: 30
points: 5
outcomes: [Explain.]
notebooks: [{NOTEBOOK}]
exercises:
  - {{id: {TRAFFIC}, title: Traffic explained, kind: written, notebook: {NOTEBOOK}, points: 3, minutes: 15}}
  - {{id: {LEVER}, title: A lever chosen, kind: written, notebook: {NOTEBOOK}, points: 2, minutes: 15}}
"""
_TEXT = f"""\
# %% [markdown]
# # Essays

# %% [markdown] exercise={{"id": "{TRAFFIC}"}}
# Why does it not go faster?

# %% [markdown]
# ## Next

# %% [markdown] exercise={{"id": "{LEVER}"}}
# What would you change first?
"""
_RUBRICS = f"""\
exercises:
  {TRAFFIC}:
    criteria:
      - id: bytes
        title: Counts the bytes
        levels:
          - {{points: 0, says: "Names no number of bytes."}}
          - {{points: 0.5, says: "Counts the reads: without the writes it is half of the truth."}}
          - {{points: 2, says: "Counts reads and writes, with the write-allocate."}}
      - id: roof
        title: Names the roof
        levels:
          - {{points: 0, says: "Names none, or the wrong one of the two."}}
          - {{points: 1, says: "Says that the bandwidth is the roof that it meets."}}
    model_answer: |
      Three lines are moved for every two that the text counts.

      So the **bandwidth** is met: $B \\cdot I$.
  {LEVER}:
    criteria:
      - id: choice
        title: Chooses one
        levels:
          - {{points: 0, says: "Chooses none of the four that stand there."}}
          - {{points: 1, says: "Chooses with a number of the notebook's own."}}
      - id: limit
        title: Says where it ends
        levels:
          - {{points: 0, says: "Sees no end to what the lever brings."}}
          - {{points: 1, says: "Names what becomes the bottleneck after it."}}
    model_answer: Four bits, until unpacking takes longer than reading.
"""
ANSWER = "It reads *and writes*: 24 bytes."


def make(root: Path):
    """The course, released by nbgrader; nobody has handed in anything."""
    material = root / "material"
    folder = material / "assignments" / "authoring" / SLUG
    (folder / NOTEBOOK).mkdir(parents=True)
    (folder / NOTEBOOK / "notebook.py").write_text(_TEXT)
    (folder / "module.yaml").write_text(_YAML)
    (material / "rubrics").mkdir()
    (material / "rubrics" / f"{SLUG}.yaml").write_text(_RUBRICS)
    module = load_module(folder)
    module.source.mkdir(parents=True)
    for name, content in build(module).items():
        (module.source / name).write_bytes(content)
    course = init(root / "course", course_id="essays", students=STUDENTS, material=material)
    nbgrader(course.root, "generate_assignment", SLUG)
    return course


def hand_in(course, gradebook, student, written, *, model_answers=None):
    """Grade a notebook whose written answers are these, as far as the gradebook is concerned."""
    module = course.module(SLUG)
    source = release(json.loads((course.source(SLUG) / f"{NOTEBOOK}.ipynb").read_bytes()))
    submitted = copy.deepcopy(source)
    for cell in submitted["cells"]:
        exercise = cell["id"].removesuffix("-answer")
        if cell["id"].endswith("-answer") and exercise in written:
            cell["source"] = written[exercise]
    rebuilt = rebuild(source, submitted).notebook
    schemes = {one: mark_scheme(rubric) for one, rubric in rubrics_of(module).items()}
    for exercise, text in (model_answers or {}).items():
        schemes[exercise] = schemes[exercise].replace(rubrics_of(module)[exercise].model_answer.strip("\n"), text)
    digest = hashlib.sha256(json.dumps(submitted).encode()).hexdigest()
    document = with_mark_schemes(rebuilt, schemes)
    result = NotebookResult(NOTEBOOK, (), (), document, digest, "c" * 64, written=written_answers(source, rebuilt))
    gradebook.write(Submission(student, SLUG, {NOTEBOOK: json.dumps(submitted).encode()}), [result])


def hand_in_all(course, gradebook):
    """Everybody writes something about the traffic; nobody about the lever."""
    for student in STUDENTS:
        hand_in(course, gradebook, student, {TRAFFIC: f"{ANSWER} That is what I, number {student[-2:]}, say."})
