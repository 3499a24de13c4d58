"""What of the benchmarks measures nothing: the ways of a spelling, the plan, the results and their comparison."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import fastact as fa
from bench import around_report, compare, plan
from bench.around_cases import AROUND, candidates
from bench.family_cases import CASES, KINDS, FamilyBuffers
from bench.family_results import Results, counted, load, rows, slower_rows, written
from bench.family_session import FASTACT, Group
from bench.harness import COPY, Candidate, Estimate, measure
from bench.spellings import RESTORE, in_way, reads

LABELS = ["relu", "tanh"]
MACHINE = {
    "cpu": "a processor",
    "logical_cores": 2,
    "caches": {"L1d": 32768},
    "isa": "avx2",
    "compiler": "a compiler",
    "versions": {"numpy": "2.0"},
    "date_utc": "2026-11-21T00:00:00+00:00",
}


def _row(function="relu", direction="forward", copies=0.5, ratio=2.0, size=plan.L1, alike=True, width=0.01, **more):
    def estimate(median):
        return {"median": median, "low": median * (1 - width), "high": median * (1 + width)}

    peer = {"name": "torch", "reads": "x", "spellings": ["torch.relu(x)"], "alike": alike}
    return {
        "function": function,
        "direction": direction,
        "way": plan.INTO,
        "threads": plan.ONE,
        "dtype": "float32",
        "size": size,
        "rounds": [10],
        "ns": estimate(100.0),
        "copies": estimate(copies),
        "over_one_thread": None,
        "peers": [{**peer, "ns": estimate(100 * ratio), "ratio": estimate(ratio)}],
        "slower": {},
        **more,
    }


def _data(*found):
    return {"machine": MACHINE, "threads": 2, "peers": ["torch"], "faults": [], "rows": list(found)}


def _file(path, *found):
    path.write_text(json.dumps(_data(*found)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("spelling", "fresh"),
    [
        ("fa.relu(x, out=out)", "fa.relu(x)"),
        ("fa.prelu_backward(grad, x, 0.25, out=(out, total))", "fa.prelu_backward(grad, x, 0.25)"),
        ("torch._C._nn.gelu(x, approximate='none', out=out)", "torch._C._nn.gelu(x, approximate='none')"),
        ("aten.tanh_backward.grad_input(grad, y, grad_input=out)", "aten.tanh_backward.default(grad, y)"),
        ("aten.leaky_relu.out(x, 0.01, out=out)", "aten.leaky_relu.default(x, 0.01)"),
        (
            "aten.log_sigmoid_forward.output(x, output=out, buffer=temporary)[0]",
            "aten.log_sigmoid_forward.default(x)[0]",
        ),
        (
            "np.negative(x, out=out); np.exp(out, out=out)",
            "out = None; out = np.negative(x); np.exp(out, out=out); out",
        ),
        (
            "np.greater(y, zero, out=mask); np.multiply(grad, mask, out=out)",
            "np.greater(y, zero, out=mask); np.multiply(grad, mask)",
        ),
        ("relu_forward(x, out)", "out = None; out = np.empty_like(x); relu_forward(x, out); out"),
        ("torch.prelu(x, quarter)", "torch.prelu(x, quarter)"),
    ],
)
def test_a_spelling_into_a_new_array(spelling, fresh):
    assert in_way(spelling, plan.FRESH) == (fresh,)
    assert in_way(spelling, plan.INTO) == (spelling,)


@pytest.mark.parametrize(
    ("spelling", "victim", "over"),
    [
        ("fa.relu(x, out=out)", "x", {"fa.relu(x, out=x)"}),
        ("fa.tanh_backward(grad, x, out=out)", "grad", {"fa.tanh_backward(grad, x, out=grad)"}),
        ("relu_forward(x, out)", "x", {"relu_forward(x, x)"}),
        (
            "np.tanh(x, out=out); np.subtract(x, out, out=out)",
            "x",
            {"np.tanh(x, out=x); np.subtract(x, x, out=x)", "np.tanh(x, out=work); np.subtract(x, work, out=x)"},
        ),
    ],
)
def test_a_spelling_in_place(spelling, victim, over):
    found = in_way(spelling, plan.IN_PLACE, victim)
    assert all(one.startswith(RESTORE) for one in found)
    assert {one.removeprefix(RESTORE) for one in found} >= over


def test_an_unknown_way_is_an_error():
    with pytest.raises(ValueError, match="sideways"):
        in_way("fa.relu(x)", "sideways")


def test_what_a_backward_pass_reads():
    assert reads("aten.sigmoid_backward.grad_input(grad, y, grad_input=out)") == "y"
    assert reads("np.subtract(x, y, out=out); np.multiply(out, grad, out=out)") == "x, y"
    assert reads("np.exp(x, out=out)") == "x"


@pytest.mark.parametrize("way", plan.WAYS)
@pytest.mark.parametrize("label", CASES)
def test_every_function_of_ours_runs_in_every_way(label, way):
    """A row of ours cannot get lost by a spelling that is wrong in one way."""
    from bench.family_peers import FAMILY
    from bench.peers import FASTACT

    (ours,) = (row for row in FAMILY if row.name == FASTACT)
    buffers = FamilyBuffers(64)
    for direction in CASES[label].directions:
        candidate, faults = ours.candidate(label, direction, buffers, way)
        assert candidate and not faults


def test_the_plan_has_every_size_dtype_way_and_threads():
    cells = plan.cells(plan.FULL)
    assert {(way, threads) for way, threads, *_ in cells} == {
        (plan.INTO, plan.ONE),
        (plan.FRESH, plan.ONE),
        (plan.IN_PLACE, plan.ONE),
        (plan.INTO, plan.ALL),
    }
    into = {(dtype, size) for way, threads, dtype, size in cells if (way, threads) == (plan.INTO, plan.ONE)}
    assert into == {(dtype, size) for dtype in plan.DTYPES for size in plan.SIZES}
    for way in plan.WAYS:
        assert {size for of, threads, dtype, size in cells if (of, dtype) == (way, "float32")} == set(plan.SIZES)
    assert len(cells) == sum(len(part.dtypes) * len(part.sizes) for part in plan.FULL)


def test_each_process_has_one_number_of_threads_and_walks_by_size():
    work = list(plan.tasks(plan.FULL, LABELS))
    done = [task for _, tasks in work for task in tasks]
    wanted = sum(part.processes * len(part.dtypes) * len(part.sizes) * len(LABELS) for part in plan.FULL)
    assert len(done) == len(set(done)) == wanted
    for threads, tasks in work:
        assert {task.threads for task in tasks} == {threads}
        assert [task.size for task in tasks] == sorted(task.size for task in tasks)


def test_what_all_do_is_taken_off():
    x = np.zeros(1000)
    candidates = {"long": Candidate("sum(range(400))", {}), "short": Candidate("sum(range(200))", {})}
    options = {"deadline": np.inf, "most_rounds": 5, "generator": np.random.default_rng(0)}
    samples = measure(candidates, (x.copy(), x), subtracted={"long": "short", "short": "long"}, **options)
    assert 0 < np.median(samples["short"]) < np.median(samples["long"])  # never below 0


def _group(**times):
    keys = {"ours": ("fastact", "backward"), "x": ("torch", "backward"), "y": ("torch", "backward_from_output")}
    samples = {keys[name]: np.full(6, float(time)) for name, time in times.items()}
    spellings = {keys[name]: f"{name} = grad" for name in times}
    return Group(("tanh", "out", "one", "float32", "16"), {COPY: np.full(6, 10.0), **samples}, spellings, [], {})


def test_a_row_knows_the_best_peer_and_the_best_that_reads_the_same():
    generator = np.random.default_rng(0)
    (row,) = rows([_group(ours=20, x=60, y=5), _group(ours=20, x=60, y=5)], generator)
    (read,) = Results(json.loads(written(_data(row)), object_hook=_revived)).rows
    assert (read.best["reads"], read.best["ratio"].median) == ("y", 0.25)
    assert (read.alike["reads"], read.alike["ratio"].median) == ("x", 3.0)
    assert read.copies.median == 2.0
    (row,) = rows([_group(ours=20, y=5)], generator)
    assert row["peers"][0]["alike"] is False


def test_from_the_output_the_quickest_of_all_counts(tmp_path):
    row = _row("relu", "backward_from_output", alike=False, ratio=0.5)
    row["peers"].append(
        {**row["peers"][0], "name": "numba", "alike": True, "ratio": {"median": 3, "low": 3, "high": 3}}
    )
    (read,) = Results(load(_file(tmp_path / "one.json", row))).rows
    assert read.alike is read.best and read.best["ratio"].median == 0.5


def _revived(found):
    return Estimate(**found) if found.keys() == {"median", "low", "high"} else found


def test_counts_and_losses(tmp_path):
    found = (_row("relu", ratio=3.0), _row("tanh", ratio=1.3), _row("silu", ratio=1.4), _row("gelu", ratio=0.9))
    results = Results(load(_file(tmp_path / "one.json", *found)))
    count = counted(results.of(), "best")
    assert (count.met, count.total, count.worst.function) == (2, 4, "gelu")  # tanh needs 1.2 only
    assert [row.function for row in count.missed] == ["silu", "gelu"]
    assert [row.function for row in slower_rows(results.of(), "best")] == ["gelu"]
    assert not slower_rows([replace(row, peers=()) for row in results.of()], "best")


def test_the_page_names_losses_machine_and_sizes(tmp_path):
    from bench.family_report import document

    other = _row("tanh", "backward", ratio=0.8, alike=False)
    page = document(load(_file(tmp_path / "one.json", _row("relu", ratio=3.0), other)))
    assert "a processor" in page and "a compiler" in page and "2026-11-21" in page
    assert "**0.80" in page and "4,096" in page
    assert "| relu" in page and "tanh backward 0.80 (torch)" in page


def test_pictures_are_svg_without_pixels(tmp_path):
    pytest.importorskip("matplotlib")
    from bench.family_picture import draw_peers, draw_times

    sizes = (_row(size=size, direction=direction) for size in plan.SIZES for direction in ("forward", "backward"))
    results = Results(load(_file(tmp_path / "one.json", *sizes)))
    for name, draw in (("times", draw_times), ("peers", draw_peers)):
        for _ in range(2):
            draw(results, tmp_path / f"{name}.svg")
        assert "<image" not in (tmp_path / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("base", "options"), [("copy", ["--base", "copy"]), ("peer", ["--base", "peer"])])
def test_a_comparison_tells_what_fell_and_what_rose(tmp_path, capsys, base, options):
    old = _file(tmp_path / "old.json", _row("relu"), _row("tanh"), _row("silu"), _row("gelu"))
    # Half as fast, twice as fast, within the tolerance.
    found = _row("relu", copies=1.0, ratio=1.0), _row("tanh", copies=0.25, ratio=4.0), _row("silu", copies=0.52)
    new = _file(tmp_path / "new.json", *found, _row("mish"))
    assert compare.main([str(old), str(new), *options]) == 1
    told = capsys.readouterr().out
    fell, rose = told.split("rose:")
    assert "| relu" in fell and "| tanh" in rose and "silu" not in told
    assert "3 rows compared" in told and "1 fell, 1 rose" in told
    assert "only in the old file: 1 rows" in told and "only in the new file: 1 rows" in told
    assert compare.main([str(new), str(new), *options]) == 0
    assert compare.main([str(old), str(new), "--tolerance", "1.5", *options]) == 0


def test_a_comparison_trusts_no_overlapping_intervals_and_no_raw_times(tmp_path):
    old = _file(tmp_path / "old.json", _row(width=0.5))
    new = _file(tmp_path / "new.json", _row(copies=0.7, width=0.5, ns={"median": 900.0, "low": 800.0, "high": 950.0}))
    assert compare.main([str(old), str(new)]) == 0
    slow = _file(tmp_path / "slow.json", _row(ns={"median": 900.0, "low": 800.0, "high": 950.0}))
    assert compare.main([str(_file(tmp_path / "quick.json", _row())), str(slow)]) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": [{}], "machine": {}}'])
def test_a_file_that_holds_no_results_is_told(tmp_path, text, capsys):
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        compare.main([str(tmp_path / "bad.json"), str(tmp_path / "bad.json")])
    assert "error" in capsys.readouterr().err


def _around(kinds):
    """Return the names of the functions that stand around an activation."""
    found = [record for record in fa.activations.values() if record.kind not in kinds]
    sparse = {name for name in fa.__all__ if name.startswith(("relu_mask", "relu_backward_mask", "relu_csr"))}
    passes = {
        one.__name__
        for record in found
        for one in (record.forward, record.backward, record.backward_from_output)
        if one
    }
    return passes | sparse | {"sparsity", "dead_units"}


def test_what_stands_around_an_activation_has_a_row_each():
    assert {row.function for row in AROUND.values()} == _around(KINDS)


@pytest.mark.parametrize("label", list({row.function: label for label, row in reversed(AROUND.items())}.values()))
def test_the_ways_of_what_stands_around_agree(label):
    found, faults = candidates(label)
    assert FASTACT in found and not faults


def test_the_page_names_the_targets_that_are_missed():
    estimates = {name: Estimate(value, value, value) for name, value in (("good", 2.0), ("bad", 1.25), ("slow", 0.5))}
    peers = [
        {"name": name, "ratio": ratio, "target": None if name == "slow" else 1.5} for name, ratio in estimates.items()
    ]
    text = around_report.section([{"function": "glu", "on": "rows", "ns": Estimate(1e3, None, None), "peers": peers}])
    assert "1 of 2 reach their target; below: glu (rows) 1.25 of 1.50." in text
    assert "**0.50" in text and "| *1.25 (" not in text and "*1.25 (1.25-1.25)* bad, wanted 1.50" in text
