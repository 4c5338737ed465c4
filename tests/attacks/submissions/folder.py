# ruff: noqa: PTH101, PTH102, PTH108, PTH109, PTH123, PTH211

from __future__ import annotations

import os
import shutil
import socket
import stat

from tests.attacks.attack import SLUG, Attack, Place
from tests.attacks.right import FULL, RIGHT, WRONG


def _notebook(place: Place) -> str:
    return str(place.folder / "practical.ipynb")


def _link_to_source(place: Place) -> None:
    os.unlink(_notebook(place))
    os.symlink(place.course / "source" / SLUG / "practical.ipynb", _notebook(place))


def _link_to_secret(place: Place) -> None:
    os.symlink(place.secret, place.folder / "notes.txt")
    os.symlink("/etc/passwd", place.folder / "passwd")
    os.symlink(place.course / "gradebook.db", place.folder / "gradebook.db")


def _link_folder(place: Place) -> None:
    os.symlink(place.course, place.folder / "course")
    shutil.rmtree(place.folder / "data", ignore_errors=True)
    os.symlink("/", place.folder / "data")


def _hard_link(place: Place) -> None:
    os.link(place.secret, place.folder / "secret.txt")


def _hard_link_notebook(place: Place) -> None:
    os.unlink(_notebook(place))
    os.link(place.course / "source" / SLUG / "practical.ipynb", _notebook(place))


def _dangling(place: Place) -> None:
    os.symlink("/nowhere/at/all", place.folder / "dangling")
    os.symlink("loop", place.folder / "loop")
    os.symlink(".", place.folder / "here")


def _pipe(place: Place) -> None:
    os.unlink(_notebook(place))
    os.mkfifo(_notebook(place))


def _pipe_beside(place: Place) -> None:
    os.mkfifo(place.folder / "pipe.csv")
    sock = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(place.folder)  # the path of a socket has 107 bytes at most
    try:
        sock.bind("s")
    finally:
        os.chdir(here)
        sock.close()


