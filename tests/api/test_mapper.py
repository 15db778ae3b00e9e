"""`dcalc.Mapper` and `dcalc.polars`: derivatives beside the columns of tables of any library."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from decimal import Decimal

import pytest

import dcalc

np = pytest.importorskip("numpy")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("nanoarrow")

FRAME = pl.DataFrame(
    {"t": ["a", None, "c", "d", "e"], "x": [1.0, 2.0, None, math.nan, 3.0], "y": [1.0, -1, 2, 3, math.inf]}
)


def test_columns_stand_behind_those_of_the_table_with_null_where_there_is_no_number():
    found = pl.DataFrame(dcalc.Mapper("x**2*log(y)", value=True, hessian=True)(FRAME))
    new = ["f", "df_dx", "df_dy", "d2f_dxdx", "d2f_dxdy", "d2f_dydy", "status"]
    assert found.columns == [*FRAME.columns, *new]
    assert found.select(FRAME.columns).equals(FRAME)
    assert found["status"].to_list() == ["ok", "undefined", "error", "error", "error"]
    assert found.row(0)[3:] == (0.0, 0.0, 1.0, 0.0, 2.0, -1.0, "ok")
    assert all(found[title].to_list()[1:] == [None] * 4 for title in new[:-1])


def test_options_are_those_of_map():
    assert dcalc.Mapper("x*y", "y", prefix="g_").new_titles == ("g_df_dy", "g_status")
    assert dcalc.Mapper("x*y", dcalc.parse("y")).new_titles == ("df_dy", "status")
    several = dcalc.Mapper({"loss": "(x - y)**2", "size": "abs(x)"}, value=True)
    assert several.new_titles == ("loss", "dloss_dx", "dloss_dy", "loss_status", "size", "dsize_dx", "size_status")
    found = pl.DataFrame(several(pl.DataFrame({"x": [0.0, 1.0, 2.0], "y": [1.0, None, 3.0]})))
    assert found["loss_status"].to_list() == ["ok", "error", "ok"]
    assert found["size_status"].to_list() == ["not_differentiable", "ok", "ok"]
    renamed = dcalc.Mapper("x**2", columns={"x": "x [m]"})
    assert pl.DataFrame(renamed(pl.DataFrame({"x [m]": [3]})))["df_dx"].to_list() == [6.0]
    assert dcalc.Mapper("5", wrt="x").variables == ("x",)
    table = pl.DataFrame({"e": [2.0]})
    assert pl.DataFrame(dcalc.Mapper("e**2", wrt="e")(table))["df_de"].to_list() == [4.0]


@pytest.mark.parametrize("mode", ["bound", "certify", "fast"])
def test_the_numbers_are_those_of_a_kernel(mode):
    x = np.linspace(-3, 3, 1001)
    _, (by_x, by_y) = dcalc.compile("x**2*y + sin(x*y)", ("x", "y"), mode=mode)(x=x, y=x[::-1])
    found = pl.DataFrame(dcalc.Mapper("x**2*y + sin(x*y)", value=True, mode=mode)(pl.DataFrame({"x": x, "y": x[::-1]})))
    assert np.array_equal(found["df_dx"].to_numpy(), by_x)
    assert np.array_equal(found["df_dy"].to_numpy(), by_y)


def test_an_answer_depends_on_nothing_but_its_row():
    x = np.concatenate([np.linspace(-2, 2, 4001), [0.0, 1e-9, 1e300, -1e-300, math.nan]])
    mapper = dcalc.Mapper({"a": "(1 - cos(x))/x**2", "b": "sqrt(x**2 + 1) - x", "c": "x*abs(x - 1)"})
    whole = pl.DataFrame(mapper(pl.DataFrame({"x": x})))
    order = np.random.default_rng(1).permutation(len(x))
    mixed = pl.concat([pl.DataFrame(mapper(pl.DataFrame({"x": x[part]}))) for part in np.array_split(order, 7)])
    assert mixed.equals(whole[order], null_equal=True)


NUMBERS = {
    "int8": pa.array([1, None, -3], pa.int8()),
    "uint64": pa.array([2**64 - 1, None, 2**53 + 1], pa.uint64()),
    "int64": pa.array([-(2**63), 2**53 + 1, None]),
    "float16": pa.array([np.float16(1.5), None], pa.float16()),
    "float32": pa.array([0.1, None], pa.float32()),
    "decimal32": pa.array([Decimal("0.1"), None], pa.decimal32(5, 1)),
    "decimal64": pa.array([Decimal("-123456789012.345"), None], pa.decimal64(18, 3)),
    "decimal128": pa.array([Decimal("0.1"), Decimal("12345678901234567890.123456789"), None], pa.decimal128(38, 9)),
    "decimal256": pa.array([Decimal("1e40") / 3, Decimal("-0.3"), None], pa.decimal256(70, 25)),
    "negative scale": pa.array([Decimal("12e3"), Decimal("98765432109876543210e3"), None], pa.decimal128(30, -3)),
    "dictionary": pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 2]), pa.array([0.5, 2.5, None])),
    "empty dictionary": pa.DictionaryArray.from_arrays(pa.array([None], pa.int32()), pa.array([], pa.float64())),
    "null": pa.nulls(2),
    "none": pa.array([], pa.float64()),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_every_type_are_the_doubles_nearest_to_them(name):
    array = NUMBERS[name]
    expected = [None if value is None else float(value) for value in array.to_pylist()]
    padded = pa.concat_arrays([array.slice(0, 1), array, array.slice(0, 1)]).slice(len(array.slice(0, 1)), len(array))
    for column in (array, padded):  # a slice, too
        mapped = pa.record_batch(dcalc.Mapper("x", value=True)(pa.record_batch({"x": column})))
        assert mapped["f"].to_pylist() == expected
        assert mapped["x"].equals(column)
        assert mapped["status"].to_pylist() == ["error" if value is None else "ok" for value in expected]


def test_a_slice_of_a_struct_is_a_batch_of_its_rows():
    rows = pa.array([{"x": 1.0, "t": "a"}, {"x": 2.0, "t": None}, {"x": 4.0, "t": "c"}]).slice(1, 2)
    mapped = pa.record_batch(dcalc.Mapper("x**2")(rows))
    assert mapped.to_pylist() == [
        {"x": 2.0, "t": None, "df_dx": 4.0, "status": "ok"}, {"x": 4.0, "t": "c", "df_dx": 8.0, "status": "ok"},
    ]  # fmt: skip


def test_chunks_are_worked_out_as_they_are_read():
    table = pa.concat_tables(
        [pa.table({"x": [1.0, 2.0]}), pa.table({"x": pa.array([], pa.float64())}), pa.table({"x": [3.0]})]
    )
    stream = dcalc.Mapper("x**2")(table)
    assert repr(stream) == "<stream of batches: x, df_dx, status>"
    assert [len(batch) for batch in stream] == [2, 0, 1]
    for _ in range(2):  # a table can be read again
        assert pa.table(stream)["df_dx"].to_pylist() == [2.0, 4.0, 6.0]
    assert pa.schema(stream) == pa.schema(dcalc.Mapper("x**2").schema(table.schema))
    seen = []

    def batches():
        for k in range(3):
            seen.append(k)
            yield pa.record_batch({"x": [float(k)]})

    reader = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.float64()}), batches())
    lazy = pa.RecordBatchReader.from_stream(dcalc.Mapper("x**2")(reader))
    assert seen == []
    assert lazy.read_next_batch()["df_dx"].to_pylist() == [0.0]
    assert seen == [0]
    assert lazy.read_all()["df_dx"].to_pylist() == [2.0, 4.0]
    empty = dcalc.Mapper("x**2")(table.slice(0, 0))
    assert pl.DataFrame(empty).schema == {"x": pl.Float64, "df_dx": pl.Float64, "status": pl.String}


def test_batches_are_read_by_every_way_of_the_interface():
    batch = dcalc.Mapper("x**2")(pa.record_batch({"x": [1.0, 2.0]}))
    assert isinstance(batch, dcalc.Batch)
    assert (len(batch), repr(batch)) == (2, "<batch of 2 rows: x, df_dx, status>")
    assert pa.record_batch(batch).equals(pa.RecordBatchReader.from_stream(batch).read_next_batch())
    assert pa.schema(batch).names == ["x", "df_dx", "status"]


@pytest.mark.parametrize("read", [pl.DataFrame, lambda stream: pa.RecordBatchReader.from_stream(stream).read_all()])
def test_what_goes_wrong_in_a_source_is_told_by_the_reader_in_its_words(read):
    def batches():
        yield pa.record_batch({"x": [1.0]})
        raise ValueError("the source has gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.float64()}), batches())
    with pytest.raises(BaseException, match="the source has gone"):  # old versions of Polars panic
        read(dcalc.Mapper("x**2")(reader))


def test_a_stream_that_is_not_read_to_its_end_is_let_go():
    from dcalc.io.arrow import _READINGS

    before = len(_READINGS)
    reader = pa.RecordBatchReader.from_stream(dcalc.Mapper("x**2")(pa.table({"x": [1.0]})))
    assert len(_READINGS) == before + 1
    del reader
    assert len(_READINGS) == before


def test_mappers_are_sent_as_text_and_loaded_elsewhere_without_any_engine():
    mapper = dcalc.Mapper("e**x*beta", wrt=["e", "x"], value=True, columns={"x": "X"})
    for other in (pickle.loads(pickle.dumps(mapper)), copy.deepcopy(mapper)):
        assert (other, hash(other), repr(other)) == (mapper, hash(mapper), "<mapper to f, df_de, df_dx, status>")
    assert mapper != dcalc.Mapper("e**x*beta", wrt=["e", "x"])
    code = (
        "import pickle, sys; m = pickle.loads(bytes.fromhex(sys.argv[1])); "
        "import nanoarrow as na, numpy as np; "
        "c = na.c_array_from_buffers(na.float64(), 1, [None, np.array([2.0])]); "
        "b = na.c_array_from_buffers(na.struct({'x': na.float64()}), 1, [None], children=[c]); "
        "print(repr(m(b)), *sorted({'polars', 'pyarrow', 'pandas', 'duckdb', 'rich', 'typer'} & set(sys.modules)))"
    )
    sent = pickle.dumps(dcalc.Mapper("x**3", hessian=True))
    done = subprocess.run([sys.executable, "-c", code, sent.hex()], capture_output=True, text=True, check=True)
    assert done.stdout == "<batch of 1 rows: x, df_dx, d2f_dxdx, status>\n"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pl.DataFrame({"x": [1.0]}), "the input has no column y"),
        (pl.DataFrame({"x": [1.0], "y": ["a"]}), "the column y holds string_view, not numbers"),
        (pa.table({"x": [1.0], "y": pa.array(["a"]).dictionary_encode()}), "the column y holds dictionary(int32)<str"),
        (pl.DataFrame({"x": [1.0], "y": [True]}), "the column y holds bool, not numbers"),
        (pl.DataFrame({"x": [1.0], "y": [1], "status": [1]}), "the input already has a column status"),
        (pa.Table.from_arrays([pa.array([1.0])] * 2, names=["x", "x"]), "two columns are named x"),
        (pl.DataFrame({"x": [1], "y": [1], "n": pl.Series([2**70], dtype=pl.Int128)}), "the column n holds a type"),
        (pl.Series([1.0]), "a batch of rows is needed, not double"),
        ([1.0], "a list does not have the Arrow interface"),
    ],
)  # fmt: skip
def test_refused_tables(table, message):
    with pytest.raises(dcalc.DcalcError) as raised:
        dcalc.Mapper("x*y")(table)
    assert str(raised.value).startswith(message)
    assert raised.value.help


def test_rows_that_are_null_as_a_whole_are_refused_and_not_read_as_zeros():
    structs = pa.array([{"x": 1.0}, None, {"x": 3.0}])
    mapper = dcalc.Mapper("1/x")
    for batch, row in ((structs, 2), (structs.slice(1), 1)):
        with pytest.raises(dcalc.UsageError, match=f"row {row} of a batch is null as a whole"):
            mapper(batch)
    assert pl.DataFrame(mapper(structs.slice(2)))["df_dx"].to_list() == [-1 / 9]
    found = pl.DataFrame(mapper(pa.RecordBatch.from_struct_array(structs)))
    assert found["status"].to_list() == ["ok", "error", "ok"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("x",), {"mode": "exact"}, "no mode exact"),
        (("x",), {"tolerance": 1.0}, "the tolerance must be at least 0 and below 1, not 1.0"),
        (("x",), {"jobs": 0}, "jobs must be at least 1, not 0"),
        (("x", "x+y"), {}, "x+y is not a variable name"),
        (({"a": "x", "a_status": "x"},), {"value": True}, "two new columns would be named a_status"),
        (("besselj(n, x)", "n"), {"mode": "fast"}, "besselj"),
    ],
)
def test_refused_mappers(arguments, options, message):
    with pytest.raises(dcalc.DcalcError) as raised:
        dcalc.Mapper(*arguments, **options)
    assert message.split()[0] in str(raised.value)


def test_without_the_libraries_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoarrow", None)
    with pytest.raises(dcalc.UsageError, match="batches of Arrow need nanoarrow and NumPy") as raised:
        dcalc.Mapper("x")
    assert raised.value.help == "pip install 'dcalc[fast]'"


def test_expressions_of_polars_have_derivatives():
    import dcalc.polars

    frame = pl.DataFrame({"x": [1.0, 2.0, None, 0.0], "y": [3.0, 4.0, 5.0, 6.0]})
    found = frame.with_columns(pl.col("x", "y").dcalc.grad("x**2*y", value=True).struct.unnest())
    assert found.equals(pl.DataFrame(dcalc.Mapper("x**2*y", value=True)(frame)))
    lazy = frame.lazy().filter(pl.col("x").dcalc.diff("x**3") > 4).select(slope=pl.col("x").dcalc.diff("x**3"))
    assert lazy.collect(engine="streaming")["slope"].to_list() == [12.0]
    renamed = frame.select(pl.struct(a=pl.col("x") * 2, b="y").dcalc.grad("a*b").struct.field("df_db"))
    assert renamed["df_db"].to_list() == [2.0, 4.0, None, 0.0]
    assert frame.select(pl.all().dcalc.diff("x*y", "y"))["df_dy"].to_list() == [1.0, 2.0, None, 0.0]
    assert frame.select(pl.col("x").dcalc.diff("abs(x)"))["df_dx"].to_list() == [1.0, 1.0, None, None]
    with pytest.raises(dcalc.UsageError, match="the function has the variables x, y"):
        frame.select(pl.col("x", "y").dcalc.diff("x*y"))
    assert dcalc.polars.Derivatives.__doc__


def test_duckdb_gives_and_takes_relations():
    duckdb = pytest.importorskip("duckdb")
    con = duckdb.connect()
    rows = con.cursor().sql("SELECT i AS id, (i / 10)::DOUBLE AS x FROM range(300000) t(i)")
    mapped = dcalc.Mapper("x**2")(rows)  # noqa: F841  # DuckDB finds it by its name
    found = con.sql("SELECT count(*), sum(df_dx), sum(2 * x), min(status) FROM mapped").fetchall()
    assert found[0][0] == 300000
    assert found[0][1] == pytest.approx(found[0][2], rel=1e-12)
    assert found[0][3] == "ok"
