"""A certificate as PDF: tagged for assistive technology (PDF/UA-1), the same bytes whenever it is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from graders.certify.facts import Facts
from graders.certify.issue import Certificate
from graders.pages import folder, visible

_LAST = "\u017f"  # of the Latin letters of Europe
_PUNCTUATION = "‘’“”‹›–—…€"


def certificate_pdf(one: Certificate, facts: Facts) -> bytes:
    """The PDF of a certificate.

    Parameters
    ----------
    one : Certificate
        To show.
    facts : Facts
        Of it.

    Returns
    -------
    bytes
    """
    from typst import TypstError  # loads its fonts

    told = _mapped(visible, _said(one, facts))
    try:
        return _compiled(told)
    except TypstError as failure:
        if "could not be displayed" not in failure.message:
            raise
    return _compiled(_mapped(_numbered, told))


def _compiled(told: Mapping[str, Any]) -> bytes:
    compiler, template = _compiler()
    data = json.dumps(told, ensure_ascii=False)
    return bytes(compiler.compile(template, format="pdf", pdf_standards="ua-1", sys_inputs={"data": data}))


@cache
def _compiler() -> tuple[Any, bytes]:
    from typst import Compiler

    return Compiler(ignore_system_fonts=True), (folder("certificate") / "certificate.typ").read_bytes()


def _said(one: Certificate, facts: Facts) -> dict[str, Any]:
    credential = one.credential
    subject = credential["credentialSubject"]
    return {
        "name": credential["name"],
        "student": one.student,
        "issuer": credential["issuer"]["name"],
        "date": credential["validFrom"][:10],
        "id": one.id,
        "key": credential["issuer"]["id"],
        "fingerprint": facts.fingerprint,
        "qr": facts.qr,
        "criteria": subject["achievement"]["criteria"]["narrative"],
        "conditions": subject["narrative"],
        "modules": [asdict(each) for each in facts.modules],
        "rubrics": [asdict(each) for each in facts.rubrics],
    }


def _mapped(shown: Callable[[str], str], said: Any) -> Any:
    """Every text in it as it is shown."""
    if isinstance(said, dict):
        return {name: value if name == "qr" else _mapped(shown, value) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return [_mapped(shown, value) for value in said]
    return shown(said) if isinstance(said, str) else said


def _numbered(text: str) -> str:
    """A text whose characters the fonts of paper certainly have: others stand by their number, as hidden ones do."""
    return "".join(one if one <= _LAST or one in _PUNCTUATION else f"‹U+{ord(one):04X}›" for one in text)
