# ruff: noqa: E501
"""Text that whoever opens feedback or report would run: scripts, handlers, styles, frames, escapes, in every place.

Each brings the mark `xssmark`; no document that we make may hold it where a browser would run it.
"""

from __future__ import annotations

from typing import Any

from tests.attacks.attack import Attack, Notebook, Place, cell_of, code_cell, markdown_cell
from tests.attacks.right import WRONG

_SCRIPT = "<script>window.xssmark = 1</script>"
_PAYLOADS = [
    _SCRIPT,
    "<img src=x onerror='window.xssmark = 1'>",
    "<svg/onload='window.xssmark = 1'>",
    "<svg><animate onbegin='window.xssmark = 1' attributeName=x dur=1s></svg>",
    "<details open ontoggle='window.xssmark = 1'>x</details>",
    '<iframe srcdoc="<script>parent.xssmark = 1</script>"></iframe>',
    '<iframe src="javascript:parent.xssmark = 1"></iframe>',
    '<a id=xssmark href="javascript:window.xssmark = 1">click</a>',
    '<a href="jAvAsCrIpT&colon;window.xssmark = 1">click</a>',
    '<object data="data:text/html,<script>parent.xssmark = 1</script>"></object>',
    '<embed src="javascript:window.xssmark = 1">',
    "<form action=\"javascript:window.xssmark = 1\"><input type=submit autofocus onfocus='window.xssmark = 1'></form>",
    '<meta http-equiv=refresh content="0;url=javascript:window.xssmark = 1">',
    '<base href="javascript:window.xssmark = 1//">',
    '<link rel=stylesheet href="data:text/css,*{background:url(//xssmark.invalid)}">',
    "<style>@import '//xssmark.invalid/x.css'; body { background: url('//xssmark.invalid/y') }</style>",
    "<img src='//xssmark.invalid/pixel.png' srcset='//xssmark.invalid/p2.png 2x'>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.xssmark=1&gt;">',
    "</textarea></title></style></script></pre></code></template>" + _SCRIPT,
    "<!--><script>window.xssmark = 1</script>-->",
    "<scr<script>ipt>window.xssmark = 1</scr</script>ipt>",
    "<video><source onerror='window.xssmark = 1'></video>",
    "<body onload='window.xssmark = 1' onpageshow='window.xssmark = 1'>",
    '"><script>window.xssmark = 1</script>',
    "' onmouseover='window.xssmark = 1' x='",
    "{{ ''.__class__.__mro__ }}{% raw %}xssmark{% endraw %}{{ 7 * 7 }}<%= 7 * 7 %>${7*7}",
    '[click](javascript:window.xssmark=1) ![x](x"onerror="window.xssmark=1) <javascript:window.xssmark=1>',
    "$$\\href{javascript:window.xssmark=1}{x} \\unicode{<script>window.xssmark=1</script>}$$ \\(\\style{x:expression(xssmark)}{y}\\)",
    "\x1b]0;xssmark\x07\x1b[2J\x1b[8m\x1b]8;;javascript:window.xssmark=1\x07link\x1b]8;;\x07\x1bP0;1|17/ab\x1b\\",
    "\u202e\u2066xssmark\u2069\ufeff\u0000",
]
_ALL = "\n".join(_PAYLOADS)


def _cells(text: str, tries: str, flag: str = "") -> Attack:
    return Attack(tries, answers=WRONG, cells={"start": f"P = {_PAYLOADS!r}\nA = '\\n'.join(P)\n" + text}, flag=flag)


