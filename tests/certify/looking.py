"""What a verifier sees, as tests read it."""

from __future__ import annotations

import json

from graders.certify.finding import Beside
from graders.certify.keys import read_profile
from graders.certify.verify import verify


def held(document, **beside):
    """Check -> (whether it holds, what was found)."""
    text = document if isinstance(document, bytes) else json.dumps(dict(document)).encode()
    return {one.name: (one.held, one.says) for one in verify(text, Beside(**beside)).checks}


def profile_of(course):
    """The issuer's profile, as it is published."""
    return read_profile(course.root / "issuer.json")
