"""ONNX's operators by ours in its reference evaluator: its own cases, all attributes, all dtypes."""

import importlib

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("ml_dtypes")

import ml_dtypes
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from fastact.integrations.onnx import ops

NAMES = [one.__name__ for one in ops()]
TYPES = {
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(ml_dtypes.bfloat16): TensorProto.BFLOAT16,
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float64): TensorProto.DOUBLE,
    np.dtype(np.int32): TensorProto.INT32,
}
# Beside the default. Where both evaluators can be asked, both are.
ATTRIBUTES = {
    "LeakyRelu": {"alpha": 0.3},
    "Elu": {"alpha": 1.7},
    "Celu": {"alpha": 1.7},
    "Selu": {"alpha": 1.2, "gamma": 0.8},
    "HardSigmoid": {"alpha": 0.3, "beta": 0.4},
    "Swish": {"alpha": 1.7},
    "SwiGLU": {"alpha": 1.7},
    "Gelu": {"approximate": "tanh"},
    "Shrink": {"bias": 0.5, "lambd": 0.5},
    "Softmax": {"axis": 0},
    "LogSoftmax": {"axis": 0},
    "ThresholdedRelu": {"alpha": 0.3},
}
TWO_INPUTS = ("PRelu", "SwiGLU")
IN_FLOAT32 = ("Gelu", "HardSwish")  # ONNX's error function gives float32, its hard sigmoid's slope is one


def model(name, dtype, **attributes):
    inputs = ["x", "z"] if name in TWO_INPUTS else ["x"]
    node = helper.make_node(name, inputs, ["y"], **attributes)
    values = [helper.make_tensor_value_info(one, TYPES[np.dtype(dtype)], None) for one in [*inputs, "y"]]
    graph = helper.make_graph([node], name, values[:-1], values[-1:])
    version = onnx.defs.get_schema(name).since_version
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])


def computed(name, x, z=None, *, by_us=True, **attributes):
    evaluator = ReferenceEvaluator(model(name, x.dtype, **attributes), new_ops=ops() if by_us else None)
    return evaluator.run(None, {"x": x} if name not in TWO_INPUTS else {"x": x, "z": x if z is None else z})[0]


def node_cases(name):
    """Return ONNX's own cases of an operator: a model each, with inputs and outputs."""
    from onnx.backend.test.case import node

    try:
        importlib.import_module(f"onnx.backend.test.case.node.{name.lower()}")
    except ModuleNotFoundError:
        return []
    return [case for case in node._NodeTestCases if any(one.op_type == name for one in case.model.graph.node)]


@pytest.mark.parametrize("name", NAMES)
def test_onnxs_own_cases(name):
    cases = node_cases(name)
    assert cases
    for case in cases:
        evaluator = ReferenceEvaluator(case.model, new_ops=ops())
        assert any(type(node) in ops() for node in evaluator.rt_nodes_)
        for inputs, outputs in case.data_sets:
            results = evaluator.run(None, dict(zip(evaluator.input_names, inputs, strict=True)))
            for result, expected in zip(results, outputs, strict=True):
                assert result.dtype == expected.dtype, case.name
                np.testing.assert_allclose(
                    result.astype(np.float64), expected.astype(np.float64), case.rtol, case.atol, err_msg=case.name
                )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", list(TYPES)[:4], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_dtypes_and_attributes(name, dtype, rng):
    x = (rng.normal(size=(5, 33)) * 3).astype(dtype)
    for attributes in ({}, ATTRIBUTES.get(name, {})):
        result = computed(name, x, **attributes)
        assert result.dtype == dtype
        assert result.shape == x.shape
        # In 16 bits ONNX's evaluator rounds every step, in bfloat16 to two digits.
        wide = np.float64 if dtype == np.float64 else np.float32
        expected = computed(name, x.astype(wide), by_us=False, **attributes)
        eps = float(ml_dtypes.finfo(dtype).eps)
        if name in IN_FLOAT32:
            eps = max(eps, float(np.finfo(np.float32).eps))
        np.testing.assert_allclose(result.astype(wide), expected, rtol=16 * eps, atol=4 * eps)


