"""A YAML file read into a strict pydantic model; what is wrong in it is said with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from graders.errors import CourseError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]

_QUICK: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path, model: type[Model], known: object = None, *, ours: bool = False) -> Model:
    """Read `path` into `model`.

    Parameters
    ----------
    path : Path
        The file.
    model : type
        A pydantic model that forbids unknown keys.
    known : object
        What its validators find as their context.
    ours : bool
        Whether the file is the course's own: it is read ten times as fast, by a parser that falls over a text that is
        nested too deep.

    Returns
    -------
    Model
        The file's content, validated.

    Raises
    ------
    CourseError
        If the file cannot be read, is no YAML, repeats a key, or says something that the model does not know.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise CourseError(f"cannot be read ({failure})", where=str(path)) from None
    try:
        root, content = _parsed(text, _QUICK if ours else yaml.SafeLoader)
    except yaml.YAMLError as failure:
        mark = getattr(failure, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CourseError(f"is not YAML: {getattr(failure, 'problem', None) or failure}", where=where) from None
    if not isinstance(root, yaml.MappingNode):
        raise CourseError("expected a mapping of keys to values", where=f"{path}:1")
    lines = dict(_lines(root, (), path))
    try:
        return model.model_validate(content, strict=True, context=known)
    except ValidationError as failure:
        raise _course_error(path, failure, lines) from None


def _parsed(text: str, loader: Any) -> tuple[yaml.Node | None, object]:
    """The one document's nodes, which know their lines, and what they say."""
    parser = loader(text)
    try:
        root = parser.get_single_node()
        return root, None if root is None else parser.construct_document(root)
    finally:
        parser.dispose()


def _lines(node: yaml.Node, at: Location, path: Path) -> Iterator[tuple[Location, int]]:
    """Line of every value, by the location that pydantic gives it; a repeated key is refused."""
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*at, index), path)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise CourseError("the key is there twice", where=f"{path}:{line}: {_field((*at, key.value))}")
            seen.add(key.value)
            yield from _lines(value, (*at, key.value), path)
            yield (*at, key.value), line  # the key's own line, also where its value starts on the next


def _course_error(path: Path, failure: ValidationError, lines: dict[Location, int]) -> CourseError:
    """The first of pydantic's findings, located, and the number of the others."""
    findings = failure.errors()
    first = findings[0]
    at: Location = tuple(first["loc"])
    known = at
    while known not in lines:
        known = known[:-1]
    message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    if first["type"] not in ("extra_forbidden", "missing", "value_error"):
        message += f", found {first['input']!r}"
    if len(findings) > 1:
        message += f" (and {len(findings) - 1} more)"
    return CourseError(message, where=f"{path}:{lines[known]}: {_field(at)}".removesuffix(": "))


def _field(at: Location) -> str:
    """`exercises[2].points`, as a reader would write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).removeprefix(".")
