"""The choice of an instruction set: forced, refused, filled from below; and that it changes no bit."""

import os
import subprocess
import sys

import numpy as np
import pytest

import fastact as fa
from fastact import _core


def _python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_chosen_set_is_the_best_or_the_forced_one():
    assert fa.isa() == (os.environ.get("FASTACT_ISA") or fa.available_isas()[0])
    assert fa.available_isas()[-1] == "scalar"


@pytest.mark.parametrize("name", fa.available_isas())
def test_a_forced_set_is_the_active_one(name):
    """Its kernels run, not only its name is told: the lanes are those of its header."""
    lanes = {"scalar": (1, 1), "neon": (4, 2), "avx2": (8, 4), "avx512": (16, 8)}[name]
    answer = _python("import fastact as fa; print(fa.isa(), *fa._core._operations()[1])", FASTACT_ISA=name)
    assert answer.stdout.split() == [name, *map(str, lanes)], answer.stderr


@pytest.mark.parametrize("name", ["sse9", "AVX2", "avx2,scalar", " "])
def test_an_unknown_set_is_refused(name):
    answer = _python("import fastact", FASTACT_ISA=name)
    assert answer.returncode != 0
    assert "ImportError" in answer.stderr and "no such instruction set" in answer.stderr
    assert ", ".join(fa.available_isas()) in answer.stderr


def test_a_set_that_the_machine_lacks_is_refused():
    lacking = {"avx512", "avx2"} - set(fa.available_isas()) if "avx2" in fa.available_isas() else set()
    for name in lacking:
        answer = _python("import fastact", FASTACT_ISA=name)
        assert "ImportError" in answer.stderr and "this machine cannot run it" in answer.stderr
        assert ", ".join(fa.available_isas()) in answer.stderr


def test_empty_means_the_best():
    assert _python("import fastact as fa; print(fa.isa())", FASTACT_ISA="").stdout.strip() == fa.available_isas()[0]


def test_holes_are_filled_from_the_next_set_down():
    """Units are given as lists of which kernels they have; each slot tells the unit it came from."""
    assert _core._filled([[1, 0, 0], [1, 1, 0], [1, 1, 1]]) == [0, 1, 2]
    assert _core._filled([[0, 1, 1], [1, 0, 1]]) == [1, 0, 0]


def test_importing_keeps_subnormals():
    assert np.finfo(np.float64).smallest_subnormal > 0
    code = "import fastact, numpy as np; x = np.float32(1e-40); print((x * np.float32(0.5) > 0) and x != 0)"
    assert _python(code).stdout.strip() == "True"


def _results_by_set(case, *inputs):
    chosen = fa.isa()
    results = {}
    try:
        for name in fa.available_isas():
            _core._use_isa(name)
            results[name] = case(*inputs)
    finally:
        _core._use_isa(chosen)
    return results.pop("scalar"), results


def _assert_same_bits(case, *inputs):
    specified, others = _results_by_set(case, *inputs)
    integer = f"u{specified.dtype.itemsize}"
    for name, result in others.items():
        differ = np.flatnonzero(specified.view(integer) != result.view(integer))
        assert differ.size == 0, f"{name} differs at {[one[differ[0]] for one in inputs]}"


def test_every_set_gives_the_same_bits(case, dtype, rng):
    _assert_same_bits(case, *case.sample(rng, dtype, 100_003))


def test_every_set_gives_the_same_nan(case, dtype, rng):
    """Quiet and signalling NaNs of any payload, one operand at a time."""
    inputs = case.sample(rng, dtype, 4001)
    bits = rng.integers(0, 2 ** (8 * dtype.itemsize), 4001, dtype=f"u{dtype.itemsize}")
    nans = (bits | np.array(np.inf, dtype).view(bits.dtype)).view(dtype)
    assert np.isnan(nans).all()
    for k in range(case.inputs):
        _assert_same_bits(case, *inputs[:k], nans, *inputs[k + 1 :])


def test_every_set_gives_the_same_bits_for_extreme_grads(backward_case, dtype, rng):
    _, x = backward_case.sample(rng, dtype, 100_003)
    grad = rng.integers(0, 2 ** (8 * dtype.itemsize), x.size, dtype=f"u{dtype.itemsize}").view(dtype)
    _assert_same_bits(backward_case, np.where(np.isnan(grad), dtype.type(1), grad), x)


def test_show_config(capsys):
    config = fa.show_config(mode="dicts")
    assert config["version"] == fa.__version__
    assert config["isa"] == fa.isa()
    assert config["available_isas"] == list(fa.available_isas())
    assert fa.show_config() is None
    printed = capsys.readouterr().out
    for value in (config["version"], config["isa"], config["compiler"], config["numpy"]):
        assert value in printed
    assert subprocess.run([sys.executable, "-m", "fastact"], capture_output=True, text=True).stdout == printed
