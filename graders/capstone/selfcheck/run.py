"""Check your design document before you hand it in: `python selfcheck` in its folder, as often as you like.

It looks at what can be seen without a model: files that can be read (L0), units (L1), completeness (L2), your brief
(L3), prose and claims that agree (L5), identities that any design keeps (L6). It writes `evidence/claims.json`, which
your notebooks read. It exits with 1 if there is something to mend.

Only your instructor's check recomputes: every claim by a reference model, and its queue by simulation (L4); every
verdict, and whether a decision rests on a wrong number (L7); the strongest drivers and the width of intervals (L8);
your evidence notebooks, run in a sandbox (L9). Nothing here can tell you that a number is right.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graders.capstone import expression, prose, units
from graders.capstone.records import SECTIONS, Claim, Section

HERE = Path(__file__).resolve().parent
_FEWEST_WORDS = {"S12": 60, "S13": 60, "S14": 60}
_A_SENTENCE = 12
_ALTERNATIVES = 2


def main(folder: Path) -> int:
    """Print what there is to mend in a document's folder; the exit status."""
    known = json.loads((HERE / "pack.json").read_text(encoding="utf-8"))
    found: list[tuple[str, str]] = []
    files = {name: _file(folder / f"{name}.yaml", keys, found) for name, keys in known["keys"].items()}
    claims = {one["id"]: one for one in files["claims"]}
    values = dict(_values(claims, known, found))
    found += [*_missing(claims, known), *_plan(files, claims), *_brief(folder, values, known)]
    text = (folder / "design.md").read_text(encoding="utf-8") if (folder / "design.md").is_file() else ""
    found += [*_prose(text, claims, known["figures"]), *_identities(values, known)]
    for level, message in sorted(found):
        print(f"{level}  {message}")  # noqa: T201  that is what it is for
    _write_claims(folder, claims)
    print(f"{len(claims)} claims, {len(found)} things to mend. L4, L7, L8 and L9 are your instructor's.")  # noqa: T201
    return 1 if found else 0


