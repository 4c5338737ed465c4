"""A JupyterLab of its own: it serves one folder, knows nothing else, and ends with the test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TOKEN = "token"
LONG_MS = 180_000
_SETTINGS = {  # everything stays in the page, where a test finds it, and nothing is asked from outside
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@contextmanager
def jupyter_lab(python: Path, folder: Path, place: Path) -> Iterator[str]:
    """Serve a folder.

    Parameters
    ----------
    python : Path
        Of the environment that it comes from.
    folder : Path
        What it serves, and where it starts.
    place : Path
        An empty folder for what it keeps.

    Yields
    ------
    str
        Its address; add `?token=` and `TOKEN`.
    """
    settings = place / "settings" / "@jupyterlab"
    for name, values in _SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment = {
        "PATH": f"{python.parent}:{os.defpath}",
        "HOME": str(place / "home"),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings.parent),
        "PYTHONWARNINGS": "ignore",
    }
    command = [str(python), "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port=0"]
    process = subprocess.Popen(
        [*command, f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}"],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                break
        else:
            pytest.fail("JupyterLab did not start: " + "".join(said))
        reader = threading.Thread(target=process.stderr.read, daemon=True)  # a full pipe would hold the server up
        reader.start()
        yield found.group()
        process.terminate()
        reader.join(timeout=60)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
