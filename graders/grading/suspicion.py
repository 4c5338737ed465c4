"""Words in a student's code that answer no exercise: a human should look.

The sandbox stops what they stand for, and none of them costs a point: a flag says that somebody may have tried. The
words are chosen so that honest work on a module does not hold them; who hides them better is stopped all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graders.authoring.answers import nbgrader_metadata, text
from graders.records import Flag, Json

_MOST_NAMED = 6
_FAMILIES = {
    "the shell's own hooks": (
        "transformers events. set_custom_exc showtraceback displayhook display_ run_c user_ns % ! get_ipython",
        r"""ast_transformers | input_transformers_\w+ | events\.(?:un)?register\b | set_custom_exc | _?showtraceback
        | displayhook | display_formatter | display_pub\b | \.run_(?:cell|code)\b | user_ns\b | ^\s*!
        | ^\s*%(?:load_ext|load|run|pdb|logstart|reset|xmode|autocall|sx|system)\b | ^%%(?:bash|sh|script|writefile)\b
        | get_ipython\(\)\.(?:system|getoutput)""",
    ),
    "the interpreter's insides": (
        "sys. gc. inspect. f_back f_locals f_globals f_lineno __globals__ __subclasses__ settrace __code__ builtins "
        "breakpoint pdb.",
        r"""\b(?:sys\.(?:settrace|setprofile|monitoring|addaudithook|_getframe|_current_frames|meta_path|modules|path
        |setrecursionlimit)|gc\.(?:get_objects|get_referrers|get_referents|disable)|inspect\.(?:stack|currentframe)
        |f_back|f_locals|f_globals|f_lineno|__globals__|__subclasses__|threading\.settrace)\b
        | \.__code__\s*= | \b__builtins__ | \bbuiltins\.\w+\s*=(?!=) | \bbreakpoint\(\) | \bpdb\.set_trace""",
    ),
    "library functions replaced": (
        "= setattr(",
        r"""(?:^|[;:])[ \t]*(?:np|numpy|pd|pandas|math|json|struct|os|socket|random|time|io)\.[\w.]+\s*=(?!=)
        | \bsetattr\(\s*(?:np|numpy|pd|math|module|builtins|json|struct|os|socket)\b
        | ^\s*(?:isinstance|issubclass|callable|hasattr|len|type)\s*=(?!=)""",
    ),
    "processes and signals": (
        "subprocess os. atexit signal multiprocessing",
        r"""\b(?:subprocess|os\.(?:system|popen|fork|forkpty|exec[lv]\w*|posix_spawnp?|spawn\w+|kill|killpg|_exit|abort
        |setsid|nice|setpriority|register_at_fork|sched_\w+|wait|closerange|dup2?|memfd_create)|atexit|signal\.\w+
        |multiprocessing)\b""",
    ),
    "the operating system": (
        "ctypes setrlimit os. mmap memmap memory fcntl syslog / glob getpass expanduser pwd. platform __file__",
        r"""\bctypes\b | \bresource\.setrlimit | \bos\.(?:set\w*[ug]id\w*|setgroups|chroot|mknod|mkfifo|symlink|link
        |environ|unshare|setns|lseek|pread|walk|getloadavg)\b | \b(?:mmap|shared_memory|memmap|fcntl|syslog)\b
        | ['"](?:/proc|/etc|/dev|/sys|/root|/home|/var|/run|/tmp|/work|/srv|/)(?:/[^'"\n]*)?['"]
        | \b(?:glob\.glob|expanduser|pwd\.getpwall|getpass|platform\.node|numpy\.__file__|os\.__file__)""",
    ),
    "the network": (
        "socket urllib requests http ftplib smtplib",
        r"""(?:^|[;:'"])[ \t]*import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*)*
        (?:socket|urllib|requests|http|ftplib|smtplib)\b
        | (?:^|[;:'"])[ \t]*from[ \t]+(?:socket|urllib|requests|http|ftplib|smtplib)(?:\.\w+)*[ \t]+import\b
        | (?:__import__|import_module)\([ \t]*['"](?:socket|urllib|requests|http|ftplib|smtplib)\b
        | \bsocket\.(?:socket|socketpair|create_\w+|fromfd|AF_\w+|SOCK_\w+)\b | \burllib\.request | \bhttp\.client""",
    ),
    "the course's own files": (
        "../.. gradebook sqlite3 reference_solutions graders nbgrader NBGRADER_ AISA_ checks.py _answers",
        r"""\.\./\.\. | \bgradebook | \bsqlite3\b | \breference_solutions\b | \bgraders\b | \bnbgrader\b | NBGRADER_
        | \bAISA_ | \bchecks\.py\b | \b(?:wrong|right)_answers\b""",
    ),
    "markup that runs": (
        "< script",
        r"""<\s*[Ss][Cc][Rr][Ii][Pp][Tt]\b | \b[Jj]ava[Ss]cript: | <[^<>\n]*\bon\w+\s*= | \bJavascript\(
        | application/javascript""",
    ),
    "objects that lie": (
        "__array_ __instancecheck__ __subclasscheck__ __reduce __getattribute__ __class__ __eq__ __ne__ mro as_strided",
        r"""__(?:array_ufunc|array_function|instancecheck|subclasscheck|reduce|reduce_ex|getattribute)__
        | \bdef\s+__class__ | \b__class__\s*=(?!=) | \b__(?:eq|ne)__\s*=(?!=) | \bdef\s+mro\b | \bas_strided\b""",
    ),
}
"""What a family is called: words one of which its pattern needs, which is quick to see, and the pattern."""

_PATTERNS = {
    family: (words.split(), re.compile(pattern, re.VERBOSE | re.MULTILINE))
    for family, (words, pattern) in _FAMILIES.items()
}
_PATTERNS_IN_COMMON = _PATTERNS | {
    "objects that decide how they compare": (
        ["__"],
        re.compile(
            r"""\bdef\s+__(?:eq|ne|lt|le|gt|ge|bool|len|contains|float|int|index|abs|sub|rsub|round|array|hash|repr|str)__
            | ['"]__(?:eq|ne|bool|array)__['"] | \baisa_inside\b | \bnonce\b""",
            re.VERBOSE | re.MULTILINE,
        ),
    ),
}
"""Where tests share the student's interpreter, an object can answer for itself."""


def suspicions(notebook: Json, course: str | None = None) -> tuple[Flag, ...]:
    """Flag each of the student's code cells that holds such words.

    Parameters
    ----------
    notebook : Json
        A rebuilt submission.
    course : str, optional
        All that the authors of a notebook with tests in it wrote: what they say themselves is not odd. There, what
        decides about comparisons is.

    Returns
    -------
    tuple of Flag
        One a cell: `suspicious-code`.
    """
    return tuple(_flags(notebook, course))


def _flags(notebook: Json, course: str | None) -> Iterator[Flag]:
    cells = notebook["cells"]
    assert isinstance(cells, list)  # noqa: S101  `rebuild` made it
    for number, cell in enumerate(cells, 1):
        said = nbgrader_metadata(cell)
        if cell["cell_type"] != "code" or said.get("locked") or (said.get("grade") and not said.get("solution")):
            continue
        if reasons := _reasons(text(cell), course):
            where = str(said.get("grade_id") or f"cell {number}")
            yield Flag("suspicious-code", where, f"It speaks of {'; '.join(reasons)}.")


def _reasons(source: str, course: str | None) -> list[str]:
    reasons = []
    for family, (words, pattern) in (_PATTERNS if course is None else _PATTERNS_IN_COMMON).items():
        if any(word in source for word in words):
            matches = [match.group().strip() for match in pattern.finditer(source)]
            found = sorted({" ".join(match.split())[:60] for match in matches if match not in (course or "")})
            reasons += [f"{family} ({', '.join(found[:_MOST_NAMED])})"] if found else []
    return reasons
