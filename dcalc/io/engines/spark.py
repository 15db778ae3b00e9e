"""Spark: tables of a cluster, or of this machine on all of its cores.

The rows go through `mapInArrow` in the workers, by the public interface of data frames alone, so that classic Spark,
Spark Connect and the managed ones all work. The workers need `dcalc[fast]` and pyarrow.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dcalc.errors import DcalcError, UsageError
from dcalc.io.engines import missing_engine
from dcalc.io.frames import refuse_changes
from dcalc.io.mapper import Report
from dcalc.io.replacement import replace_folder
from dcalc.io.rows import FileKind, is_columns, kind_of_input, missing_column, name_taken
from dcalc.io.sources import NOTHING, is_remote
from dcalc.problem import VALUED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dcalc.io.engines import Settings
    from dcalc.io.frames import Target, Watch
    from dcalc.io.mapper import BatchMapper
    from dcalc.io.sources import Partition, Source

EXTRA = "spark"
SETTINGS = frozenset({"--master"})
_ROWS = 1 << 16
"""Rows of a batch: those that Spark has by default are six times as few, or only limited in bytes."""
_PATIENCE = 5.0  # seconds for a server to answer at all
_READERS: dict[FileKind, str] = {"parquet": "parquet", "csv": "csv", "jsonl": "json"}


def claims(source: Source, settings: Settings) -> bool:
    """Whether a cluster is named, or a store that the other engines do not read."""
    return settings.master is not None or source.is_remote


@contextmanager
def open_table(source: Source, settings: Settings) -> Iterator[Frame]:
    """The rows of a source. Raises UsageError, OSError."""
    try:
        import pyarrow  # noqa: F401  # Spark asks for it
        import pyspark  # noqa: F401
    except ImportError:
        raise missing_engine("Spark", EXTRA) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Spark says of the versions of other libraries
        session = _translate(lambda: _open_session(settings))
        try:
            yield Frame(session, source, settings)
        finally:
            _close(session)


def _open_session(settings: Settings) -> Any:
    """A session on the cluster that is named, else on this machine with as many cores as are asked for."""
    from pyspark.sql import SparkSession

    master = settings.master or f"local[{settings.jobs}]"
    if master.startswith("sc://"):
        _refuse_silence(master)
        session = SparkSession.builder.remote(master).getOrCreate()
        _shorten_retries(session)
    else:
        if master.startswith("local"):
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else its workers take whichever is found
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.master(master).appName("dcalc map")
        for key, value in _QUIET.items():
            builder = builder.config(key, value)
        with _silence():
            session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(_ROWS))
    return session


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what Java says as it starts, and ever after, from standard error. Where it does not start, its last words
    are in the error."""
    with tempfile.TemporaryFile() as words:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(words.fileno(), 2)
        try:
            yield
        except Exception as problem:  # noqa: BLE001  # it goes on with the words of Java
            words.seek(0)
            lines = [line for line in words.read().decode(errors="replace").splitlines() if "WARNING" not in line]
            raise RuntimeError(f"{problem}\n{lines[-1] if lines else ''}") from None
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "OFF"}


def _refuse_silence(address: str) -> None:
    """Raise UsageError where no server answers: Spark would try again for ten minutes."""
    parts = urlsplit(address)
    shown = f"sc://{parts.netloc.rpartition('@')[2]}"  # without the token that may stand behind it
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 15002), _PATIENCE):
            pass
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UsageError(
            f"no Spark server answers at {shown}: {reason}", help="start it, or check the address: sc://host:15002"
        ) from None


def _shorten_retries(session: Any) -> None:
    """Let a lost connection be an error after seconds. Where a client has no such setting, it takes its own time."""
    try:
        from pyspark.sql.connect.client.retries import DefaultPolicy

        session.client.set_retry_policies([DefaultPolicy(max_retries=5, max_backoff=2_000)])
    except (ImportError, AttributeError, TypeError):
        return


def _close(session: Any) -> None:
    """End the session. What is wrong with a server that is gone was said before."""
    try:
        session.stop()
    except Exception:  # noqa: BLE001  # of several libraries, and none of them matters any more
        return


