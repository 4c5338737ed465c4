"""The students' own check: it runs alone, finds what needs no model, and holds no formula of ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

from graders.capstone import evidence
from graders.capstone.selfcheck import package
from tests.capstone.samples import made


def laid_out(sampled, place):
    """The sample's folder as a student has it."""
    folder = shutil.copytree(sampled.case.sample.folder, place / "design")
    (folder / "selfcheck").mkdir()
    for name, content in package(sampled.case.pack).items():
        (folder / "selfcheck" / name).write_bytes(content)
    for name, content in evidence.files(sampled.brief).items():
        (folder / "evidence" / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(tmp_path):
    return laid_out(made("llm_serving"), tmp_path)


def run(folder):
    """It, as a student runs it: none of our packages can be imported."""
    command = [sys.executable, "-I", "-B", "selfcheck"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PATH": ""}, check=False)


def test_a_sample_has_nothing_to_mend(each, tmp_path):
    folder = laid_out(each, tmp_path)
    ran = run(folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("0 things to mend. L4, L7, L8 and L9 are your instructor's.\n")
    claims = json.loads((folder / "evidence" / "claims.json").read_text())
    machine = each.case.pack.machine
    assert claims[machine]["value"] == each.document.claims[machine].value


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("claims.yaml", "    kind: target", "    kind: target\n    colour: red", "L0  claims.yaml"),
        ("claims.yaml", "    unit: degC", "    unit: K", "L1  req.junction_limit"),
        ("claims.yaml", "  - id: tail.ttft_p95", "  - id: tail.ttft_p96", "L2  tail.ttft_p95 is missing"),
        ("claims.yaml", "    value: 0.9\n", "    value: 0.95\n", "L3  req.slo_ttft_p99"),
        ("design.md", "in {cap.nodes} hosts", "in 4 hosts", "L5  design.md S0"),
        ("design.md", "{cap.nodes}", "{cap.hosts}", "no such claim: cap.hosts"),
        ("design.md", "{figure roofline}", "{figure rooflines}", "asks for no table and no figure"),
        ("decisions.yaml", "confirmation: one-replica", "confirmation: time", "L2  decision machine"),
        ("utility_tree.yaml", "validation: [one-replica, spares-at-peak]", "validation: []", "L2  leaf first-token"),
    ],
)
def test_what_needs_no_model_is_found(folder, file, old, new, says):
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    ran = run(folder)
    assert ran.returncode == 1
    assert says in ran.stdout
    assert ran.stderr == ""


def test_an_identity_that_is_broken_is_found(folder, document):
    path = folder / "claims.yaml"
    value = f"{document.claims['cap.gpus'].value:.0f}"
    text = path.read_text().replace(f"id: cap.gpus\n    kind: derived\n    value: {value}",
                                    f"id: cap.gpus\n    kind: derived\n    value: {value}1")  # fmt: skip
    path.write_text(text)
    assert "L6  cap.gpus: devices are replicas times what shares one" in run(folder).stdout


def test_a_wrong_number_is_the_instructors_to_find(folder):
    """It says so itself, and does not know better."""
    path = folder / "claims.yaml"
    path.write_text(path.read_text().replace("id: therm.tj\n    kind: derived\n    value: ",
                                             "id: therm.tj\n    kind: derived\n    value: 1"))  # fmt: skip
    assert run(folder).returncode == 0


def test_no_formula_and_no_reference_is_in_it(each):
    pack = each.case.pack
    content = package(pack)
    text = b"\n".join(content.values()).decode()
    assert "reference_solutions" not in text
    assert "import graders" not in text
    assert "from graders" not in text
    functions = {one.formula for one in pack.claims if one.is_function}
    assert len(functions) > 8
    assert [name for name in functions if re.search(rf"\b{name}\b(?<!wl\.{name})", text)] == []
    assert '"formula":' not in content["pack.json"].decode()
    identities = {side for one in pack.identities for side in (one.left, one.right)}
    written = {one.formula for one in pack.claims if one.formula and not one.is_function} - identities
    assert [one for one in written if one in text] == []
    assert [
        one for required in pack.claims for one in required.arguments.values() if len(one) > 40 and one in text
    ] == []
