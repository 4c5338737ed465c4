"""What a student reads about a parameter agrees with the reference: its name, and its unit."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re

import pytest
from numpydoc.docscrape import NumpyDocString

from graders.authoring.answers import exercise_answered, text
from graders.authoring.build import percent
from graders.authoring.build.quote_variable import asks_for_variable
from graders.authoring.material import modules

NOTEBOOKS = [(module, name) for module in modules() for name in module.notebooks]


def answers(module, name):
    """Every function that a student writes in a notebook, the methods of classes included, with its reference."""
    cells = percent.read(module.author_file(name, "notebook.py"))
    asked = [cell for cell in cells if cell.role == "exercise" and not asks_for_variable(cell.text)]
    references = {cell.header["id"]: cell.header["reference"] for cell in asked}
    for cell in json.loads((module.source / f"{name}.ipynb").read_bytes())["cells"]:
        if (exercise := exercise_answered(cell)) in references:
            topic, _, called = references[exercise].partition(":")
            found = getattr(importlib.import_module(f"reference_solutions.{topic}"), called)
            yield from pairs(exercise, ast.parse(text(cell)), found)


def variables():
    """Each answer cell that asks for a variable, and the variable's name."""
    for module in modules():
        for name in module.notebooks:
            for cell in percent.read(module.author_file(name, "notebook.py")):
                if cell.role == "exercise" and asks_for_variable(cell.text):
                    yield cell.text, cell.header["id"][4:]


def pairs(exercise, tree, reference):
    definition = next(node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))
    if isinstance(definition, ast.FunctionDef):
        yield exercise, definition, inspect.getdoc(reference)
        return
    for method in definition.body:
        if isinstance(method, ast.FunctionDef):
            documented = reference if method.name == "__init__" else getattr(reference, method.name)
            yield f"{exercise}.{method.name}", method, inspect.getdoc(documented)


def described(docstring, parameters):
    """What the notebook's docstring says of each parameter that it names."""
    found, name = {}, ""
    for line in docstring.split("\n"):
        start = re.match(r"\s*(\w+):\s+(.*)", line)
        if start and start[1] in parameters:
            name = start[1]
            found[name] = start[2]
        elif name and line.startswith("    "):
            found[name] += " " + line.strip()
        else:
            name = ""
    return found


def unit(said):
    units = re.findall(r"\[([^\]]+)\]", said)
    return units[-1] if units else ""


@pytest.mark.parametrize(("module", "notebook"), NOTEBOOKS, ids=lambda one: getattr(one, "slug", one))
def test_parameters_and_units_agree(module, notebook):
    for name, definition, reference in answers(module, notebook):
        parameters = [argument.arg for argument in definition.args.args if argument.arg != "self"]
        docstring = ast.get_docstring(definition)
        assert docstring, f"{name}: every function that a student writes says what it is for"
        theirs = {
            each: " ".join(parameter.desc)
            for parameter in NumpyDocString(reference)["Parameters"]
            for each in parameter.name.split(", ")
        }
        assert set(theirs) == set(parameters), name
        ours = described(docstring, parameters)
        for parameter, said in theirs.items():
            if unit(said):
                assert unit(ours.get(parameter, "")) == unit(said), f"{parameter} of {name}"


def test_there_are_answers():
    assert len(list(answers(*NOTEBOOKS[0]))) >= 8


def test_the_comments_of_a_variable_name_it():
    for said, name in variables():
        assert name in said, f"the answer cell of {name} says nothing of it"
