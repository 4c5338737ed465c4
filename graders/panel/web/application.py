"""The application: which address leads where, and what surrounds every answer."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graders.errors import AisaError, GraderError, UsageError
from graders.pages import folder
from graders.panel.desk import Desk
from graders.panel.pages import render
from graders.panel.web import entry, visits
from graders.panel.web.visits import Visit

_COOKIE = "aisa_panel"
_LARGEST = 1_000_000
"""Bytes of a form: ten comments of the longest kind, each character in its longest encoding, and room."""
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_OWN = {"panel.css": "text/css", "panel.js": "text/javascript"}


def application(desk: Desk, *, hosts: Sequence[str] = ("127.0.0.1", "localhost")) -> ASGIApp:
    """The panel's pages over a course.

    Parameters
    ----------
    desk : Desk
        Open as long as the pages are served.
    hosts : sequence of str
        Names under which browsers may ask: a page elsewhere cannot make one of its own stand for us.

    Returns
    -------
    ASGIApp
    """
    desk_lock = threading.Lock()  # one ledger, one connection: one visit at a time

    def page(visit: Callable[[Visit], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            form = {key: str(value) for key, value in (await request.form()).items()} if _writes(request) else {}

            def attended() -> Response:
                with desk_lock:
                    return _attended(desk, request, form, visit)

            return await run_in_threadpool(attended)

        return answer

    async def enter(request: Request) -> Response:
        token = request.path_params["token"]
        if not _writes(request):  # a look at the link, by whatever previews links, does not use it up
            return HTMLResponse(render("enter.html.j2", token=token))

        def entered() -> Response:
            with desk_lock:
                try:
                    held = entry.enter(desk, token)
                except AisaError as problem:
                    return _problem(problem, 403)
            answer = RedirectResponse("/", 303)
            secure = request.url.scheme == "https"
            answer.set_cookie(_COOKIE, held, httponly=True, samesite="strict", secure=secure, path="/")
            return answer

        return await run_in_threadpool(entered)

    async def own(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _OWN:
            return _problem(UsageError("there is no such page"), 404)
        return Response((folder("panel") / name).read_bytes(), media_type=_OWN[name])

    case = "/case/{case}"
    routes = [
        Route("/enter/{token}", enter, methods=["GET", "POST"]),
        Route("/own/{name}", own),
        Route("/", page(visits.desk_of)),
        Route("/leave", page(visits.leave), methods=["POST"]),
        Route(case, page(visits.case)),
        Route(f"{case}/conflicts", page(visits.declare), methods=["POST"]),
        Route(f"{case}/packet", page(visits.packet)),
        Route(f"{case}/score", page(visits.score), methods=["GET", "POST"]),
        Route(f"{case}/check", page(visits.check)),
        Route(f"{case}/seal", page(visits.seal), methods=["POST"]),
    ]
    middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts)), Middleware(_Bounded)]
    inner = Starlette(routes=routes, middleware=middleware, exception_handlers={404: _not_found, 405: _not_found})
    return _Headed(inner)


def _attended(desk: Desk, request: Request, form: dict[str, str], visit: Callable[[Visit], Response]) -> Response:
    who = entry.session(desk, request.cookies.get(_COOKIE, ""))
    if who is None:
        return _problem(UsageError("you have not come in, or your session has ended", do="Use the link you got."), 403)
    if _writes(request) and form.get("csrf") != who.csrf:
        return _problem(UsageError("this form is not one that you were given", do="Go back, load it anew."), 403)
    try:
        return visit(Visit(desk, who, request.path_params.get("case", ""), form))
    except GraderError as problem:
        return _problem(problem, 500)
    except AisaError as problem:
        return _problem(problem, 409)


def _writes(request: Request) -> bool:
    return request.method == "POST"


def _problem(problem: AisaError, status: int) -> HTMLResponse:
    said = problem.message[:1].upper() + problem.message[1:]
    return HTMLResponse(render("problem.html.j2", said=said, do=problem.do), status)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _problem(UsageError("there is no such page", do="Go to the list of your cases."), 404)


class _Headed:
    """Every answer carries what a browser must not do with it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *((name.encode(), value.encode()) for name, value in _HEADERS.items()),
                ]
            await send(message)

        await self.app(scope, receive, headed)


class _Bounded:
    """No form is larger than one that a person can fill in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = dict(scope.get("headers", [])).get(b"content-length", b"0")
        chunked = b"transfer-encoding" in dict(scope.get("headers", []))
        if chunked or not said.isdigit() or int(said) > _LARGEST:
            await _problem(UsageError("this is more than a form can hold"), 413)(scope, receive, send)
            return
        await self.app(scope, receive, send)
