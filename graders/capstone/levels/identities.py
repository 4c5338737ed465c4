"""L6: what holds of any design: memory adds up, rooflines bound, Little's law closes, percentiles are in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graders.capstone import expression, prose
from graders.capstone.expression import ExpressionError
from graders.capstone.findings import Finding
from graders.capstone.levels.matter import Matter
from graders.capstone.pack import Identity
from graders.capstone.records import Value


def physics_holds(matter: Matter) -> Iterator[Finding]:
    """Each identity of the pack, on the document's own values."""
    for one in matter.index.pack.identities:
        sides = both_sides(one, matter.values)
        if sides is None or is_kept(one, *sides):
            continue
        left, right = (prose.number(side, 4) for side in sides)
        message = f"{one.says}: expected {one.left} {one.relation} {one.right}, found {left} and {right}"
        yield matter.finding("L6", "blocking", "impossible", one.claim, message)


def both_sides(identity: Identity, values: Mapping[str, Value]) -> tuple[float, float] | None:
    """Both sides of an identity; None where a claim is missing."""
    try:
        left, right = (float(expression.evaluate(side, values)) for side in (identity.left, identity.right))
    except (ExpressionError, TypeError, ValueError):
        return None
    return left, right


def is_kept(identity: Identity, left: float, right: float) -> bool:
    """Whether the relation holds within the identity's tolerance."""
    room = identity.tolerance * max(abs(left), abs(right)) + 1e-12
    return left <= right + room if identity.relation == "<=" else abs(left - right) <= room
