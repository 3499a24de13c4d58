"""Malformed calls: each has the error and the message that its row says, writes nothing and changes no input.

The rows are in bad_input/, by theme. test_errors.py holds what is tried on every elementwise function alike.
"""

import inspect
import re

import numpy as np
import pytest

import fastact as fa

from .bad_input import elementwise, fused, hostile, names, rows_and_rest

ROWS = elementwise.ROWS + fused.ROWS + rows_and_rest.ROWS + hostile.ROWS
NO_FUNCTIONS = {"Activation", "activations", "ufuncs", "__version__"}
PUBLIC = [name for name in fa.__all__ if name not in NO_FUNCTIONS]
COMPILED = [name for name in PUBLIC if type(getattr(fa, name)).__name__ == "cython_function_or_method"]


def _said(message):
    """Return a pattern of the message, in which three dots stand for anything."""
    return re.compile(re.escape(message).replace(re.escape("..."), ".*"), re.DOTALL)


def _contents(given):
    return {
        name: (value.dtype, value.shape, value.strides, value.flags.writeable, value.tobytes())
        for name, value in given.items()
        if isinstance(value, np.ndarray)
    }


def _refused(call, kind):
    """Run the call and return its error, once nothing else has changed."""
    given = names()
    before, threads = _contents(given), fa.get_num_threads()
    with pytest.raises(kind) as caught:
        eval(call, given)
    assert _contents(given) == before
    assert fa.get_num_threads() == threads
    return caught.value


@pytest.mark.parametrize(("call", "kind", "message"), ROWS, ids=[row[0] for row in ROWS])
def test_refused(call, kind, message):
    error = _refused(call, kind)
    assert type(error) is kind
    assert _said(message).fullmatch(str(error)), str(error)
    assert len(str(error)) < 600


@pytest.mark.parametrize(("call", "kind", "message", "note"), hostile.THEIRS, ids=[row[0] for row in hostile.THEIRS])
def test_errors_of_others_pass_with_a_note(call, kind, message, note):
    error = _refused(call, kind)
    assert _said(message).fullmatch(str(error)), str(error)
    assert error.__notes__ == [note]


def test_the_table():
    """At least 300 calls, none twice; every public function; every message names the function that was called."""
    calls = [row[0] for row in ROWS + hostile.THEIRS]
    assert len(calls) == len(set(calls)) >= 300
    for call, _, message in ROWS:
        assert re.match(rf"{call.partition('(')[0]}(: |(\.__init__)?\(\) )", message), message
    assert set(PUBLIC) <= {call.partition("(")[0] for call in calls}


@pytest.mark.parametrize("name", COMPILED)
def test_too_few_too_many_and_unknown(name):
    function, v = getattr(fa, name), np.ones(3)
    parameters = inspect.signature(function).parameters.values()
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = sum(one.default is one.empty for one in positional)
    for count in {max(required - 1, 0), len(positional) + 1} - {required}:
        with pytest.raises(TypeError, match=rf"^{name}\(\) takes .*\({count} given\)$"):
            function(*[v] * count)
    if required:
        unknown = rf"^{name}(: relu has no parameter|\(\) got an unexpected keyword argument) 'no_such'$"
        with pytest.raises(TypeError, match=rf"{unknown}|^{name}\(\) takes no keyword arguments$"):
            function(*[v] * required, no_such=1)
    for one in positional:
        if one.kind is one.POSITIONAL_ONLY:
            with pytest.raises(TypeError, match=rf"^{name}\(\) "):
                function(*[v] * (required - 1), **{one.name: v})


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="older NumPy says nothing of it")
def test_where_without_out_has_the_notice_of_numpy():
    for function, operands in ((fa.relu, 1), (fa.mish_backward, 2)):
        with pytest.warns(UserWarning, match="'where' used without 'out'"):
            function(*[np.ones(3)] * operands, where=[True, False, True])


def test_clients():
    """What fastact.integrations adds of its own."""
    autograd = pytest.importorskip("fastact.integrations.autograd")
    for call, message in (
        (lambda: autograd.relu(np.ones(3), out=np.ones(3)), "relu takes arrays here and nothing else"),
        (lambda: autograd.rrelu(np.ones(3), rng=1), "rrelu takes arrays, lower, upper here and nothing else"),
        (lambda: autograd.gelu(np.ones(3), "none", None), "gelu takes arrays, approximate here and nothing else"),
        (lambda: autograd.elu(np.ones(3), "a"), "elu: alpha must be a real number or an array of them, not 'a'"),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == message