class Frame:
    """A data frame of Spark."""

    def __init__(self, session: Any, source: Source, settings: Settings) -> None:
        self._session = session
        self.name = source.text
        self._frame = _translate(lambda: self._read(source))
        self._types = {field.name: field.dataType for field in _translate(lambda: self._frame.schema).fields}
        if len({title.lower() for title in self._types}) < len(self._frame.columns):
            raise UsageError(
                "two columns have one name: Spark does not tell x from X",
                help="name them in SQL: SELECT a.x AS ax, ...",
            )

    @property
    def titles(self) -> list[str]:
        """The names of the columns."""
        return list(self._types)

    def count(self) -> None:
        """Unknown: it would take another run of the query."""

    def check(self, mapper: BatchMapper, target: Target) -> None:
        """Raise UnknownVariable or UsageError where the columns do not fit what is asked for."""
        from pyspark.sql.types import NullType, NumericType

        for title in mapper.columns.values():
            if title not in self._types:
                raise missing_column(title, self._types)
            if not isinstance(self._types[title], NumericType | NullType):
                kind = self._types[title].simpleString()
                raise UsageError(f"the column {title} holds {kind}, not numbers", help="convert it to numbers first")
        for title in mapper.new_titles:
            if title.lower() in map(str.lower, self._types):  # to Spark they are the same
                raise name_taken(title)
        for title in target.partition:
            if title not in self._types:
                raise missing_column(title, self._types)
        if target.path is None:
            raise UsageError("Spark writes a folder", help="name one: --out FOLDER")
        if target.kind not in _READERS:
            raise UsageError(f"Spark does not write {target.kind}", help="write --format parquet, csv or jsonl")

    def write(self, mapper: BatchMapper, target: Target, watch: Watch) -> None:
        """Write all rows and their new columns as a folder of files."""
        assert target.path is not None
        if is_remote(
            target.path
        ):  # where Spark's own committer sees to it that all of it is there, or no mark of success
            _translate(lambda: self._write_to(str(target.path), mapper, target))
            watch(_translate(lambda: self._count(str(target.path), mapper, target)), None)
            return
        with replace_folder(target.path) as part:
            _translate(lambda: self._write_to(part, mapper, target))
            if not os.path.isdir(part):
                raise UsageError(
                    f"the cluster wrote {target.path} where this machine does not see it",
                    help="name a place that both see, such as s3a://bucket/folder",
                )
            watch(_translate(lambda: self._count(part, mapper, target)), None)

    def extend(self, mapper: BatchMapper) -> Any:
        """The data frame with its new columns, which are worked out where the rows are: nothing is shuffled."""
        from pyspark.sql.types import DoubleType, StringType, StructField, StructType

        statuses = {part.status for part in mapper.parts}
        new = [StructField(title, StringType() if title in statuses else DoubleType()) for title in mapper.new_titles]
        schema = StructType([*self._frame.schema.fields, *new])
        mapper = mapper.on_one_core()

        def answer(batches: Iterable[Any]) -> Iterator[Any]:
            import pyarrow

            for batch in batches:
                yield pyarrow.record_batch(mapper.map_batch(batch))

        return self._frame.mapInArrow(answer, schema)

    def _write_to(self, path: str, mapper: BatchMapper, target: Target) -> None:
        writer = self.extend(mapper).write.mode("error")
        if target.partition:
            writer = writer.partitionBy(*target.partition)
        if target.kind == "csv":
            writer = writer.option("header", True)
        writer.format(_READERS[target.kind]).save(path)

    def _count(self, path: str, mapper: BatchMapper, target: Target) -> Report:
        """What became of the rows, from the statuses that were written: a function in a worker cannot tell."""
        reader = self._session.read.format(_READERS[target.kind])
        if target.kind == "csv":
            reader = reader.option("header", True)
        statuses = [part.status for part in mapper.parts]
        counts = [tuple(row) for row in reader.load(path).groupBy(*statuses).count().collect()]
        rows = sum(row[-1] for row in counts)
        without = sum(row[-1] for row in counts if not set(row[:-1]) <= set(VALUED))
        bad = sum(row[-1] for row in counts if "error" in row[:-1])
        return Report(rows, without, 0, 0, {}, bad, ())

    def _read(self, source: Source) -> Any:
        from pyspark.sql.functions import when

        if source.shape == "query":
            return self._session.sql(source.text)
        reader = self._session.read
        partitions: dict[str, Partition] = {}
        if source.is_here:
            files = source.files()
            kind = source.kind_of(files)
            refuse_changes(files, kind, source.text)
            partitions = source.partitions(files)
            if partitions:  # their values are text, which is read alike by all engines
                self._session.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
            paths = [os.path.abspath(source.text)]
            if source.shape == "files" and not os.path.isdir(source.text):
                reader = reader.option("basePath", os.path.abspath(source.root()))
                paths = [os.path.abspath(path) for path in files]
        elif source.is_remote:
            found = source.kind or kind_of_input(source.text) or "parquet"
            kind, paths = next((one for one in _READERS if one == found), "arrow"), [source.text]
        elif os.sep in source.text or kind_of_input(source.text) is not None:
            raise UsageError(f"{source.text}: No such file or directory")
        else:
            return self._session.table(source.text)
        if kind not in _READERS:
            raise UsageError(
                f"Spark does not read {kind} here", help="read parquet, csv or jsonl, or leave --engine out"
            )
        if not is_columns(kind):
            reader = reader.option("inferSchema", True).option("header", True).option("mode", "FAILFAST")
        frame = reader.format(_READERS[kind]).load([_escape(path) for path in paths])
        if partitions.keys() - set(frame.columns):
            raise UsageError("this server does not read columns from the names of folders", help="name a whole folder")
        for name, partition in partitions.items():
            nothing = [NOTHING] if partition.kind == "string" else [NOTHING, ""]  # some servers take it for text
            value = when(frame[name].isin(nothing), None).otherwise(frame[name])
            frame = frame.withColumn(name, value.cast(partition.kind))
        return frame


