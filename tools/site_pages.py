"""The pages of the documentation that are made: one for each function, from the table, docstrings and records.

`docs/conf.py` calls `write` before Sphinx reads its sources. What is measured comes from `published`, pictures from
the functions themselves, lists from `fastact.activations` and `fastact.__all__`. No figure and no list is typed here.
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import fastact as fa
from bench.claims import drawing
from fastact._table import HALF_BOUND, functions

from . import published

TEMPLATES = Path(__file__).parents[1] / "docs" / "templates"
DIRECTIONS = {"forward": "forward", "backward": "derivative", "backward_from_output": "derivative from the output"}
KINDS = {
    "elementwise": "Elementwise",
    "rows": "Of whole rows",
    "gated": "Gates and concatenations",
    "fused": "Fused with a bias",
}
PRECISIONS = "float32", "float64", "float16", "bfloat16"
# gelu is two rows of the C table and of the records.
FORMS = {"gelu": ("gelu", "gelu_tanh")}
X = np.linspace(-5, 5, 1600)  # no bend of any function is among them
# From one point of a picture to the next only a jump is as much.
JUMP = 0.09
Curve = tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any]]

# Values for parameters that have no default.
CHOSEN: dict[str, dict[str, float]] = {"prelu": {"weight": 0.25}, "threshold": {"threshold": 1.0, "value": 0.0}}


def _gradient(record: fa.Activation) -> Callable[..., Any]:
    """Return the derivative from the input or, of rows, from the output: each activation has one."""
    found = record.backward or record.backward_from_output
    assert found is not None
    return found


def _elementwise(record: fa.Activation) -> Curve:
    chosen = CHOSEN.get(record.name, {})
    backward = _gradient(record)(np.ones_like(X), X, **chosen)
    shown = "".join(f", {name}={value:g}" for name, value in chosen.items())
    return f"{record.name}(x{shown})", record.forward(X, **chosen), backward[0] if type(backward) is tuple else backward


def _rows(record: fa.Activation) -> Curve:
    pair = np.stack([X, np.zeros_like(X)], axis=-1)
    first = np.zeros_like(pair)
    first[:, 0] = 1
    y = record.forward(pair)
    return f"the first of {record.name}((x, 0))", y[:, 0], _gradient(record)(first, y)[:, 0]


def _gate(record: fa.Activation) -> Curve:
    one = np.ones_like(X)
    return f"{record.name}(x, 1)", record.forward(X, one), _gradient(record)(one, X, one)[0]


def _glu(record: fa.Activation) -> Curve:
    pair = np.stack([np.ones_like(X), X], axis=-1)
    return "glu((1, x))", record.forward(pair)[:, 0], _gradient(record)(np.ones((X.size, 1)), pair)[:, 1]


def _crelu(record: fa.Activation) -> Curve:
    one = X[:, None]
    return "the sum of crelu(x)", record.forward(one).sum(axis=1), _gradient(record)(np.ones((X.size, 2)), one)[:, 0]


def _maxout(record: fa.Activation) -> Curve:
    y, which = record.forward(np.stack([X, -0.25 * X], axis=-1))
    passed = _gradient(record)(np.ones_like(X), which, 2)
    return "maxout((x, -x/4))", y, passed @ np.array([1, -0.25])


def _bias_act(record: fa.Activation) -> Curve:
    column, bias = X[:, None], np.ones(1)
    dx, _ = _gradient(record)(np.ones_like(column), column, bias)
    return "bias_act(x, 1)", record.forward(column, bias)[:, 0], dx[:, 0]


DRAWN: dict[str, Callable[[fa.Activation], Curve]] = {"glu": _glu, "crelu": _crelu, "maxout": _maxout}
DRAWN_BY_KIND = {"elementwise": _elementwise, "rows": _rows, "gated": _gate, "fused": _bias_act}


def curves(record: fa.Activation) -> Curve:
    """Return what is drawn of an activation: its name, values and derivatives over X."""
    return DRAWN.get(record.name, DRAWN_BY_KIND[record.kind])(record)


def _broken(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the values with a gap where they jump, for a line not to run down it."""
    return np.where(np.abs(np.diff(y, append=y[-1])) > JUMP, np.nan, y)


