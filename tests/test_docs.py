"""The documentation without Sphinx: its examples, what its pages of functions are made of, and that none is missing."""

import doctest
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

import fastact as fa
from tools import published, site_pages

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path for path in DOCS.glob("**/*.md") if "\n>>> " in path.read_text(encoding="utf-8"))
DOCUMENTED = [name for name in fa.__all__ if ">>> " in (getattr(fa, name).__doc__ or "")]
LINKED = re.compile(r"\]\(([^)#:\s]+)\)")
PERFORMANCE = """\
# Performance

Written by `make bench ARGS=--write`; do not edit. A machine; one thread;
2026-11-21.

## float32, into an array that exists, one thread

| function | | 16 | 4,096 |
| :-- | :-- | --: | --: |
| relu | forward | 3.4 peer | **0.9** peer |

Our times:

| function | | 16, ns/call | 65,536, ns/element |
| :-- | :-- | --: | --: |
| np.copyto | | 700 | 0.10 |
| relu | forward | 150 | 0.11 |
| relu6 | forward | 151 | 0.12 |
| gelu | forward | 200 | 1.0 |
| gelu tanh | forward | 201 | 1.1 |

## float64, into an array that exists, one thread

| function | | 4,096, ns/call |
| :-- | :-- | --: |
| relu | forward | 830 |

## float32, in place, one thread

| function | | 16, ns/call |
| :-- | :-- | --: |
| relu | forward | 1 |
"""


def test_there_are_pages_with_examples():
    assert {"index.md", "guide.md"} <= {path.name for path in PAGES}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_examples_of_pages(path):
    assert doctest.testfile(str(path), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_of_docstrings(name):
    test = doctest.DocTestParser().get_doctest(inspect.cleandoc(getattr(fa, name).__doc__), {}, name, None, 0)
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test).failed == 0


def test_links_between_pages(made):
    """Sphinx checks them too; here they are checked where it is not installed."""
    for path in DOCS.glob("**/*.md"):
        for target in LINKED.findall(re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.S)):
            folder, _, name = target.rpartition("/")
            exists = name.removesuffix(".rst") in made if folder == "functions" else (path.parent / target).exists()
            assert exists, f"{path.name}: {target}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_pages, "picture", lambda record: f"<svg>{record.name}</svg>")
        return site_pages.write(tmp_path_factory.mktemp("pages"))


def test_everything_public_has_its_place(made):
    """Each name of `fastact.__all__` is documented once, and each page is in the list of pages."""
    documented = [
        name
        for text in made.values()
        for name in re.findall(r"^\.\. (?:auto\w+|py:data):: (?:fastact\.)?(\w+)", text, re.M)
    ]
    assert sorted(documented) == sorted(fa.__all__)
    listed = made["index"].partition(".. toctree::")[2].split()
    assert set(listed) - {":hidden:"} == set(made) - {"index", "control"}
    assert set(fa.activations) <= set(listed)


def test_pages_state_the_bounds_of_the_table(made):
    for name, record in fa.activations.items():
        bounds = [f"{one:g}" for one in record.error_bounds.values()]
        table = made[name].partition("* - bound, float32 and float64\n")[2].partition("   * -")[0]
        assert [cell for cell in table.replace(" - ", " ").split() if cell != "-"] == bounds


def test_pages_are_written_where_they_change_and_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr(site_pages, "picture", lambda record: "<svg></svg>")
    (tmp_path / "gone.rst").write_text("a function that was")
    site_pages.write(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert not (tmp_path / "gone.rst").exists()
    site_pages.write(tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", fa.activations)
def test_what_is_drawn_is_a_function_and_its_derivative(name):
    """The slope between two points is the derivative at some point between them."""
    _, y, derivative = site_pages.curves(fa.activations[name])
    step = site_pages.X[1] - site_pages.X[0]
    slope = np.diff(y) / step
    low, high = np.minimum(derivative[:-1], derivative[1:]), np.maximum(derivative[:-1], derivative[1:])
    jumps = np.abs(np.diff(y)) > site_pages.JUMP
    assert np.all(jumps | ((low - 0.01 < slope) & (slope < high + 0.01)))
    assert np.count_nonzero(jumps) <= 2


def test_a_picture_takes_its_colours_from_the_page():
    text = site_pages.picture(fa.activations["elu"])
    assert text.startswith("<svg") and 'aria-label="elu and its derivative"' in text
    for variable in ("--ink", "--series-0", "--series-1"):
        assert variable in text and variable in (DOCS / "_static" / "site.css").read_text()
    assert not re.search(r"#[0-9a-f]{6}", text.replace("&#", ""))


def test_a_jump_is_no_line():
    y = site_pages._broken(np.array([0.0, 0.01, 1.0, 1.01]))
    assert np.isnan(y).tolist() == [False, True, False, False]


def test_costs_are_those_of_the_page(tmp_path):
    page = tmp_path / "performance.md"
    assert published.costs(page) is None
    page.write_text("# Performance\n\nNothing yet.\n")
    assert published.costs(page) is None
    page.write_text(PERFORMANCE)
    costs = published.costs(page)
    assert costs.machine == "A machine; one thread; 2026-11-21."
    assert costs.columns == ("16, ns/call", "4,096, ns/call", "65,536, ns/element")
    assert costs.of("relu") == [
        ("relu", "forward", "float32", {"16, ns/call": "150", "65,536, ns/element": "0.11"}),
        ("relu", "forward", "float64", {"4,096, ns/call": "830"}),
    ]
    assert [line[0] for line in costs.of("gelu")] == ["gelu", "gelu tanh"]
    assert costs.of("softmax") == []
    assert costs.copies("float32")["16, ns/call"] == "700" and costs.copies("float16") == {}


def test_a_page_without_a_cost_says_where_it_would_be_from(tmp_path, monkeypatch):
    monkeypatch.setattr(site_pages, "picture", lambda record: "<svg></svg>")
    monkeypatch.setattr(published, "costs", lambda: None)
    pages = site_pages.write(tmp_path)
    for name in (*fa.activations, "relu_mask"):
        assert "``make bench ARGS=--write``" in pages[name]
    assert "make bench" not in pages["index"]


def test_the_committed_page_has_a_cost_for_every_elementwise_function(made):
    costs = published.costs()
    for name, record in fa.activations.items():
        if record.kind == "elementwise":
            directions = {direction for _, direction, dtype, _ in costs.of(name) if dtype == "float32"}
            assert directions == {"forward", "backward"} | ({"from output"} if record.backward_from_output else set())
            assert "Not measured yet" not in made[name]


def test_errors_are_the_largest_of_the_record(tmp_path):
    record = tmp_path / "accuracy.json"
    assert published.errors(record) == {}
    record.write_text(
        '[{"function": "elu", "dtype": "float32", "error": 1.7}, {"function": "elu", "dtype": "float32", "error": 1.5},'
        ' {"function": "elu", "dtype": "float64", "error": "inf"}]'
    )
    assert published.errors(record) == {("elu", "float32"): 1.7, ("elu", "float64"): float("inf")}
