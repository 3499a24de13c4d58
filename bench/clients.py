"""Clients with and without fastact in them: `python -m bench.clients [--write]`, with the extra `clients` installed.

One interleaved run a client, before and after as one group; `--write` puts the table into docs/integrations.md. What
is timed is what a user of the client calls; from scikit-learn's in-place functions the copy that feeds them is taken
off. numpy.positive makes it: numpy.copyto takes a Zen 3 ten times longer where addresses are 16 bytes apart modulo
4096.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np

from .harness import Candidate, Pool, measure
from .machine import machine
from .markdown import ratio, table

SHAPE = (128, 256)
DOCUMENT = Path(__file__).parents[1] / "docs" / "integrations.md"
BEGIN, END = "<!-- clients:begin -->\n", "<!-- clients:end -->"

Row = tuple[str, str, Candidate, Candidate] | tuple[str, str, Candidate, Candidate, Candidate]


def arrays(dtype):
    generator = np.random.default_rng(8)
    return (2 * generator.standard_normal((2, *SHAPE))).astype(dtype)


def sklearn() -> Iterator[Row]:
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier, _base

    from fastact.integrations.sklearn import patched

    def both():
        return dict(_base.ACTIVATIONS), dict(_base.DERIVATIVES)

    theirs = both()
    with patched():
        ours = both()
    for dtype in ("float32", "float64"):
        x, delta = arrays(dtype)
        known = {"x": x, "y": x.copy(), "again": np.positive}
        feeding = Candidate("again(x, y)", known)
        for name in ("logistic", "tanh", "relu", "softmax"):
            both = (Candidate("again(x, y); f(y)", {**known, "f": one[0][name]}) for one in (theirs, ours))
            yield "scikit-learn", f"{name} {dtype}", *both, feeding
        for name in ("logistic", "tanh", "relu"):
            z = x.copy()
            theirs[0][name](z)
            known = {"x": delta, "y": x.copy(), "z": z, "again": np.positive}
            both = (Candidate("again(x, y); f(z, y)", {**known, "f": one[1][name]}) for one in (theirs, ours))
            yield "scikit-learn", f"{name} derivative {dtype}", *both, feeding

    x, y = load_digits(return_X_y=True)

    def fit(activation):
        return MLPClassifier((256, 128), activation=activation, max_iter=2, random_state=0).fit(x / 16, y)

    def fit_patched(activation):
        with patched():
            return fit(activation)

    for activation in ("logistic", "relu"):
        assert np.allclose(fit(activation).loss_curve_, fit_patched(activation).loss_curve_, rtol=0, atol=1e-5)
        yield (
            "scikit-learn",
            f"MLPClassifier.fit, digits, {activation}",
            Candidate("fit(a)", {"fit": fit, "a": activation}),
            Candidate("fit(a)", {"fit": fit_patched, "a": activation}),
        )


def thinc() -> Iterator[Row]:
    from thinc.api import NumpyOps, get_ops

    ours, theirs = get_ops("fastact"), NumpyOps()
    x, grad = arrays("float32")
    names = "relu", "mish", "gelu", "gelu_approx", "swish", "sigmoid", "hard_swish", "hard_swish_mobilenet", "relu_k"
    for name in names:
        y = getattr(theirs, name)(x)
        from_output = name in ("relu", "sigmoid")
        operands = "g, y" if from_output else "g, x, y" if name == "swish" else "g, x"
        known = {"x": x, "g": grad, "y": y}
        yield "Thinc", name, *(Candidate("f(x)", {**known, "f": getattr(one, name)}) for one in (theirs, ours))
        backward = f"backprop_{name}"
        yield (
            "Thinc",
            backward,
            *(Candidate(f"f({operands})", {**known, "f": getattr(one, backward)}) for one in (theirs, ours)),
        )
    known = {"x": x, "y": theirs.softmax(x), "p": np.ascontiguousarray(np.stack([x, grad, x], axis=-1))}
    for name, call in (("softmax", "f(x)"), ("backprop_softmax", "f(y, x)"), ("maxout", "f(p)")):
        yield "Thinc", name, *(Candidate(call, {**known, "f": getattr(one, name)}) for one in (theirs, ours))


def onnx() -> Iterator[Row]:
    from onnx import TensorProto, defs, helper
    from onnx.reference import ReferenceEvaluator

    from fastact.integrations.onnx import ops

    def evaluators(name, **attributes):
        node = helper.make_node(name, ["x"], ["y"], **attributes)
        values = [helper.make_tensor_value_info(one, TensorProto.FLOAT, None) for one in "xy"]
        version = [helper.make_opsetid("", defs.get_schema(name).since_version)]
        model = helper.make_model(helper.make_graph([node], name, values[:1], values[1:]), opset_imports=version)
        return ReferenceEvaluator(model), ReferenceEvaluator(model, new_ops=ops())

    x, _ = arrays("float32")
    cases = [(name, {}) for name in ("Gelu", "Mish", "Softplus", "Sigmoid", "Elu", "Selu", "Celu", "Softmax", "Relu")]
    for name, attributes in [("Gelu", {"approximate": "tanh"}), *cases]:
        shown = " ".join([name, *attributes.values()])
        yield (
            "ONNX",
            shown,
            *(Candidate("e.run(None, f)", {"e": e, "f": {"x": x}}) for e in evaluators(name, **attributes)),
        )


def autograd() -> Iterator[Row]:
    import autograd.numpy as anp
    from autograd import elementwise_grad
    from autograd.scipy.special import erf, expit

    from fastact.integrations import autograd as ours

    theirs = {
        "tanh": anp.tanh,
        "sigmoid": expit,
        "softplus": lambda x: anp.logaddexp(0.0, x),
        "gelu": lambda x: 0.5 * x * (1 + erf(x * 0.5**0.5)),
    }
    x, _ = arrays("float64")
    for name, function in theirs.items():
        both = elementwise_grad(function), elementwise_grad(getattr(ours, name))
        yield "autograd", f"gradient of {name}", *(Candidate("f(x)", {"f": f, "x": x}) for f in both)


def measured(client, seconds: float) -> list[tuple[str, str, object, object, object]]:
    """Return what the client's rows took, before and after, and by what factor it fell."""
    try:
        rows = list(client())
    except ImportError as error:
        print(f"{client.__name__}: absent ({error})")
        return []
    whens = ("before", "after", "feeding")
    candidates = {(row[1], when): one for row in rows for when, one in zip(whens, row[2:], strict=False)}
    fed = [what for what, when in candidates if when == "feeding"]
    samples = measure(
        candidates,
        (np.empty(SHAPE, np.float32), np.ones(SHAPE, np.float32)),
        deadline=time.monotonic() + seconds,
        most_rounds=200,
        generator=(generator := np.random.default_rng(0)),
        least_rounds=9,
        subtracted={(what, when): (what, "feeding") for what in fed for when in ("before", "after")},
    )
    pool = Pool([samples], generator)
    return [
        (
            name,
            what,
            pool.time((what, "before")),
            pool.time((what, "after")),
            pool.ratio((what, "before"), (what, "after")),
        )
        for name, what, *_ in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="for each client (default 30)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/integrations.md")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = [row for client in (sklearn, thinc, onnx, autograd) for row in measured(client, arguments.seconds)]
    head = "client", "what", "before, us", "after, us", "before / after"
    text = table(
        head,
        2,
        [
            (name, what, f"{b.median / 1e3:,.1f}", f"{a.median / 1e3:,.1f}", ratio(quotient))
            for name, what, b, a, quotient in lines
        ],
    )
    versions = {name: metadata.version(name) for name in ("numpy", "fastact")}
    for name in ("scikit-learn", "thinc", "onnx", "autograd"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    where = machine(versions)
    listed = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    text += (
        f"\n\nMeasured on {where['cpu']}, {where['isa']}, {where['compiler']}; {listed}; {where['date_utc'][:10]}.\n"
    )
    print(text)
    if arguments.write:
        document = DOCUMENT.read_text()
        before, after = document[: document.index(BEGIN) + len(BEGIN)], document[document.index(END) :]
        DOCUMENT.write_text(f"{before}{text}{after}")


if __name__ == "__main__":
    main()