def _file(path: Path, keys: dict[str, Any], found: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Entries of a file that are what they should be; others are said."""
    import yaml  # comes with JupyterLab

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = content[keys["list"]]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as failure:
        found.append(("L0", f"{path.name} cannot be read: {failure}"))
        return []
    good = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        name = entry.get("id", f"entry {number}") if isinstance(entry, dict) else f"entry {number}"
        given = set(entry) if isinstance(entry, dict) else set()
        odd, lacking = given - set(keys["may"]), set(keys["must"]) - given
        if odd or lacking:
            said = [f"unknown key {key}" for key in sorted(map(str, odd))] + [f"no {key}" for key in sorted(lacking)]
            found.append(("L0", f"{path.name}: {name}: {', '.join(said)}"))
        if not lacking:
            good.append(entry)
    return good


def _values(claims: dict[str, Any], known: dict[str, Any], found: list[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """Values in the units of the pack; units that do not fit are said."""
    wanted = {one["id"]: one for one in known["claims"]}
    for id_, claim in claims.items():
        value, unit = claim["value"], str(claim.get("unit", "1"))
        required = wanted.get(id_, {"unit": unit, "is_word": isinstance(value, str | list)})
        try:
            if required["is_word"]:
                yield id_, value
            else:
                yield id_, units.converted(float(value), unit, required["unit"])
        except (ValueError, TypeError) as failure:
            found.append(("L1", f"{id_}: {failure}"))


def _missing(claims: dict[str, Any], known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for one in known["claims"]:
        if one["id"] not in claims:
            yield "L2", f"{one['id']} is missing ({one['section']}): {one['says']}, in {one['unit']}"
        elif claims[one["id"]]["kind"] != one["kind"]:
            yield "L2", f"{one['id']} is of kind {claims[one['id']]['kind']}, expected {one['kind']}"


def _plan(files: dict[str, list[dict[str, Any]]], claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    decisions = {one["id"] for one in files["decisions"]}
    items = {one["id"] for one in files["validation"]}
    for one in files["decisions"]:
        if len(one["options"]) - 1 < _ALTERNATIVES:
            yield "L2", f"decision {one['id']}: two alternatives at least"
        if one["confirmation"] not in items | set(claims):
            yield "L2", f"decision {one['id']} is confirmed by {one['confirmation']}, which there is not"
    targets = {id_ for id_, one in claims.items() if one["kind"] == "target"}
    for leaf in files["utility_tree"]:
        if (leaf["importance"], leaf["difficulty"]) == ("H", "H"):
            led = {
                "target": targets & set(leaf.get("claims", [])),
                "decision": decisions & set(leaf.get("decisions", [])),
                "validation item": items & set(leaf.get("validation", [])),
            }
            for what, ids in led.items():
                if not ids:
                    yield "L2", f"leaf {leaf['id']} is (H, H) and leads to no {what}"


def _brief(folder: Path, values: dict[str, Any], known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    path = folder / "evidence" / "brief.json"
    if not path.is_file():
        yield "L3", "evidence/brief.json is missing: take it from your brief"
        return
    brief = json.loads(path.read_text(encoding="utf-8"))
    given = {**brief["values"], **brief["machines"].get(str(values.get(known["machine"])), {})}
    if known["machine"] in values and values[known["machine"]] not in brief["machines"]:
        yield "L3", f"{known['machine']}: your brief offers {', '.join(brief['machines'])}"
    for id_, right in given.items():
        if id_ in values and not _is_given(values[id_], right):
            yield "L3", f"{id_} is {values[id_]}, your brief says {right}"


def _is_given(stated: Any, right: Any) -> bool:
    if isinstance(stated, float) and isinstance(right, float):
        return math.isclose(stated, right, rel_tol=0.002)
    return bool(stated == right)


def _prose(text: str, claims: dict[str, Any], figures: list[str]) -> Iterator[tuple[str, str]]:
    sections = {one.id: one for one in prose.sections(text)}
    spoken: set[str] = set()
    for id_ in SECTIONS:
        words = len(sections[id_].text.split()) if id_ in sections else 0
        if words < _FEWEST_WORDS.get(id_, _A_SENTENCE):
            yield "L2", f"design.md: section {id_} is missing or has only {words} words"
    for section in sections.values():
        found, nowhere = prose.referred(section.text, claims.keys())
        spoken |= found
        if nowhere:
            yield "L5", f"design.md {section.id}: no such claim: {', '.join(sorted(nowhere))}"
        for line in prose.misasked(section.text, figures):
            yield "L5", f"design.md {section.id}: {line!r} asks for no table and no figure"
        if numbers := prose.unbound_numbers(section.text):
            yield "L5", f"design.md {section.id}: numbers that no claim stands for: {', '.join(numbers)}"
        yield from _references(section, claims)
    if silent := sorted(set(claims) - spoken):
        yield "L5", f"design.md speaks nowhere of {', '.join(silent)}"


def _references(section: Section, claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """References in a unit that does not fit."""
    for reference in prose.REFERENCE.finditer(section.text):
        if reference[2] and reference[1] in claims:
            claim = Claim(reference[1], "derived", 1.0, str(claims[reference[1]].get("unit", "1")))
            try:
                prose.shown(claim, reference[2])
            except ValueError as failure:
                yield "L5", f"design.md {section.id}: {reference[0]}: {failure}"


def _identities(values: dict[str, Any], known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for one in known["identities"]:
        try:
            left, right = (float(expression.evaluate(one[side], values)) for side in ("left", "right"))
        except (ValueError, TypeError):
            continue  # a claim is missing, which was said
        room = one["tolerance"] * max(abs(left), abs(right)) + 1e-12
        kept = left <= right + room if one["relation"] == "<=" else abs(left - right) <= room
        if not kept:
            said = f"{one['left']} {one['relation']} {one['right']}"
            yield "L6", f"{one['claim']}: {one['says']}: expected {said}, found {left:.4g} and {right:.4g}"


def _write_claims(folder: Path, claims: dict[str, Any]) -> None:
    if (folder / "evidence").is_dir():
        content = {id_: {"value": one["value"], "unit": one.get("unit", "1")} for id_, one in claims.items()}
        (folder / "evidence" / "claims.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
