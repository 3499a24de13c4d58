"""The table against everything that is said of it elsewhere: definitions, stubs, docstrings, rows."""

import ast
import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastact as fa

from .ops import CASES, OPS

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
# What has a signature of its own, parameters after the operands and `out` aside; and no ufunc keywords.
OTHER_OPTIONS = {"rrelu_backward": {"slope": None}}
OF_TWO_GRADIENTS = {"prelu_backward"}
CONTROL = {"available_isas", "isa"}
OF_ELEMENTS = {name: record for name, record in fa.activations.items() if record.kind == "elementwise"}
DIRECTIONS = ("forward", "backward", "backward_from_output")
SPARSE = {"relu_mask", "relu_backward_mask", "relu_csr", "sparsity", "dead_units"}
FUNCTIONS = {
    getattr(record, direction).__name__: getattr(record, direction)
    for record in fa.activations.values()
    if record.kind in ("elementwise", "rows")  # the others have their own tests
    for direction in DIRECTIONS
    if getattr(record, direction) is not None
}
OF_ROWS = {name for name in FUNCTIONS if name.removesuffix("_backward") in set(fa.activations) - set(OF_ELEMENTS)}
UFUNC_KEYWORDS = {"where": True, "dtype": None, "casting": "same_kind", "order": "K", "subok": True}


def _record_of(name):
    return fa.activations[name.removesuffix("_from_output").removesuffix("_backward")]


def _direction_of(name):
    if name in OF_ROWS and "_backward" in name:
        return "backward_from_output"
    return "backward" + name.rpartition("_backward")[2] if "_backward" in name else "forward"


def _options_of(name):
    return OTHER_OPTIONS.get(name, _record_of(name).options)


def test_every_row_has_its_test_row():
    assert list(dict.fromkeys(op.activation or op.name for op in OPS)) == list(OF_ELEMENTS)
    assert [op.name for op in OPS] == [name for name, *_ in fa._core.TABLE]
    assert {case.function.__name__ for case in CASES} | OF_TWO_GRADIENTS | OF_ROWS == set(FUNCTIONS)
    from .test_rows import FUNCTIONS as OF_TEST_ROWS

    assert set(OF_TEST_ROWS) == OF_ROWS


def test_every_function_has_its_benchmark_row():
    from bench import family

    assert set(family.rows()) == set(FUNCTIONS) - OF_ROWS


def test_every_function_has_its_bound():
    for name in FUNCTIONS:
        bound = _record_of(name).error_bounds[_direction_of(name)]
        assert bound == 0 or 0.5 <= bound <= 4  # 0: never rounded
    for record in fa.activations.values():
        assert set(record.error_bounds) == {
            direction for direction in DIRECTIONS if getattr(record, direction) is not None
        }


def test_forms_that_share_a_record_share_its_bounds():
    """What gelu says of itself holds for both forms, which are rows of their own."""
    bounds = {name: bounds for name, _, bounds in fa._core.TABLE}
    for op in OPS:
        if op.activation:
            assert bounds[op.name] == bounds[op.activation]
            assert op.options.keys() <= op.record.options.keys()


def test_the_table_is_read_only():
    with pytest.raises(TypeError):
        fa.activations["relu"] = None
    record = fa.activations["leaky_relu"]
    with pytest.raises(TypeError):
        record.parameters["negative_slope"] = 1
    with pytest.raises(AttributeError):
        record.name = "x"


