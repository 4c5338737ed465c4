"""Module 2's novel scenario over a thousand students: clear for everybody, the same for nobody, all on its page."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from importlib import util

import numpy as np
import pandas as pd
import pytest

from graders.authoring.build.percent import read
from graders.authoring.material import load_module
from graders.checks import load
from graders.paths import material_root
from reference_solutions.m02_tools_methods.expression import evaluate_expression
from reference_solutions.m02_tools_methods.metric_evaluation import evaluate_metrics, flagged_metrics
from reference_solutions.m02_tools_methods.metric_file import METRIC_FILES, load_metric_file, read_metric_file
from reference_solutions.m02_tools_methods.slot_accounts import core_metric_file
from reference_solutions.m02_tools_methods.turns_on_a_core import core_decision, core_diagnosis

FOLDER = material_root() / "assignments/authoring/m02_tools_methods/novel_scenario"
STUDENTS = [f"student-{number:04}" for number in range(1, 1001)]


def loaded():
    spec = util.spec_from_file_location("novel_scenario_of_module_2", FOLDER / "scenario.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def author():
    return loaded()


@pytest.fixture(scope="module")
def made(author):
    """Of each student the scenario, and the services that its counts were written from."""
    kept, rolled = [], author.rolled_services

    def keeping(seed):
        kept[:] = [rolled(seed)]
        return kept[0]

    author.rolled_services = keeping
    return [(author.scenario(student, "salt"), list(kept[0])) for student in STUDENTS]


@pytest.fixture(scope="module")
def read_by_us(made):
    """Metrics, diagnosis and decision of each student, from the counts, by the reference's metric file."""
    found = []
    for scenario, _ in made:
        file = read_metric_file(core_metric_file(scenario))
        metrics = evaluate_metrics(file, scenario["counts"])
        services = scenario["counts"]["service"]
        diagnosis = core_diagnosis(services, metrics, flagged_metrics(file, metrics))
        found.append((metrics, diagnosis, core_decision(scenario["changes"], services, metrics)))
    return found


# --- what the counts were written from, and what is read from them ---------------------------------------------------


def test_the_counts_give_back_the_shares_that_they_were_written_from(author, made, read_by_us):
    for (_, services), (metrics, _, _) in zip(made, read_by_us, strict=True):
        for row, service in enumerate(services):
            for node, share in author.shares(service).items():
                assert metrics[node][row] == pytest.approx(share / 1000, abs=1e-6)


def test_each_verdict_is_what_holds_the_service_back(made, read_by_us):
    for (_, services), (_, diagnosis, _) in zip(made, read_by_us, strict=True):
        assert diagnosis["verdict"] == [service.held_back_by for service in services]
        clocks = np.array([service.clocks for service in services])
        np.testing.assert_allclose(diagnosis["time_share"], clocks / clocks.sum(), rtol=1e-9)


def test_every_verdict_is_clear(made, read_by_us):
    """No share of level 1 within 2 % of its threshold; the verdict's leads over the next that is above by 5 %."""
    for (scenario, _), (metrics, diagnosis, _) in zip(made, read_by_us, strict=True):
        limits = scenario["core"]["thresholds"]
        for row, verdict in enumerate(diagnosis["verdict"]):
            share = {node: float(metrics[node][row]) for node in limits}
            level_1 = ["frontend_bound", "bad_speculation", "backend_bound", "retiring"]
            assert min(abs(share[node] - limits[node]) for node in level_1) > 0.0199
            first = "backend_bound" if verdict in ("memory_bound", "core_bound") else verdict
            others = [share[node] for node in level_1 if share[node] > limits[node] and node != first]
            assert share[first] - max(others, default=0) > 0.0499
            if first != verdict:
                assert share[verdict] - max(limits[verdict], share[first] - share[verdict]) > 0.0499


def saved(scenario, services, author):
    """Share of all clocks that each change saves, by the shares that the counts were written from."""
    of = {service.name: service for service in services}
    whole = sum(service.clocks for service in services)
    return {
        change["change"]: of[change["service"]].clocks
        / whole
        * author.shares(of[change["service"]])[change["node"]]
        / 1000
        * (1 - 1 / change["times_fewer"])
        for change in scenario["changes"]
    }


