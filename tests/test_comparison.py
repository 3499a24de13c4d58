"""The tables of docs/comparison.md against the packages themselves, each where it is installed.

A row of the second table is one parameter; a function with several is compared with all its stated defaults at once.
"""

import functools
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

import fastact as fa

TEXT = (Path(__file__).parents[1] / "docs" / "comparison.md").read_text(encoding="utf-8")
# Beyond float32's rounding and short of any difference between two defaults; PyTorch's softplus jumps by 2e-9.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
# ONNX's constants of selu differ from the others' by less than that: they are compared in float64.
CLOSER = {"rtol": 1e-13, "atol": 0.0}
X = np.linspace(-7.3, 7.1, 48).reshape(4, 12)
NONE = "none"  # in a cell without quotes
UNSAID = object()


def _table(mark):
    lines = TEXT.partition(f"<!-- {mark}:begin -->")[2].partition(f"<!-- {mark}:end -->")[0].strip().splitlines()
    rows = [[cell.strip().strip("*").strip("`") for cell in line.strip("|").split("|")] for line in lines]
    return rows[0], rows[2:]


PACKAGES = _table("names")[0][1:]
# The first row has the modules that the names are of.
MODULES, *_ROWS = [dict(zip(["fastact", *PACKAGES], row, strict=True)) for row in _table("names")[1]]
NAMES = {row["fastact"]: row for row in _ROWS}
DEFAULTS = {}
for _function, _parameter, _own, *_theirs in _table("defaults")[1]:
    for _package, _cell in zip(["fastact", *PACKAGES], [_own, *_theirs], strict=True):
        if _cell:
            _text = _own if _cell == "same" else _cell
            DEFAULTS.setdefault((_function, _package), {})[_parameter] = (
                UNSAID if _text == NONE else eval(_text, {"__builtins__": {}})
            )
PAIRS = [(name, package) for name, row in NAMES.items() for package in PACKAGES if row[package]]


def _onnx(operator):
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")

    def run(x):
        kind = onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
        given, result = (onnx.helper.make_tensor_value_info(name, kind, None) for name in "xy")
        graph = onnx.helper.make_graph([onnx.helper.make_node(operator, ["x"], ["y"])], "one", [given], [result])
        return reference.ReferenceEvaluator(onnx.helper.make_model(graph)).run(None, {"x": x})[0]

    return run


def _keras(function):
    ops = importlib.import_module("keras.ops")
    return lambda x: ops.convert_to_numpy(function(ops.convert_to_tensor(x)))


def _torch(function):
    torch = importlib.import_module("torch")
    return lambda x: function(torch.from_numpy(x)).numpy()


def _theirs(name, package, monkeypatch):
    path = NAMES[name][package]
    if package == "ONNX":
        return _onnx(path)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    path = path if "." in path else f"{MODULES[package]}.{path}"
    module, _, function = path.rpartition(".")
    pytest.importorskip(path.partition(".")[0])
    found = importlib.import_module(module)
    if package == "NumPy, SciPy" and not hasattr(found, function):
        pytest.skip(f"this version has no {path}")
    found = getattr(found, function)
    return {"PyTorch": _torch, "Keras": _keras}.get(package, lambda one: lambda x: np.asarray(one(x)))(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "package"), PAIRS, ids=lambda one: one.replace(", ", "-"))
def test_defaults(name, package, monkeypatch):
    """Their function with nothing said is ours with what the table says of them."""
    theirs = _theirs(name, package, monkeypatch)
    stated = DEFAULTS.get((name, package), {})
    if UNSAID in stated.values():  # they want it said, and warn where it is not
        pytest.skip("no default")
    x = X.astype(np.float64 if package == "ONNX" and name == "selu" else np.float32)
    tolerance = CLOSER if x.dtype == np.float64 else CLOSE
    np.testing.assert_allclose(theirs(x), getattr(fa, name)(x, **stated), **tolerance)


def test_our_defaults_are_those_stated():
    for (name, package), stated in DEFAULTS.items():
        if package == "fastact":
            record = fa.activations[name]
            own = dict(record.parameters) | dict(record.options)
            assert {parameter: own[parameter] for parameter in stated} == stated


def test_every_default_is_stated():
    """Each parameter that has a default here, of each function that another package has too."""
    for name in NAMES:
        record = fa.activations[name]
        own = {key for key, value in (dict(record.parameters) | dict(record.options)).items() if key != "rng"}
        assert own == set(DEFAULTS.get((name, "fastact"), {})), name


def test_what_differs_is_bold():
    lines = TEXT.partition("<!-- defaults:begin -->")[2].partition("<!-- defaults:end -->")[0].strip().splitlines()[2:]
    for line in lines:
        own, *others = [cell.strip() for cell in line.strip("|").split("|")][2:]
        for cell in others:
            assert not cell or cell.startswith("**") == (cell.strip("*") not in (own, "same")), line


@pytest.mark.filterwarnings("ignore")
def test_traps_said_in_words(monkeypatch):
    """What the text says of Keras's other functions."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    x = X.astype(np.float32)
    same = functools.partial(np.testing.assert_allclose, **CLOSE)
    same(_keras(keras.ops.gelu)(x), fa.gelu(x, "tanh"))
    same(_keras(keras.layers.LeakyReLU())(x), fa.leaky_relu(x, 0.3))


@pytest.mark.filterwarnings("ignore")
def test_derivatives_at_bends():
    """What the text says of JAX's and PyTorch's."""
    bends = {
        "hardtanh": ([-1, 1], [0, 0], [1, 1]),
        "leaky_relu": ([0], [0.01], [1]),
        "relu": ([0], [0], [0]),
        "relu6": ([0, 6], [0, 0], [0, 0]),
        "hardsigmoid": ([-3, 3], [0, 0], [0, 0]),
        "hardswish": ([-3, 3], [0, 1], [0, 1]),
    }
    for name, (at, ours, _) in bends.items():
        x = np.array(at, np.float32)
        np.testing.assert_array_equal(getattr(fa, f"{name}_backward")(np.ones_like(x), x), np.float32(ours))
    torch = pytest.importorskip("torch")
    for name, (at, ours, _) in bends.items():
        x = torch.tensor(at, dtype=torch.float32, requires_grad=True)
        getattr(torch.nn.functional, NAMES[name]["PyTorch"])(x).sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), np.float32(ours))
    jax = pytest.importorskip("jax")
    for name, (at, _, theirs) in bends.items():
        slope = jax.vmap(jax.grad(getattr(jax.nn, NAMES[name]["JAX"])))
        np.testing.assert_array_equal(slope(np.array(at, np.float32)), np.float32(theirs))


def test_the_forms_of_gelu_differ_by_as_much_as_is_said():
    x = np.linspace(-6, 6, 100_001)
    most = np.abs(fa.gelu(x) - fa.gelu(x, "tanh")).max()
    said = float(re.search(r"two differ by up to ([\d.e-]+)\.", " ".join(TEXT.split()))[1])
    assert said * 0.9 < most <= said


def test_the_jump_of_a_threshold_is_as_large_as_is_said():
    said = float(re.search(r"jump of ([\d.e-]+) at 20", " ".join(TEXT.split()))[1])
    assert abs(float(fa.softplus(20.0)) - 20) == pytest.approx(said, rel=0.1)
