"""A file of lines, CSV or Parquet, as checked Parquet: every cell right, or the file refused."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from payments.engines import cells, naming
from payments.engines.duck import first_line
from payments.engines.model import Column, EngineFailed, Kind, Table, quoted
from payments.engines.progress import Progress
from payments.kernel.errors import Problem
from payments.sheets.problems import UnreadableSheet

_PARQUET: Final = b"PAR1"
_DELIMITERS: Final = (",", ";", "\t")
_OTHER_FILES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"Rar!")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LACKS: Final = "CAST(NULL AS VARCHAR)"
#: How Parquet holds a column that may be read as it is.
_PLAIN_KINDS: Final = {Kind.NAME: "VARCHAR", Kind.TEXT: "VARCHAR", Kind.DONG: "BIGINT"}
#: A line of titles longer than this is no table.
_HEAD_MAX_BYTES: Final = 64 * 1024
#: Columns of Parquet that are read: whole numbers, decimals, text. No floats: 0.1 is none.
_WHOLE: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED: Final = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be scanned: *scan* is its table, *places* gives each column as text."""

    path: Path
    scan: str
    places: Mapping[str, str]
    delimiter: str | None = None
    titles: tuple[str, ...] = ()
    #: Of Parquet, the kind of each column.
    kinds: Mapping[str, str] = field(default_factory=dict)


def stage(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: Table,
    into: Path,
    progress: Progress,
) -> Path:
    """
    Check *path*, and give the Parquet file that holds the columns of *table* as they are read.

    That is *path* itself where nothing needs to be changed, else *into*, which is written.

    Raises:
        UnreadableSheet: the file is missing, is no table, or cells are wrong: each by line and
            column.
        EngineFailed: there was no room for it.
    """
    source = open_source(connection, path, table.columns)
    if _is_plain(connection, source, table.columns, progress):
        return path
    chosen, conditions = [], []
    for column in table.columns:
        cell = source.places.get(column.name, _LACKS)
        chosen.append(f"{cells.value(column.kind, cell)} AS {column.name}")
        conditions.append(cells.is_right(column.kind, cell))
    # One pass: the first wrong cell ends it, and only then somebody looks for its line.
    guard = f"CASE WHEN {' AND '.join(conditions)} THEN true ELSE error('a cell is wrong') END"
    statement = (
        f"COPY (SELECT {', '.join(chosen)} FROM {source.scan} WHERE {guard})"
        f" TO {quoted(into)} (FORMAT parquet)"
    )
    with progress.of_query(connection):
        try:
            connection.execute(statement)
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise EngineFailed(engine="DuckDB", said=first_line(error)) from error
        except duckdb.Error as error:
            problems = naming.problems(connection, source, table.columns)
            if not problems:
                problems = [Problem(None, "", "sheet.broken")]
            raise UnreadableSheet(problems) from error
    return into


def _is_plain(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    columns: Sequence[Column],
    progress: Progress,
) -> bool:
    """Say whether the file already holds what would be written: one look without a copy."""
    wanted = {one.name: _PLAIN_KINDS.get(one.kind) for one in columns}
    if any(source.kinds.get(name) != kind for name, kind in wanted.items()):
        return False
    plain = " AND ".join(cells.is_plain(one.kind, one.name) for one in columns)
    with progress.of_query(connection):
        try:
            found = connection.execute(
                f"SELECT coalesce(bool_and({plain}), true) FROM read_parquet({quoted(source.path)})"
            ).fetchall()
        except duckdb.Error:
            # The long way names what is wrong.
            return False
    return bool(found[0][0])