def _device(place: Place) -> None:
    os.mknod(place.folder / "zero.csv", 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def _device_notebook(place: Place) -> None:
    os.unlink(_notebook(place))
    os.mknod(_notebook(place), 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def _folder_for_notebook(place: Place) -> None:
    os.unlink(_notebook(place))
    os.mkdir(_notebook(place))


def _unreadable(place: Place) -> None:
    os.chmod(_notebook(place), 0)


def _no_notebook(place: Place) -> None:
    os.unlink(_notebook(place))


def _twins(place: Place) -> None:
    data = (place.folder / "practical.ipynb").read_bytes()
    for name in (
        "Practical.ipynb",
        "PRACTICAL.IPYNB",
        "practical .ipynb",
        "pra\u0441tical.ipynb",
        "practical.ipynb\u200b",
        "practical-checkpoint.ipynb",
        "pr\u00e1ctical.ipynb",
        "pra\u0301ctical.ipynb",
    ):
        (place.folder / name).write_bytes(data)
    checkpoints = place.folder / ".ipynb_checkpoints"
    checkpoints.mkdir()
    (checkpoints / "practical.ipynb").write_bytes(data)


def _other_assignment(place: Place) -> None:
    other = place.folder.parent / "m97_elsewhere"
    shutil.copytree(place.folder, other)
    (place.folder / "m99_other.ipynb").write_bytes((place.folder / "practical.ipynb").read_bytes())


def _imports(place: Place) -> None:
    for name in (
        "numpy",
        "pandas",
        "json",
        "struct",
        "os",
        "IPython",
        "sitecustomize",
        "usercustomize",
        "codec",
        "graders",
        "random",
        "encodings",
    ):
        (place.folder / f"{name}.py").write_text(
            "def __getattr__(name):\n    return lambda *args, **kwargs: 4.0\nprint('own module')\n"
        )
    (place.folder / "evil.pth").write_text("import os; os._exit(0)\n")
    (place.folder / "pyvenv.cfg").write_text("home = .\n")
    (place.folder / "conftest.py").write_text("raise SystemExit\n")
    (place.folder / "libc.so.6").write_bytes(b"\x7fELF")
    startup = place.folder / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("import os; os._exit(0)\n")
    (place.folder / "ipython_config.py").write_text("c.InteractiveShellApp.exec_lines = ['import os; os._exit(0)']\n")


def _configs(place: Place) -> None:
    (place.folder / "nbgrader_config.py").write_text("raise SystemExit('configured')\n")
    (place.folder / "course.yaml").write_text("limits: {cell_cpu_s: 1000000}\n")
    (place.folder / "jupyter_config.py").write_text("raise SystemExit('configured')\n")
    (place.folder / "module.yaml").write_text("points: 50\n")
    (place.folder / "gradebook.db").write_bytes(b"SQLite format 3\0")
    (place.folder / "checks.py").write_text("raise SystemExit('checked')\n")


def _own_data(place: Place) -> None:
    data = place.folder / "data"
    data.mkdir(exist_ok=True)
    (data / "counters.csv").write_text("unit,cycles\na,1\n")


def _many_files(place: Place) -> None:
    for number in range(5000):
        (place.folder / f"file-{number}.txt").write_text("x")


def _big_file(place: Place) -> None:
    with (place.folder / "big.bin").open("wb") as file:
        file.truncate(8 << 30)


def _deep(place: Place) -> None:
    here = os.open(place.folder, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(600):
        os.mkdir("deeper", dir_fd=here)
        below = os.open("deeper", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def _odd_names(place: Place) -> None:
    for name in (
        b"..\\..\\evil.ipynb",
        b"CON",
        b"NUL.txt",
        b"a:b",
        b"x" * 255,
        b"\xff\xfe",
        b" ",
        b"~",
        b"$(touch x)",
        b"`id`",
        b"a\tb",
        b"*",
        b"evil.ipynb;id",
    ):
        with open(os.fsencode(place.folder) + b"/" + name, "wb") as file:
            file.write(b"x")


def _forged_receipts(place: Place) -> None:
    (place.folder / "timestamp.txt").write_text("1970-01-01 00:00:00.000000 UTC")
    (place.folder / "submission_secret.txt").write_text("0" * 128)
    (place.folder / "receipt.txt").write_text("graded: 10 of 10\n")


def _bad_timestamp(place: Place) -> None:
    (place.folder / "timestamp.txt").write_text("<script>yesterday</script>\x00" * 10_000)


LINK_TO_SOURCE = Attack("its notebook is a link to the source", folder=_link_to_source, refused=True, flag="")
LINK_TO_SECRET = Attack(
    "brings links to files of the machine", answers=WRONG, folder=_link_to_secret, refused=True, flag=""
)
LINK_FOLDER = Attack("brings links to whole folders", answers=WRONG, folder=_link_folder, refused=True, flag="")
HARD_LINK = Attack("brings a second name of somebody's file", answers=WRONG, folder=_hard_link, refused=True, flag="")
HARD_LINK_NOTEBOOK = Attack(
    "its notebook is a second name of the source", folder=_hard_link_notebook, refused=True, flag=""
)
DANGLING_LINKS = Attack(
    "brings links to nowhere and to themselves", answers=WRONG, folder=_dangling, refused=True, flag=""
)
PIPE = Attack("its notebook is a pipe that nobody writes to", folder=_pipe, refused=True, flag="")
PIPE_BESIDE = Attack("brings a pipe and a socket", answers=WRONG, folder=_pipe_beside, refused=True, flag="")
DEVICE = Attack("brings a device without end", answers=WRONG, folder=_device, root=True, refused=True, flag="")
DEVICE_NOTEBOOK = Attack(
    "its notebook is a device without end", folder=_device_notebook, refused=True, flag="", root=True
)
FOLDER_FOR_NOTEBOOK = Attack("a folder by the notebook's name", folder=_folder_for_notebook, refused=True, flag="")
UNREADABLE = Attack(
    "takes the right to read its notebook away", answers=WRONG, folder=_unreadable, refused=None, flag=""
)
NO_NOTEBOOK = Attack("hands in no notebook", folder=_no_notebook, refused=True, flag="")
TWINS = Attack(
    "brings notebooks whose names look like the right one", answers=WRONG, folder=_twins, refused=True, flag=""
)
OTHER_ASSIGNMENT = Attack("hands in for another assignment", answers=WRONG, folder=_other_assignment, flag="")
IMPORTS = Attack(
    "brings modules by the names of what a notebook imports", answers=RIGHT, folder=_imports, earns=FULL, flag=""
)
CONFIGS = Attack("brings configuration for the grader", answers=WRONG, folder=_configs, flag="")
OWN_DATA = Attack("brings data of its own: the course's are used", answers=RIGHT, folder=_own_data, earns=FULL, flag="")
MANY_FILES = Attack("brings 5,000 files", answers=WRONG, folder=_many_files, refused=True, flag="")
BIG_FILE = Attack("brings a file of 8 GiB", answers=WRONG, folder=_big_file, refused=True, flag="")
DEEP = Attack("brings folders deeper than any path", answers=WRONG, folder=_deep, refused=True, flag="")
ODD_NAMES = Attack(
    "brings names that shells and systems trip over", answers=WRONG, folder=_odd_names, refused=True, flag=""
)
FORGED_RECEIPTS = Attack("hands in before the course began", answers=WRONG, folder=_forged_receipts, flag="")
BAD_TIMESTAMP = Attack("has a time that is no time", answers=WRONG, folder=_bad_timestamp, flag="")