def picture(record: fa.Activation) -> str:
    """Return the function and its derivative as SVG that takes its colours from the page."""
    name, y, derivative = curves(record)
    shown = {name: y, "derivative": derivative}
    lines = [drawing.Series(label, X.tolist(), _broken(values).tolist()) for label, values in shown.items()]
    # Most functions grow without a limit; their bends are near 0.
    limits = (
        max(-2.2, float(min(y.min(), derivative.min())) - 0.15),
        min(3.2, float(max(y.max(), derivative.max())) + 0.15),
    )
    return drawing.lines(f"{record.name} and its derivative", lines, x="x", y="", limits=limits).svg


def functions_of(record: fa.Activation) -> dict[str, str]:
    """Return the names of an activation's functions by what they are."""
    found = {direction: getattr(record, direction) for direction in DIRECTIONS}
    return {DIRECTIONS[direction]: one.__name__ for direction, one in found.items() if one is not None}


def summary(function: Callable[..., Any]) -> str:
    """Return the first line of a docstring."""
    return inspect.cleandoc(function.__doc__ or "").splitlines()[0]


def _number(value: float) -> str:
    return f"{value:.4g}" if value else "0"


def error_lines(record: fa.Activation, recorded: Mapping[tuple[str, str], float]) -> list[tuple[str, list[str]]]:
    """Return the lines of the table of errors: the bound, and what was found in each dtype."""
    bounds = record.error_bounds
    lines = [("bound, float32 and float64", [f"{one:g}" for one in bounds.values()])]
    lines.append(("bound, float16 and bfloat16", [f"{HALF_BOUND if one else 0:g}" for one in bounds.values()]))
    for dtype in PRECISIONS:
        cells = []
        for direction in bounds:
            suffix = "" if direction == "forward" else f"_{direction}"
            found = [recorded.get((form + suffix, dtype)) for form in FORMS.get(record.name, (record.name,))]
            known = [one for one in found if one is not None]
            cells.append(_number(max(known)) if known else "")
        if any(cells):
            lines.append((f"largest found, {dtype}", cells))
    return lines


def write(folder: Path) -> dict[str, str]:
    """Write every page into a folder, and take away pages of what there is no longer."""
    folder.mkdir(exist_ok=True)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["underlined"] = lambda text, mark: f"{text}\n{mark * len(text)}"
    environment.filters["summary"] = summary
    costs, recorded = published.costs(), published.errors()
    pages = {}
    template = environment.get_template("function.rst.jinja")
    for record in fa.activations.values():
        pages[record.name] = template.render(
            record=record,
            functions=functions_of(record),
            drawn=curves(record)[0],
            picture=picture(record),
            errors=error_lines(record, recorded),
            directions=[DIRECTIONS[direction] for direction in record.error_bounds],
            costs=costs,
        )
    of_activations = {name for record in fa.activations.values() for name in functions_of(record).values()}
    sparse = [name for name in functions if name not in of_activations]
    for name in sparse:
        pages[name] = environment.get_template("sparse.rst.jinja").render(name=name, costs=costs)
    pages["index"] = environment.get_template("functions.rst.jinja").render(
        activations=fa.activations, kinds=KINDS, sparse={name: getattr(fa, name) for name in sparse}, costs=costs
    )
    control = {name: getattr(fa, name) for name in vars(fa)["__all__"] if name not in functions}
    pages["control"] = environment.get_template("control.rst.jinja").render(control=control, isclass=inspect.isclass)
    for old in folder.glob("*.rst"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        # An unchanged file keeps its time, and Sphinx what it has read.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return pages
