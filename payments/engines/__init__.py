"""
Relations: SQL files run over files of lines by SQLite, DuckDB, PostgreSQL or Spark, alike.

    file ── reading ──▶ Parquet, checked ── engine: the relation ──▶ parts ── writing ──▶ one file

The text of a relation is the same on all four. DuckDB reads and writes the files whatever engine
works, so a cell means the same everywhere.
"""