def test_the_first_change_is_clear_and_worth_it(author, made, read_by_us):
    for (scenario, services), (_, _, decision) in zip(made, read_by_us, strict=True):
        gains = saved(scenario, services, author)
        best, second = sorted(gains.values(), reverse=True)[:2]
        assert decision["first"] == max(gains, key=gains.get)
        assert best >= 0.03
        assert best >= 1.25 * second
        assert decision["speedups"][decision["first"]] == pytest.approx(1 / (1 - best), rel=1e-7)


# --- balance ---------------------------------------------------------------------------------------------------------


def between(counter, low, high):
    return all(low <= times / counter.total() <= high for times in counter.values())


def test_no_answer_is_right_for_too_many(made, read_by_us):
    first = Counter(decision["first"] for _, _, decision in read_by_us)
    assert len(first) == 4
    assert between(first, 0.2, 0.3)
    verdicts = Counter(verdict for _, diagnosis, _ in read_by_us for verdict in diagnosis["verdict"])
    assert len(verdicts) == 5
    assert between(verdicts, 0.15, 0.25)
    assert between(Counter(scenario["core"]["width"] for scenario, _ in made), 0.45, 0.55)
    kinds = Counter(frozenset(event["kind"] for event in scenario["core"]["events"]) for scenario, _ in made)
    assert len(kinds) == 3
    assert between(kinds, 0.25, 0.4)


def test_the_first_change_is_about_anything(made, read_by_us):
    nodes, large = Counter(), 0
    for (scenario, services), (_, _, decision) in zip(made, read_by_us, strict=True):
        change = next(one for one in scenario["changes"] if one["change"] == decision["first"])
        nodes[change["node"]] += 1
        large += change["node"] != next(one.held_back_by for one in services if one.name == change["service"])
    assert len(nodes) == 5
    assert between(nodes, 0.05, 0.35)
    assert 0.03 < large / len(made) < 0.1  # what looks too good is seldom right, and not never


