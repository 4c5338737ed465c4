"""The tiny course, made once and copied for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from graders.course import load
from graders.gradebook import Gradebook
from tests.gradebook import tiny
from tests.gradebook.databases import copy_release, execute

_SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_numbers = itertools.count()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The course as nbgrader left it after the release."""
    return tiny.make(tmp_path_factory.mktemp("tiny") / "course").root


@pytest.fixture
def course(template, tmp_path):
    """A course of its own."""
    return load(shutil.copytree(template, tmp_path / "course"))


@pytest.fixture
def gradebook(course):
    with Gradebook.open(course) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgresql():
    """URL of a PostgreSQL server of our own on a Unix socket; skips where none is installed."""
    if not _SERVERS:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="aisa-pg-") as folder:  # pytest's own folders are closed to other users
        yield from _served(Path(folder))


def _served(folder):
    run_as = {}
    if os.geteuid() == 0:  # the server refuses the superuser
        shutil.chown(folder, "postgres", "postgres")
        run_as = {"user": "postgres", "group": "postgres", "extra_groups": []}
    programs = _SERVERS[-1]
    data = folder / "data"

    def run(*command):
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, **run_as)
        assert done.returncode == 0, done.stderr + done.stdout

    run(programs / "initdb", "--pgdata", data, "--auth", "trust", "--username", "aisa", "--no-sync")
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        line = [programs / "postgres", "-D", data, *options]
        server = subprocess.Popen(line, stdout=log, stderr=log, cwd=folder, **run_as)
    try:
        ready = [programs / "pg_isready", "--quiet", "--host", folder]
        while subprocess.run(ready, check=False).returncode and server.poll() is None:
            pass
        assert server.poll() is None, (folder / "log").read_text()
        yield f"postgresql+psycopg://aisa@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=60)


@pytest.fixture(params=["sqlite", "postgresql"])
def open_course(request, course):
    """The course on either database, released."""
    if request.param == "sqlite":
        return course
    url = request.getfixturevalue("released_on_postgresql")
    name = f"grades_{next(_numbers)}"
    execute(url, f"CREATE DATABASE {name} TEMPLATE released", isolation_level="AUTOCOMMIT")
    return replace(course, database=url.replace("/postgres?", f"/{name}?"))


@pytest.fixture(scope="session")
def released_on_postgresql(postgresql, template):
    """A database server with the released course in a database to copy."""
    execute(postgresql, "CREATE DATABASE released", isolation_level="AUTOCOMMIT")
    course = load(template)
    there = replace(course, database=postgresql.replace("/postgres?", "/released?"))
    Gradebook.open(there).close()
    copy_release(course.database, there.database)
    return postgresql
