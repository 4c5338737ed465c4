"""Databases as somebody with their password sees them."""

from __future__ import annotations

import contextlib

from sqlalchemy import create_engine, text


def copy_release(source, target):
    """Rows of the released assignment, from one database to another."""
    names = ("assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "task_cells", "source_cell")
    with engine_of(source) as old, engine_of(target) as new, old.connect() as reader, new.begin() as writer:
        for name in names:
            for row in reader.execute(text(f"SELECT * FROM {name}")).mappings().all():
                values = {**row} | ({"locked": bool(row["locked"])} if "locked" in row else {})
                columns, places = ", ".join(values), ", ".join(f":{column}" for column in values)
                writer.execute(text(f"INSERT INTO {name} ({columns}) VALUES ({places})"), values)


@contextlib.contextmanager
def engine_of(url, **options):
    engine = create_engine(url, **options)
    try:
        yield engine
    finally:
        engine.dispose()


def execute(url, *statements, **options):
    with engine_of(url, **options) as engine, engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