RULES = {
    "the largest factor": (lambda time, share, factor: factor, 0.1),
    "the largest share of the slots": (lambda time, share, factor: share, 0.4),
    "the service that takes longest": (lambda time, share, factor: (time, share), 0.8),
    "the largest area": (lambda time, share, factor: time * share, 0.6),
    "time forgotten": (lambda time, share, factor: share * (1 - 1 / factor), 0.75),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_leaves_something_out_is_often_wrong(rule, made, read_by_us):
    by, most = RULES[rule]
    right = 0
    for (scenario, _), (metrics, diagnosis, decision) in zip(made, read_by_us, strict=True):
        rows = {service: row for row, service in enumerate(scenario["counts"]["service"])}
        worth = {
            change["change"]: by(
                diagnosis["time_share"][rows[change["service"]]],
                float(metrics[change["node"]][rows[change["service"]]]),
                change["times_fewer"],
            )
            for change in scenario["changes"]
        }
        right += max(worth, key=worth.get) == decision["first"]
    assert right / len(made) < most


def test_every_core_has_to_be_read(made):
    """None counts like Skylake in the practical, and all have services with one thread and with two."""
    for scenario, _ in made:
        events = {event["kind"]: event for event in scenario["core"]["events"]}
        marks = {events[kind]["counted_by"] for kind in ("clocks", "recovery")}
        alike = [{"retired_ops", "no_op"} <= set(events), events["recovery"]["unit"] == "clock"]
        assert not (all(alike) and marks == {"both threads"})
        assert 0 < sum(scenario["counts"]["SMT_ON"]) < 3


# --- what students get -----------------------------------------------------------------------------------------------


def test_a_scenario_is_plain_data_and_always_the_same(author, made):
    other = loaded()
    for student, (scenario, _) in list(zip(STUDENTS, made, strict=True))[:30]:
        assert json.loads(json.dumps(scenario)) == scenario == other.scenario(student, "salt")
        assert other.scenario(student, "another salt") != scenario
    assert len({json.dumps(scenario) for scenario, _ in made}) == len(made)


def test_the_data_hold_no_answer(made):
    said = " ".join({key for scenario, _ in made[:50] for key in keys_of(scenario)})
    assert not re.search("verdict|held|best|first|formula|speedup|share", said)


def keys_of(data):
    if isinstance(data, dict):
        return [*data, *(key for value in data.values() for key in keys_of(value))]
    return [key for value in data for key in keys_of(value)] if isinstance(data, list) else []


def test_the_page_says_all_that_the_file_needs(made):
    for scenario, _ in made[:200]:
        core, page = scenario["core"], scenario["manual"]
        for event in core["events"]:
            mark = {"both threads": " †", "first thread": " ‡", "own thread": ""}[event["counted_by"]]
            assert f"| `{event['name']}`{mark} | {event['unit']} |" in page
        for node, limit in core["thresholds"].items():
            assert f"`{node}` | {100 * limit:.1f} % of the slots" in page
        for said in (
            core["identifier"],
            core["document"]["id"],
            core["event_file"]["version"],
            f"{core['width']} oper",
        ):
            assert said in page
        assert "{" not in page


# --- the notebook's own tool -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tool():
    """The course cell that evaluates a metric file, run by itself."""
    cell = next(cell for cell in read(FOLDER / "notebook.py") if "def value_of(" in cell.text)
    namespace = {"ast": ast, "json": json, "np": np, "pd": pd}
    exec(cell.text, namespace)
    return namespace


@pytest.mark.parametrize("cpu", METRIC_FILES)
def test_the_notebooks_evaluator_agrees_with_ours_on_the_vendors_formulas(tool, cpu):
    rng = np.random.default_rng(7)
    for metric in load_metric_file(cpu).metrics.values():
        names = {node.id for node in ast.walk(ast.parse(metric.formula)) if isinstance(node, ast.Name)}
        values = {name: rng.uniform(1, 2, size=6) for name in names - {"min", "max", "d_ratio"}}
        tree = ast.parse(metric.formula, mode="eval").body
        np.testing.assert_allclose(tool["value_of"](tree, values), evaluate_expression(metric.formula, values))


def test_the_notebooks_tables_agree_with_ours(tool, made, read_by_us):
    for (scenario, _), (metrics, _, _) in list(zip(made, read_by_us, strict=True))[:40]:
        found, flags = tool["evaluate"](core_metric_file(scenario), scenario["counts"])
        assert set(found) == set(metrics)
        for name in metrics:
            np.testing.assert_allclose(found[name], metrics[name])
        for node, limit in scenario["core"]["thresholds"].items():
            np.testing.assert_array_equal(flags[node], metrics[node] > limit)


@pytest.mark.parametrize(
    "formula", ["__import__('os')", "a.b", "[a]", "lambda: a", "a if b", "f(a, b)", "'a'", "a ** b"]
)
def test_the_notebooks_evaluator_runs_no_program(tool, formula):
    with pytest.raises((ValueError, KeyError, SyntaxError)):
        tool["value_of"](ast.parse(formula, mode="eval").body, {"a": np.ones(2), "b": np.ones(2)})


# --- what markers read -----------------------------------------------------------------------------------------------


def test_the_model_answers_numbers_agree_with_each_other(made, read_by_us):
    """Its chain: share of the time times share of the slots is the area; the area and the factor give the speed-up."""
    facts_of = load(load_module(FOLDER.parent)).model_answers["m02_core_defence"].facts
    for (scenario, _), (_, _, decision) in list(zip(made, read_by_us, strict=True))[:100]:
        facts = facts_of(scenario)
        time, share, area = (float(facts[name].rstrip("%")) / 100 for name in ("time_share", "share", "area"))
        assert facts["first"] == decision["first"]
        assert time * share == pytest.approx(area, abs=2e-3)
        speedup = 1 / (1 - area * (1 - 1 / float(facts["times_fewer"])))
        assert float(facts["speedup"]) == pytest.approx(speedup, abs=2e-3)
        assert float(facts["second_speedup"]) < float(facts["speedup"]) < float(facts["ceiling"])
