"""Which words of a student's code a human is shown: what reaches for the network, and not what a module is about."""

from __future__ import annotations

import pytest

from graders.grading.suspicion import suspicions


def flagged(source: str) -> bool:
    cell = {"cell_type": "code", "id": "mine", "metadata": {}, "source": source}
    return bool(suspicions({"cells": [cell]}))


@pytest.mark.parametrize(
    "source",
    [
        "import socket",
        "import json, requests as r",
        "x = 1; import urllib.request",
        "if x: import http.client",
        "from requests import get",
        "    from urllib.request import urlopen",
        "exec('import socket')",
        'exec("from http.client import HTTPConnection")',
        "__import__('requests')",
        "importlib.import_module('socket')",
        "s = socket.socket()",
    ],
)
def test_what_reaches_for_the_network_is_flagged(source):
    assert flagged(source)


@pytest.mark.parametrize(
    "source",
    [
        "requests = [1, 2]; first = requests[0]",
        "sockets = {'socket': 2, 'http': 3}",
        "# from requests that a socket serves over http",
        '"""from requests a second to servers."""',
        "requests.get(3)",
        "socket += 1",
        "important, requests = 1, 2",
    ],
)
def test_words_of_the_field_are_not(source):
    assert not flagged(source)
