"""nbgrader's own commands, each in a fork of a process that has imported nbgrader: that takes longer than most of them.

The fork ends as a program does; the version of the database's form, which nbgrader asks another process for whenever it
makes a gradebook, is asked for once.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from graders.nbgrader_bridge import command

PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
"""Programs of this environment first."""

_PROCESS = """
import json, os, sys
import nbgrader.apps
import nbgrader.api

version = nbgrader.api.get_alembic_version()
nbgrader.api.get_alembic_version = lambda: version
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
os.chdir(asked["root"])
os.environ.clear()
os.environ.update(asked["environment"])
for number, path in enumerate((os.devnull, *asked["streams"])):
    stream = os.open(path, os.O_RDWR)
    os.dup2(stream, number)
    os.close(stream)
getattr(nbgrader.apps, asked["app"]).launch_instance(argv=asked["arguments"])
"""


def nbgrader(
    root: Path,
    *arguments: str,
    app: str = "NbGraderApp",
    environment: Mapping[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a course.

    Parameters
    ----------
    root : Path
        The course.
    *arguments : str
        As they follow `nbgrader`.
    app : str
        The command's class in `nbgrader.apps`; then its name is none of the arguments.
    environment : mapping, optional
        All variables that it has; ours, if not given.
    check : bool
        Whether it must succeed.
    """
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.NamedTemporaryFile("r") as said, tempfile.NamedTemporaryFile("r") as complained:
        asked = {
            "root": str(root),
            "app": app,
            "arguments": arguments,
            "environment": {**os.environ, "PATH": PATH} if environment is None else dict(environment),
            "streams": [said.name, complained.name],
        }
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        done = subprocess.CompletedProcess(arguments, int(process.stdout.readline()), said.read(), complained.read())
    if check and done.returncode:
        raise AssertionError(f"nbgrader {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done


@contextmanager
def in_forks() -> Iterator[None]:
    """Whatever `aisa` itself asks of nbgrader runs this way, too."""

    def forked(line: list[str], *, cwd: Path, env: Mapping[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        return nbgrader(cwd, *line[line.index("nbgrader") + 1 :], environment=env, check=False)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(command, "subprocess", SimpleNamespace(run=forked))
        yield


@functools.cache
def _process() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PROCESS],
        env={**os.environ, "PATH": PATH},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)  # it ends where its input does
    return process