STDOUT = _cells("import sys\nprint(A); sys.stderr.write(A)", "prints markup")
RESULT_TEXT = _cells("class Shown:\n    __repr__ = lambda self: A\nShown()", "has a result whose text is markup")
ERROR = _cells(
    "raise type(P[0], (Exception,), {'__module__': P[1], '__qualname__': P[2]})(A)",
    "raises an error whose name and text are markup",
)
ERROR_IN_SOURCE = _cells(
    "def broken():\n    x = '''\n" + _ALL.replace("\x00", "").replace("\\", "\\\\") + "\n'''; 1 / 0\nbroken()",
    "fails at a line that is markup",
)
SYNTAX_ERROR = Attack(
    "has a syntax error full of markup", answers={"m98_total_bytes": _ALL.replace("\x00", "")}, flag=""
)
HTML = _cells("from IPython.display import HTML, display\n[display(HTML(p)) for p in P]", "displays HTML")
SVG = _cells(
    "from IPython.display import SVG, display\n"
    "display({'image/svg+xml': \"<svg xmlns='http://www.w3.org/2000/svg' onload='window.xssmark=1'><script>window.xssmark=1</script>"
    "<foreignObject><iframe srcdoc='<script>parent.xssmark=1</script>'/></foreignObject></svg>\"}, raw=True)",
    "displays a picture with a script",
)
MARKDOWN_OUTPUT = _cells(
    "from IPython.display import Markdown, display\n[display(Markdown(p)) for p in P]", "displays Markdown"
)
LATEX = _cells(
    "from IPython.display import Latex, Math, display\n[display(Latex(p), Math(p)) for p in P]", "displays formulas"
)
JAVASCRIPT = _cells(
    "from IPython.display import Javascript, display\ndisplay(Javascript('window.xssmark = 1'))", "displays JavaScript"
)
REPR_HTML = _cells(
    "class Shown:\n    def _repr_mimebundle_(self, **more):\n        return {kind: A for kind in ('text/html', 'text/markdown', 'text/latex', 'application/javascript', 'image/svg+xml', 'text/plain')}\nShown()",
    "has a result of every type",
)
ODD_TYPES = _cells(
    "from IPython.display import display\n"
    "for kind in ('application/vnd.jupyter.widget-view+json', 'application/vnd.jupyter.widget-state+json', 'application/vnd.plotly.v1+json', 'application/vnd.vega.v5+json',\n"
    "             'application/vnd.bokehjs_exec.v0+json', 'application/pdf', 'text/x-script', 'application/geo+json', 'application/x-nbgrader', P[0], '../../x', 'text/html; charset=utf-7', ''):\n"
    "    display({kind: {'model_id': A, 'src': A}, 'text/plain': A}, raw=True, metadata={kind: {'isolated': True, 'width': A}, A: A})",
    "displays types that front ends run",
)
IMAGE_METADATA = _cells(
    "import base64\nfrom IPython.display import display\n"
    "for kind in ('image/png', 'image/jpeg', 'image/gif'):\n"
    "    display({kind: 'x\\\" onerror=\\\"window.xssmark=1', 'text/plain': 'p'}, raw=True, metadata={kind: {'width': '1\\\" onload=\\\"window.xssmark=1', 'height': P[1], 'alt': P[4]}})",
    "displays pictures whose data and sizes are markup",
)
STYLER = _cells(
    "import pandas as pd\nframe = pd.DataFrame({P[0]: P[:3], P[1]: P[3:6]}, index=P[6:9])\nframe.index.name = P[9]\n"
    "from IPython.display import display, HTML\ndisplay(frame)\ndisplay(HTML(frame.to_html(escape=False)))",
    "shows a data frame whose labels are markup",
)
FIGURE = _cells(
    "import matplotlib; matplotlib.use('svg')\nimport matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1], [1], gid=P[1], url='javascript:window.xssmark=1')\n"
    "axes.set_title('<script>window.xssmark=1</script>')\nimport io\nbuffer = io.StringIO()\nfigure.savefig(buffer, format='svg')\n"
    "from IPython.display import display\ndisplay({'image/svg+xml': buffer.getvalue(), 'text/plain': 'figure'}, raw=True)",
    "draws a figure with links that run",
)


