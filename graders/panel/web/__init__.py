"""The panel's pages: a reviewer comes in by a link, declares, reads, scores, seals. All of it works without script."""

from __future__ import annotations

from graders.panel.web.application import application

__all__ = ["application"]
