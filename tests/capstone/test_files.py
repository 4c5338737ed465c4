"""Files of a document: what is wrong in one is said with file, line and field, and the rest is still read."""

from __future__ import annotations

import json
import shutil

import pytest

from graders.capstone import document as documents
from graders.capstone.check import check
from graders.capstone.files import schemas
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.llm_serving.sample import SAMPLE
from graders.capstone.writing import claims_yaml
from graders.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SAMPLE.folder, tmp_path / "design")


def replaced(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "says", "where"),
    [
        ("claims.yaml", "    kind: target", "    kind: target\n    colour: red", "unknown key", "claims[0].colour"),
        ("claims.yaml", "    kind: target", "    kind: wish", "'input', 'choice'", "claims[0].kind"),
        ("claims.yaml", "pack: llm_serving", "pack: lunch", "llm_serving", "claims.yaml:2: pack"),
        ("claims.yaml", "- id: req.slo_ttft_p99", "- id: Req", "match pattern", "claims[0].id"),
        ("claims.yaml", '    source: "brief"', "", "says its source", "claims[0]"),
        ("claims.yaml", "- id: req.slo_tpot_p99", "- id: req.slo_ttft_p99", "there twice", "claims.yaml"),
        ("claims.yaml", "    value: 0.9", "    value: .inf", "finite", "claims[0].value"),
        ("claims.yaml", "    value: 0.9", "    value: [", "is not YAML", "claims.yaml:"),
        ("decisions.yaml", "outcome: H100 SXM", "outcome: B100", "none of the options", "decisions[0]"),
        ("decisions.yaml", "date: 2026-03-02", "date: soon", "date", "decisions[0].date"),
        ("utility_tree.yaml", "importance: H", "importance: high", "'H', 'M' or 'L'", "leaves[0].importance"),
        ("validation.yaml", "samples: 3000", "samples: 0", "greater than or equal to 1", "validation[0].samples"),
    ],
)
def test_what_is_wrong_is_located(folder, brief, graph, file, old, new, says, where):
    replaced(folder / file, old, new)
    read, findings = documents.read(folder)
    (finding,) = findings
    assert (finding.level, finding.severity, finding.code) == ("L0", "blocking", "unreadable-file")
    assert says in finding.message
    assert where in finding.where
    assert str(folder) not in finding.where + finding.message
    assert read.sections
    assert check(read, brief, PACK, findings, graph=graph).blocking


@pytest.mark.parametrize("file", ["claims.yaml", "decisions.yaml", "utility_tree.yaml", "validation.yaml", "design.md"])
def test_a_missing_file_is_a_finding(folder, file):
    (folder / file).unlink()
    _, findings = documents.read(folder)
    assert [one.where.split(":")[0] for one in findings] == [file]


def test_bytes_links_and_folders_are_findings(folder, tmp_path):
    (folder / "design.md").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "elsewhere.yaml").write_text("claims: []\n")
    (folder / "claims.yaml").unlink()
    (folder / "claims.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (folder / "validation.yaml").write_text("[" * 100_000)
    _, findings = documents.read(folder)
    assert {one.where.split(":")[0] for one in findings} == {"claims.yaml", "design.md", "validation.yaml"}


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        documents.read(tmp_path / "nowhere")


def test_exponents_that_yaml_takes_for_text_are_numbers(folder):
    replaced(folder / "claims.yaml", "    value: 0.9\n", "    value: 9e-1\n")
    read, findings = documents.read(folder)
    assert findings == ()
    assert read.claims["req.slo_ttft_p99"].value == 0.9


def test_what_is_written_reads_back(document, folder):
    (folder / "claims.yaml").write_text(claims_yaml(PACK.id, document.claims.values()))
    read, findings = documents.read(folder)
    assert findings == ()
    assert {id_: (one.value, one.unit, one.formula) for id_, one in read.claims.items()} == {
        id_: (one.value, one.unit, one.formula) for id_, one in document.claims.items()
    }


def test_schemas_refuse_unknown_keys():
    for content in schemas().values():
        schema = json.loads(content)
        objects = [schema, *schema["$defs"].values()]
        assert all(one["additionalProperties"] is False for one in objects if one.get("type") == "object")
