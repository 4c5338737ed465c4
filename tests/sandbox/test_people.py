"""The same promises for other people: an ordinary user, with and without namespaces, and a container's superuser.

The superuser runs this; the tests of this folder then run again in a process of theirs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.sandbox import default_interpreter
from tests.sandbox.notebooks import start, unavailable

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or bool(os.environ.get("AISA_TEST_PEOPLE")), reason="the superuser starts these"
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody can reach; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def run_as(who: str, place: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody else."""
    root = HERE.parents[1]
    surroundings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(root),
        "HOME": str(place),
        "TMPDIR": str(place),
        "AISA_TEST_PEOPLE": who,
        "AISA_SANDBOX_PYTHON": str(default_interpreter()),
        **{name: value for name, value in os.environ.items() if name == "AISA_REQUIRE_LAYERS"},
        **environment,
    }
    full = [sys.executable, str(HERE / "become.py"), who, *command]
    done = subprocess.run(full, cwd=root, env=surroundings, capture_output=True, text=True, check=False)
    if "become.py" in done.stderr and "PermissionError" in done.stderr:
        unavailable(f"cannot become {who}: {done.stderr[-300:]}")
    return done


def test_an_ordinary_user(place: Path) -> None:
    """In both shapes that it has, namespaces below a user namespace and none at all, everything holds."""
    chosen = [
        str(HERE / name) for name in ("test_isolation.py", "test_layers.py", "test_limits.py", "test_endpoint.py")
    ]
    those = "test_isolation or doctor or alone or test_functions or lie or redefined or test_files or test_processes"
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={place / 'inner'}", "-k", f"({those}) and not forged"]
    done = run_as("ordinary", place, sys.executable, "-m", "pytest", *options, *chosen)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


PROBE = """
from graders.sandbox import Sandbox, default_interpreter
from graders.records import Cell, Request
with Sandbox(default_interpreter()) as sandbox:
    with sandbox.run([Cell(0, "import os\\ndef f(): return os.getuid()", ("s",))], {"a": b"1"}) as run:
        print(sandbox.unsafe, "own-user" in sandbox.layers, "own-tree" in sandbox.layers)
        print(run.endpoint("s").ask([Request("call", "f")])[0].kind)
"""


def test_the_superuser_of_a_container_without_cap_sys_admin(place: Path) -> None:
    start("user").close()
    done = run_as("no-admin", place, sys.executable, "-c", PROBE)
    assert done.stdout == "() True True\nvalue\n", done.stderr[-2000:]


def test_the_superuser_without_any_namespace(place: Path) -> None:
    done = run_as("open", place, sys.executable, "-c", PROBE, AISA_SANDBOX_SHAPE="plain")
    assert done.stdout == "() True False\nvalue\n", done.stderr[-2000:]


def test_an_environment_that_children_cannot_read_is_said_to_be(place: Path) -> None:
    if all(folder.stat().st_mode & 0o001 for folder in Path(sys.base_prefix).parents):
        pytest.skip("everybody can read this interpreter")
    done = run_as("no-admin", place, sys.executable, "-c", PROBE, AISA_SANDBOX_SHAPE="plain")
    assert "cannot read the sandbox's Python" in done.stderr
