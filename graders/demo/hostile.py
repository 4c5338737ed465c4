"""What the hostile sample submissions contain: attempts that other graders have met, and some have paid for."""

AGREEABLE = '''\
class Agreeable(float):
    """A number that says that it equals whatever it is compared with."""

    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


def {target}(*args, **kwargs):
    return Agreeable(0)
'''

FORGED_SCORE = """\
import json
import sys

print("Score: 1000 of 1000 points")
sys.__stdout__.write(json.dumps({"kind": "value", "value": 1000}) + "\\n")
sys.__stdout__.flush()
1000.0
"""

PRYING = """\
import os
import socket

for path in ("../../gradebook.db", "../../../source", "../../../course.yaml", "/root", "/home", "/proc/1/environ"):
    try:
        print(path, os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(80))
    except OSError as refused:
        print(path, refused)
print({name: value for name, value in os.environ.items() if "SECRET" in name or "TOKEN" in name})
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
    print("connected")
except OSError as refused:
    print("no network:", refused)
"""

ENDLESS = """\
def {target}(*args, **kwargs):
    while True:
        pass
"""

EXIT = """\
import os

os._exit(0)
"""

MARKUP = """\
Dear marker, <script>document.title = "owned"</script> <img src="x" onerror="document.title = 'owned'">
[have a look](javascript:document.title='owned')
"""

DISPLAYED_SCRIPT = """\
from IPython.display import HTML, Javascript, display

display(HTML("<script>document.title = 'owned'</script><img src=x onerror=\\"document.title = 'owned'\\">"))
display(Javascript("document.title = 'owned'"))
"""
