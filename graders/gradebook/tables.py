"""The database: nbgrader's tables, as far as we read or write them, and ours beside them.

nbgrader's are described here rather than imported, because `import nbgrader` takes seconds and a submission
milliseconds; a test compares the two. Ours are append-only, which triggers enforce, and each execution is sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Float,
    ForeignKey,
    Integer,
    Interval,
    MetaData,
    String,
    Table,
    Text,
)

NBGRADER_REVISION = "e43177bfe90b"
"""Version of nbgrader's schema that these descriptions are of (nbgrader 0.9)."""

VERSION = 3
"""Version of our own tables."""

nbgrader = MetaData()
ours = MetaData()

alembic_version = Table("alembic_version", nbgrader, Column("version_num", String(32)))
course = Table("course", nbgrader, Column("id", String(128), primary_key=True))
assignment = Table(
    "assignment",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("name", String(128)),
    Column("duedate", DateTime),
    Column("course_id", String(128)),
)
notebook = Table(
    "notebook",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("name", String(128)),
    Column("assignment_id", String(32)),
    Column("kernelspec", String(1024)),
)
source_cell = Table(
    "source_cell",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("name", String(128)),
    Column("cell_type", String(8)),
    Column("locked", Boolean),
    Column("source", Text),
    Column("notebook_id", String(32)),
)
base_cell = Table(
    "base_cell",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("name", String(128)),
    Column("notebook_id", String(32)),
    Column("type", String(50)),
)
grade_cells = Table("grade_cells", nbgrader, Column("id", String(32), primary_key=True), Column("max_score", Float))
task_cells = Table("task_cells", nbgrader, Column("id", String(32), primary_key=True), Column("max_score", Float))
student = Table("student", nbgrader, Column("id", String(128), primary_key=True))
submitted_assignment = Table(
    "submitted_assignment",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("assignment_id", String(32)),
    Column("student_id", String(128)),
    Column("timestamp", DateTime),
    Column("extension", Interval),
)
submitted_notebook = Table(
    "submitted_notebook",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", String(32)),
    Column("assignment_id", String(32)),
    Column("flagged", Boolean),
    Column("late_submission_penalty", Float),
)
grade = Table(
    "grade",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", String(32)),
    Column("cell_id", String(32)),
    Column("auto_score", Float),
    Column("manual_score", Float),
    Column("extra_credit", Float),
    Column("needs_manual_grade", Boolean),
)
comment = Table(
    "comment",
    nbgrader,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", String(32)),
    Column("cell_id", String(32)),
    Column("auto_comment", Text),
    Column("manual_comment", Text),
)

schema = Table("aisa_schema", ours, Column("version", Integer, primary_key=True))
execution = Table(
    "aisa_execution",
    ours,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("student", String(128), nullable=False),
    Column("assignment", String(128), nullable=False, index=True),
    Column("notebook", String(128), nullable=False),
    Column("submitted_digest", String(64), nullable=False),
    Column("context_digest", String(64), nullable=False),
    Column("unsafe", Text, nullable=False),
    Column("graded_at", String(32), nullable=False),
    Column("seal", String(64), nullable=False),
    sqlite_autoincrement=True,
)


def _part(name: str, *columns: Column[object]) -> Table:
    """A table of rows that belong to an execution, in their order."""
    return Table(
        name,
        ours,
        Column("execution", ForeignKey("aisa_execution.id"), primary_key=True),
        Column("position", Integer, primary_key=True),
        *columns,
    )


exercise_result = _part(
    "aisa_exercise_result",
    Column("exercise", String(128), nullable=False),
    Column("points", Double, nullable=False),
    Column("max_points", Double, nullable=False),
    Column("misconception", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("digest", String(64), nullable=False),
)
check_result = _part(
    "aisa_check_result",
    Column("exercise", String(128), nullable=False),
    Column("name", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("weight", Double, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
)
flag = _part(
    "aisa_flag",
    Column("kind", String(64), nullable=False),
    Column("place", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
written_answer = _part(
    "aisa_written_answer",
    Column("exercise", String(128), nullable=False),
    Column("max_points", Double, nullable=False),
    Column("digest", String(64), nullable=False),
)
mark = Table(
    "aisa_mark",
    ours,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("student", String(128), nullable=False),
    Column("assignment", String(128), nullable=False, index=True),
    Column("notebook", String(128), nullable=False),
    Column("exercise", String(128), nullable=False),
    Column("marker", Text, nullable=False),
    Column("levels", Text, nullable=False),
    Column("points", Double, nullable=False),
    Column("comment", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("submitted_digest", String(64), nullable=False),
    Column("answer_digest", String(64), nullable=False),
    Column("marked_at", String(32), nullable=False),
    Column("seal", String(64), nullable=False),
    sqlite_autoincrement=True,
)

release = Table(
    "aisa_release",
    ours,
    Column("assignment", String(128), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("files", Text, nullable=False),
    Column("exercises", Text, nullable=False),
    Column("released_at", String(32), nullable=False),
    Column("seal", String(64), nullable=False),
)

EVIDENCE = (execution, exercise_result, check_result, flag, written_answer, mark, release)


def guards(dialect: str) -> list[str]:
    """Statements that make the evidence append-only; each can be run again.

    Parameters
    ----------
    dialect : str
        `sqlite` or `postgresql`.

    Returns
    -------
    list of str
        SQL, to be run in this order.
    """
    if dialect == "postgresql":
        return [_POSTGRESQL_FUNCTION, *(_POSTGRESQL_TRIGGER.format(table=table.name) for table in EVIDENCE)]
    statements = []
    for table in EVIDENCE:
        same = " AND ".join(f"{column.name} = NEW.{column.name}" for column in table.primary_key)
        # INSERT OR REPLACE deletes without asking a DELETE trigger, hence the third guard.
        rules = (
            ("UPDATE", ""),
            ("DELETE", ""),
            ("INSERT", f"WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {same}) "),  # noqa: S608  names of ours
        )
        statements += [
            f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} {when}"
            "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END"
            for verb, when in rules
        ]
    return statements


_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION aisa_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'evidence is append-only'; END $$
"""
_POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION aisa_append_only()
"""