@pytest.mark.parametrize("name", NAMES)
def test_shapes(name):
    for shape in ((), (0,), (2, 0, 3), (1,)):
        result = computed(name, np.full(shape, 0.5, np.float32))
        assert isinstance(result, np.ndarray)
        assert result.shape == shape
    assert computed(name, np.asarray(0.5, ml_dtypes.bfloat16)).dtype == ml_dtypes.bfloat16


def test_attributes_of_0():
    """ONNX's evaluator takes them for the default."""
    x = np.array([-2, -1, 0.5, 3], np.float32)
    assert computed("LeakyRelu", x, alpha=0.0).tolist() == [0, 0, 0.5, 3]
    assert computed("Elu", x, alpha=0.0).tolist() == [0, 0, 0.5, 3]
    assert computed("Selu", x, alpha=0.0, gamma=2.0).tolist() == [0, 0, 1, 6]
    assert computed("HardSigmoid", x, alpha=0.0, beta=0.25).tolist() == [0.25] * 4
    assert computed("HardSigmoid", x, alpha=0.25, beta=0.0).tolist() == [0, 0, 0.125, 0.75]
    assert computed("ThresholdedRelu", x, alpha=0.0).tolist() == [0, 0, 0.5, 3]
    assert computed("Swish", x, alpha=0.0).tolist() == [-1, -0.5, 0.25, 1.5]
    assert computed("Shrink", x, lambd=0.0).tolist() == x.tolist()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("attributes", [{"bias": 0.25, "lambd": 1.0}, {"lambd": -1.0}, {"bias": 2.0, "lambd": 1.5}])
def test_shrink(attributes):
    x = np.linspace(-3, 3, 25, dtype=np.float32)
    assert np.array_equal(computed("Shrink", x, **attributes), computed("Shrink", x, by_us=False, **attributes))


def test_integers_stay_integers():
    x = np.array([[-3, 0, 2], [5, -1, 7]], np.int32)
    assert computed("Relu", x).dtype == np.int32
    for slope in ([2, 3, 4], [[5], [6]]):
        slope = np.array(slope, np.int32)
        result = computed("PRelu", x, slope)
        assert result.dtype == np.int32
        assert np.array_equal(result, np.where(x > 0, x, x * slope))


def test_prelu_slopes():
    x = -np.ones((2, 3, 4), np.float32)
    for slope in (np.arange(4), np.arange(3)[:, None], np.arange(3), np.array([5.0])):
        slope = slope.astype(np.float32)
        assert np.array_equal(computed("PRelu", x, slope), computed("PRelu", x, slope, by_us=False))


def test_linked_attributes():
    """A function's attribute reaches the operator inside it, where the function's evaluator has our operators."""
    node = helper.make_node("LeakyRelu", ["x"], ["y"])
    reference = node.attribute.add()
    reference.name, reference.ref_attr_name, reference.type = "alpha", "slope", onnx.AttributeProto.FLOAT
    function = helper.make_function(
        "own", "Leaky", ["x"], ["y"], [node], [helper.make_opsetid("", 16)], attributes=["slope"]
    )
    values = [helper.make_tensor_value_info(one, TensorProto.FLOAT, None) for one in "xy"]
    graph = helper.make_graph(
        [helper.make_node("Leaky", ["x"], ["y"], domain="own", slope=0.25)], "g", values[:1], values[1:]
    )
    evaluator = ReferenceEvaluator(
        graph, opsets={"": 16, "own": 1}, functions=[ReferenceEvaluator(function, new_ops=ops())]
    )
    assert evaluator.run(None, {"x": np.array([-4, 2], np.float32)})[0].tolist() == [-1, 2]


def test_swiglu_refuses_what_onnx_refuses():
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match="shape"):
        computed("SwiGLU", x, x[:1])
    with pytest.raises(ValueError, match="dtype"):
        computed("SwiGLU", x, x.astype(np.float64))