def _escape(path: str) -> str:
    """The path as a pattern of Hadoop that matches nothing else."""
    return path if is_remote(path) else re.sub(r"([*?\[\]{}\\])", r"\\\1", path)


def _translate(work: Callable[[], Any]) -> Any:
    """The result of work in Spark. Raises UsageError for whatever it raises, with the first of its many lines."""
    try:
        return work()
    except (DcalcError, OSError, AssertionError):
        raise
    except Exception as problem:  # noqa: BLE001  # those of py4j, gRPC and Spark have nothing in common
        raise _describe(problem) from None


def _describe(problem: Exception) -> UsageError:
    text = str(problem)
    if "JAVA_GATEWAY_EXITED" in text or "JAVA_HOME" in text:
        last = text.splitlines()[-1].strip()
        return UsageError(
            f"Spark does not start Java{f': {last}' if last and 'JAVA_GATEWAY' not in last else ''}",
            help="install a JRE of version 17 or later, or name a server: --master sc://host:15002",
        )
    lost = re.search(
        r"UNAVAILABLE|failed to connect|Connection reset|Retries exceeded|RETRIES_EXCEEDED|CANCELLED", text
    )
    if lost is not None:
        return UsageError("the connection to Spark was lost; nothing was written", help="run it again when it is back")
    if "No space left on device" in text:
        return UsageError(
            "there is no room left for the result; nothing was written", help="make room, and run it again"
        )
    crash = re.search(
        r"(Timed out while waiting for the )?Python worker (exited|failed to connect|to connect)[^\n]*", text
    )
    if crash is not None:
        return UsageError(f"Spark: {crash[0]}; nothing was written", help="run it again; give the workers more memory")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ours = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception)\b: ", line)]
    line = ours[-1] if ours and "Traceback" in text else next(iter(lines), type(problem).__name__)
    help = "look at the query and the files; the workers need dcalc[fast] and pyarrow"
    return UsageError(f"Spark: {line}", help=help)