def open_source(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]
) -> Source:
    """
    Look at the head of *path*.

    Raises:
        UnreadableSheet: missing, empty, of another kind or encoding, or a column lacks or is there
            twice.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_MAX_BYTES)
    except OSError as error:
        raise _refused("sheet.not_opened") from error
    if not head:
        raise _refused("sheet.empty")
    if head.startswith(_PARQUET):
        return _parquet(connection, path, columns)
    if head.startswith(_UTF16):
        raise _refused("sheet.encoding", line=1)
    if head.startswith(_OTHER_FILES) or b"\0" in head:
        raise _refused("sheet.no_lines")
    return _csv(path, head, columns)


def _csv(path: Path, head: bytes, columns: Sequence[Column]) -> Source:
    first = head.removeprefix(codecs.BOM_UTF8).split(b"\n", 1)[0].rstrip(b"\r")
    try:
        text = first.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused("sheet.encoding", line=1) from error
    if len(first) >= _HEAD_MAX_BYTES:
        raise _refused("sheet.no_lines")
    delimiter = max(_DELIMITERS, key=text.count)
    titles = tuple(naming.cells_of(text, delimiter))
    places = _places(titles, columns)
    # DuckDB wants names that differ; ours are those of places.
    listed = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(titles)))
    scan = (
        f"read_csv({quoted(path)}, columns = {{{listed}}}, delim = {quoted(delimiter)},"
        " auto_detect = false, header = true, quote = '\"', escape = '\"', strict_mode = true,"
        " null_padding = false, max_line_size = 2000000)"
    )
    return Source(path, scan, {name: f"c{n}" for name, n in places.items()}, delimiter, titles)


def _parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]
) -> Source:
    scan = f"read_parquet({quoted(path)}, file_row_number = true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        schema = connection.execute(
            f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({quoted(path)})"
        ).fetchall()
    except duckdb.Error as error:
        raise _refused("sheet.broken") from error
    # DuckDB renames a second column of a name; the file's own schema keeps both.
    _places(_top_names(schema), columns)
    titles = tuple(name for name, *_ in described if name != "file_row_number")
    kinds = {name: kind for name, kind, *_ in described}
    places = {name: titles[n] for name, n in _places(titles, columns).items()}
    problems = [
        Problem(None, column.shown, "sheet.column_kind", {"kind": kinds[places[column.name]]})
        for column in columns
        if column.name in places and not _is_readable(kinds[places[column.name]], column.kind)
    ]
    if problems:
        raise UnreadableSheet(problems)
    shown = {name: _text_of(title, kinds[title]) for name, title in places.items()}
    return Source(path, scan, shown, titles=titles, kinds=kinds)


def _top_names(schema: Sequence[tuple[str, int]]) -> list[str]:
    """Name the columns of a schema that lists the root, then each column before its parts."""
    names, parts = [], 0
    for name, children in schema[1:]:
        if not parts:
            names.append(name)
        parts += children - (1 if parts else 0)
    return names


def _text_of(title: str, kind: str) -> str:
    """Write a column as the text that CSV would have: a decimal that is whole has no fraction."""
    text = 'CAST("' + title.replace('"', '""') + '" AS VARCHAR)'
    return f"regexp_replace({text}, '[.]0+$', '')" if kind.startswith("DECIMAL") else text


def _is_readable(kind: str, wanted: Kind) -> bool:
    if kind == "VARCHAR" or kind in (*_WHOLE, *_UNSIGNED):
        return True
    return kind.startswith("DECIMAL") and not wanted.is_text


def _places(titles: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    folded = [title.strip().lower() for title in titles]
    problems = []
    for column in columns:
        times = folded.count(column.shown)
        facts = {"title": column.shown}
        if not times and not column.is_optional:
            problems.append(Problem(1, column.shown, "sheet.no_title", facts))
        elif times > 1:
            problems.append(Problem(1, column.shown, "sheet.title_twice", facts))
    if problems:
        raise UnreadableSheet(problems)
    return {one.name: folded.index(one.shown) for one in columns if one.shown in folded}


def _refused(key: str, *, line: int | None = None, **facts: object) -> UnreadableSheet:
    return UnreadableSheet([Problem(line, "", key, facts)])