def test_functions_ufuncs_and_stubs_are_those_of_the_table():
    assert set(fa.ufuncs.__all__) == {case.name for case in CASES} | OF_TWO_GRADIENTS | OF_ROWS
    assert set(FUNCTIONS) | SPARSE <= set(fa.__all__)
    stub = ast.parse(Path(fa.__file__).with_name("__init__.pyi").read_text())
    stubbed = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    of_all = {
        function.__name__
        for record in fa.activations.values()
        for function in (record.forward, record.backward)
        if function is not None
    }
    of_all |= set(FUNCTIONS)
    assert stubbed >= of_all and of_all <= set(fa.__all__)
    defined = {name for name, value in vars(fa._core).items() if type(value) is type(fa.relu) and name[0] != "_"}
    assert defined == of_all | CONTROL | SPARSE


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in OF_ROWS])
def test_signature(name):
    """x, or grad and x; the table's parameters with its defaults; options; out; what ufuncs take."""
    function, record = FUNCTIONS[name], _record_of(name)
    assert function is getattr(fa, name)
    assert function.__name__ == name and function.__module__ == "fastact"
    parameters = inspect.signature(function).parameters
    positional = [one.name for one in parameters.values() if one.kind is one.POSITIONAL_ONLY]
    assert positional == (["x"] if "backward" not in name else ["grad", "y" if name.endswith("output") else "x"])
    free = {one.name: one.default for one in parameters.values() if one.kind is one.POSITIONAL_OR_KEYWORD}
    required = inspect.Parameter.empty
    expected = {one: required if default is None else default for one, default in record.parameters.items()}
    assert list(free.items()) == list({**expected, **_options_of(name), "out": None}.items())
    keywords = {one.name: one.default for one in parameters.values() if one.kind is one.KEYWORD_ONLY}
    assert keywords == ({} if name in OF_TWO_GRADIENTS else UFUNC_KEYWORDS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring(name):
    text, record, direction = FUNCTIONS[name].__doc__, _record_of(name), _direction_of(name)
    for section in ("Parameters\n----------", "Returns\n-------", "Raises\n------", "Notes\n-----"):
        assert section in text
    assert "{" not in text
    assert f"at most {record.error_bounds[direction]} ULP" in " ".join(text.split())
    for parameter, default in record.parameters.items():
        stated = "" if default is None else f", default {default}"
        assert f"\n{parameter} : float or array_like{stated}\n" in text
    for option in _options_of(name):
        assert f"\n{option} : " in text
    if direction == "forward":
        assert "References\n----------" in text and "Examples\n--------" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", sorted(SPARSE))
def test_docstring_of_sparsity(name):
    function = getattr(fa, name)
    text = inspect.cleandoc(function.__doc__)
    assert function.__module__ == "fastact"
    for section in ("Parameters\n----------", "Returns\n-------", "Raises\n------", "Notes\n-----"):
        assert section in text
    for parameter in inspect.signature(function).parameters:
        assert f"\n{parameter} : " in text
    assert max(map(len, text.splitlines())) <= 112


@pytest.mark.parametrize("name", [*[name for name in FUNCTIONS if ">>>" in FUNCTIONS[name].__doc__], *sorted(SPARSE)])
def test_examples(name):
    parser = doctest.DocTestParser()
    test = parser.get_doctest(getattr(fa, name).__doc__, {}, name, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_readme_examples():
    readme = Path(__file__).parent.parent / "README.md"
    assert doctest.testfile(str(readme), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_the_readme_lists_the_table():
    from tools import function_table

    text = function_table.README.read_text(encoding="utf-8")
    listed = text.partition(function_table.BEGIN)[2].partition(function_table.END)[0]
    assert listed == function_table.table(), "run python -m tools.function_table"


def test_stubs():
    """The stubs are what the module is, by mypy's own comparison."""
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "mypy.stubtest", "fastact", "--ignore-unused-allowlist"),
            *("--allowlist", PROJECT.parent / "tools/stubtest_allowlist.txt", "--mypy-config-file", PROJECT),
        ],
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_nothing_but_numpy_is_imported():
    code = "import sys, numpy; before = set(sys.modules); import fastact; print(*sorted(set(sys.modules) - before))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in answer.stdout.split()} - set(sys.stdlib_module_names)
    assert {name for name in packages if "cython_" not in name} <= {"fastact", "numpy"}


def test_version():
    from importlib.metadata import version

    assert fa.__version__ == version("fastact")
    assert np.lib.NumpyVersion(fa.__version__) >= "0.1.0"
    assert f"\n## [{fa.__version__}]" in (PROJECT.parent / "CHANGELOG.md").read_text(encoding="utf-8")
