"""Spark: the same text for what one machine cannot hold. Needs the extra ``spark`` and Java 17."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from payments.engines.duck import first_line
from payments.engines.model import EngineFailed, EngineMissing, Job, names, quoted
from payments.engines.progress import Progress

HERE: Final = "local[*]"
_LOOPBACK: Final = "127.0.0.1"
#: Below that its driver does not start.
_MEGABYTES_MIN: Final = 512
_NEEDS: Final = "vienphi[spark] and Java 17"


def run(job: Job, into: Path, progress: Progress, master: str = HERE) -> str:
    """
    Run *job* on the cluster *master*, by default in this machine; returns the scan of the answer.

    Raises:
        EngineMissing: pyspark or Java is not there.
        EngineFailed: Spark refuses.
    """
    try:
        errors: Any = import_module("pyspark.errors")
        sql: Any = import_module("pyspark.sql")
    except ImportError as error:
        raise EngineMissing(engine="Spark", needs=_NEEDS) from error
    if shutil.which("java") is None:
        raise EngineMissing(engine="Spark", needs=_NEEDS)
    builder = sql.SparkSession.builder.appName("vienphi").master(master)
    if master.startswith("local"):
        builder = builder.config("spark.driver.host", _LOOPBACK)
        builder = builder.config("spark.driver.bindAddress", _LOOPBACK)
    for key, value in {
        "spark.driver.memory": f"{max(_MEGABYTES_MIN, job.limits.megabytes)}m",
        "spark.local.dir": str(job.limits.scratch),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.warehouse.dir": str(into / "warehouse"),
    }.items():
        builder = builder.config(key, value)
    target = into / "answer"
    try:
        session = builder.getOrCreate()
        try:
            session.sparkContext.setLogLevel("ERROR")
            progress.show(None)
            for name, file in job.files.items():
                session.read.parquet(str(file)).createOrReplaceTempView(name)
            for name, amount in job.settings.items():
                session.sql(
                    f"SELECT CAST({int(amount)} AS BIGINT) AS amount"
                ).createOrReplaceTempView(name)
            answer = session.sql(job.statement).selectExpr(*names(job.relation.answer).split(", "))
            answer.write.parquet(str(target))
        finally:
            session.stop()
    except errors.PySparkException as error:
        raise EngineFailed(engine="Spark", said=first_line(error)) from error
    return f"read_parquet({quoted(target / '*.parquet')})"