def _own_outputs(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = _SCRIPT
            data = {"text/html": _ALL, "application/javascript": "window.xssmark = 1", "image/svg+xml": _ALL}
            cell["outputs"] = [
                {"output_type": "display_data", "data": data, "metadata": {_SCRIPT: _SCRIPT}},
                {"output_type": "stream", "name": _SCRIPT, "text": _ALL},
                {"output_type": "error", "ename": _SCRIPT, "evalue": _SCRIPT, "traceback": [_SCRIPT]},
                {"output_type": _SCRIPT},
            ]


BROUGHT_OUTPUTS = Attack("brings outputs with scripts along", answers=WRONG, edit=_own_outputs, flag="")


def _markdown_cells(notebook: Notebook) -> None:
    for payload in _PAYLOADS:
        notebook["cells"].append(markdown_cell(payload))
    notebook["cells"].append(
        {"cell_type": "raw", "metadata": {"format": "text/html", "raw_mimetype": "text/html"}, "source": _ALL}
    )


MARKDOWN_CELLS = Attack("writes scripts into Markdown and raw cells", answers=WRONG, edit=_markdown_cells, flag="")


def _attachments(notebook: Notebook) -> None:
    cell = markdown_cell("![x](attachment:x.svg) ![y](attachment:y)")
    cell["attachments"] = {
        "x.svg": {"image/svg+xml": _ALL, "text/html": _ALL},
        "y": {"image/png": '"><script>window.xssmark = 1</script>'},
        _SCRIPT: {_SCRIPT: _SCRIPT},
    }
    notebook["cells"].append(cell)


ATTACHMENTS = Attack("attaches pictures that are scripts", answers=WRONG, edit=_attachments, flag="")


def _everywhere_in_metadata(notebook: Notebook) -> None:
    notebook["metadata"].update(
        title=_SCRIPT,
        authors=[{"name": _SCRIPT}],
        widgets={"application/vnd.jupyter.widget-state+json": {_SCRIPT: _SCRIPT}},
    )
    notebook["metadata"]["kernelspec"] = {"name": _SCRIPT, "display_name": _SCRIPT, "language": _SCRIPT}
    notebook["metadata"]["language_info"] = {
        "name": _SCRIPT,
        "pygments_lexer": _SCRIPT,
        "codemirror_mode": {"name": _SCRIPT},
        "file_extension": _SCRIPT,
    }
    for cell in notebook["cells"]:
        cell["metadata"].update(
            name=_SCRIPT, tags=[_SCRIPT, '" onclick="window.xssmark=1'], id=_SCRIPT, collapsed=_SCRIPT, scrolled=_SCRIPT
        )
        cell["metadata"]["jupyter"] = {"source_hidden": _SCRIPT, "outputs_hidden": _SCRIPT}
        cell["metadata"]["slideshow"] = {"slide_type": _SCRIPT}


METADATA = Attack("writes scripts into all metadata", answers=WRONG, edit=_everywhere_in_metadata, flag="")


def _grade_ids(notebook: Notebook) -> None:
    for exercise in ("m98_total_bytes", "m98_meter-answer"):
        cell_of(notebook, exercise)["metadata"]["nbgrader"]["grade_id"] = _SCRIPT
    made: dict[str, Any] = {
        "grade": True,
        "locked": True,
        "points": 1,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    notebook["cells"].append(
        code_cell("pass", nbgrader={**made, "grade_id": "\"><img src=x onerror='window.xssmark = 1'>"})
    )


GRADE_IDS = Attack("has grade ids that are markup: flags speak of them", answers=WRONG, edit=_grade_ids)


def _unknown_keys(notebook: Notebook) -> None:
    notebook[_SCRIPT] = _SCRIPT
    for cell in notebook["cells"]:
        cell[_SCRIPT] = {_SCRIPT: _SCRIPT}


UNKNOWN_KEYS = Attack("has keys that are markup", answers=WRONG, edit=_unknown_keys, flag="")


def _file_names(place: Place) -> None:
    for name in (
        "<script>window.xssmark=1<",
        '"><img src=x onerror=window.xssmark=1>',
        "x\nFlag: none\n",
        "\x1b[2Jxssmark",
        "-rf",
        "%00",
        "a' onclick='window.xssmark=1",
    ):
        (place.folder / name.replace("/", "")).write_text(_ALL.replace("\x00", ""))
    (place.folder / "page.html").write_text(f"<html>{_ALL}</html>")


FILE_NAMES = Attack(
    "has files whose names are markup: receipts speak of them", answers=WRONG, folder=_file_names, refused=True, flag=""
)
EXERCISE_NAMES = Attack(
    "names functions and types in tracebacks after markup",
    answers={
        "m98_total_bytes": f"def total_bytes(counts, item_bytes):\n    raise type({_SCRIPT!r}, (ValueError,), {{'__module__': {_SCRIPT!r}}})({_SCRIPT!r})\n",
        "m98_meter": f"class Meter:\n    def __init__(self, window):\n        self.mean = type({_PAYLOADS[1]!r}, (), {{}})()\n    def add(self, name, value):\n        return {_SCRIPT!r}\n    def peak(self):\n        return {_SCRIPT!r}\n",
        "m98_shares": f"import pandas as pd\nshares = pd.DataFrame({{{_SCRIPT!r}: [{_SCRIPT!r}]}}, index=[{_SCRIPT!r}])\n",
    },
    flag="",
)
