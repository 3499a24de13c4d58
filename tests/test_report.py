"""The report of the claims: how verdicts are chosen, that one failure loses nothing, the page, and the networks.

Every claim is measured in its smallest form, and what mathematics guarantees is checked; no time is.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

from threadpoolctl import threadpool_limits

import fastact as fa
from bench import report, report_page
from bench.claims import NAMES, drawing, network, zeros
from bench.claims.data import _generated, digits
from bench.claims.result import (
    FAILS,
    HOLDS,
    LEVELS,
    ONLY_WHEN,
    SMALLEST,
    UNDECIDED,
    Claim,
    Effort,
    Finding,
    NotMeasuredError,
    Result,
    Table,
    Verdict,
    above,
    below,
    estimate,
    judged,
    overall,
    within,
)
from bench.harness import Estimate
from tools import check_page

MACHINE = {
    "cpu": "a processor <b>",
    "logical_cores": 2,
    "caches": {"L1d": 32768},
    "isa": "avx2",
    "compiler": "a compiler",
    "versions": {"numpy": "2.0"},
    "date_utc": "2026-11-21T00:00:00+00:00",
}
RECORD = {"effort": "quick", "seed": 0, "measured_in_seconds": 1.0, "machine": MACHINE}
EFFORT = Effort(SMALLEST)
VOID = {"meta", "link", "br", "path", "use", "rect", "circle", "line"}


def _silent(where, part):
    assert isinstance(where, str) and 0 <= part <= 1


@cache
def outcome(name):
    """Measure a claim in its smallest form."""
    with threadpool_limits(1):
        return report.here(name, EFFORT, _silent)


def _result(name):
    found = outcome(name)
    assert found.status == report.MEASURED, found.reason
    return found.result


# Verdicts


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ({"a": True, "b": True}, HOLDS),
        ({"a": False, "b": False}, FAILS),
        ({"a": True, "b": False}, ONLY_WHEN),
        ({"a": True, "b": None}, ONLY_WHEN),
        ({"a": None, "b": None}, UNDECIDED),
        ({"a": None, "b": False}, UNDECIDED),
        ({"a": True, "b": False, "c": None}, ONLY_WHEN),
        ({}, UNDECIDED),
    ],
)
def test_a_verdict_follows_from_its_conditions(conditions, word):
    verdict = judged(conditions)
    assert verdict.word == word
    # None is lost, and each is named on the side where it was found.
    assert {*verdict.when, *verdict.not_when, *verdict.open_when} == set(conditions)
    assert all(text in verdict.sentence for text in conditions)


def test_the_wording_of_a_verdict():
    verdict = judged({"at noon": True, "at night": False, "at dawn": None})
    assert verdict.sentence == "It holds only when: at noon. It does not when: at night. Left open: at dawn."
    many = judged({"float32, tanh": True, "float32, sigmoid": True, "always": True})
    assert many.sentence == "It holds: float32 (tanh, sigmoid); always."
    assert judged({"at dawn": None}).sentence == "The measurement leaves it open: at dawn."


def test_numpy_s_bool_is_no_answer():
    with pytest.raises(TypeError, match="Python's own"):
        judged({"a": np.True_})


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ((HOLDS, HOLDS), HOLDS),
        ((FAILS, FAILS), FAILS),
        ((HOLDS, FAILS), ONLY_WHEN),
        ((ONLY_WHEN, UNDECIDED), ONLY_WHEN),
        ((FAILS, UNDECIDED), UNDECIDED),
    ],
)
def test_the_verdict_over_findings(words, word):
    assert overall([Finding("", Verdict(one)) for one in words]) == word


def test_an_interval_that_reaches_the_limit_decides_nothing():
    clear, wide, none = Estimate(2.0, 1.5, 2.5), Estimate(2.0, 0.5, 2.5), Estimate(2.0, None, None)
    assert [above(found, 1.0) for found in (clear, wide, none)] == [True, None, None]
    assert [below(found, 1.0) for found in (clear, wide, none)] == [False, None, None]
    assert above(clear, 3.0) is False and below(clear, 3.0) is True
    assert within(clear, 1.0, 3.0) is True and within(clear, 3.0, 4.0) is False
    assert within(clear, 2.0, 3.0) is None and within(none, 0.0, 9.0) is None


def test_an_estimate_has_an_interval_from_five_values_on():
    generator = np.random.default_rng(0)
    assert estimate([1.0, 2.0, 3.0, 4.0], generator) == Estimate(2.5, None, None)
    found = estimate(np.arange(100.0), generator)
    assert found.low < found.median == 49.5 < found.high
    assert estimate([3.0] * 5, generator, statistic=np.median) == Estimate(3.0, 3.0, 3.0)


# Claims that fail


def _claims(monkeypatch, **measures):
    def load(name):
        if name == "absent":
            raise ImportError("no such file")
        return Claim(1, f"title of {name}", "stated", ("a source",), (1, 2), measures[name])

    monkeypatch.setattr(report, "load", load)


def _fine(effort, tell):
    return Result((Finding("it is", judged({"always": True})),), "a setting")


def _broken(effort, tell):
    raise ZeroDivisionError("<script>alert(1)</script>")


def _nowhere(effort, tell):
    raise NotMeasuredError("what it needs is not installed")


def test_a_claim_that_fails_does_not_lose_the_others(monkeypatch, capsys):
    _claims(monkeypatch, first=_fine, broken=_broken, nowhere=_nowhere, last=_fine)
    outcomes = report.measured(("first", "broken", "absent", "nowhere", "last"), EFFORT, report.here)
    assert [found.status for found in outcomes] == [
        report.MEASURED,
        report.FAILED,
        report.FAILED,
        report.LEFT_OUT,
        report.MEASURED,
    ]
    page = report_page.html(outcomes, RECORD)
    for text in ("title of first", "title of broken", "absent", "no such file", "not installed", "title of last"):
        assert text in page
    assert "<script" not in page and "&lt;script&gt;" in page
    data = report_page.as_data(outcomes, RECORD)
    assert "ZeroDivisionError" in data["claims"][1]["reason"] and data["claims"][1]["verdict"] is None


def test_a_claim_in_a_process_of_its_own():
    told = []
    found = report.in_a_process("noisy_input", EFFORT, lambda where, part: told.append((where, part)))
    assert found.status == report.MEASURED and found.result.word == _result("noisy_input").word
    lost = report.in_a_process("no_such_claim", EFFORT, lambda where, part: None)
    assert lost.status == report.FAILED and "no_such_claim" in lost.reason


def test_a_process_that_dies_is_a_failure(monkeypatch):
    context = multiprocessing.get_context("spawn")

    def started(target, *arguments):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=os._exit, args=(3,), daemon=True)
        process.start()
        sender.close()
        return receiver, process

    monkeypatch.setattr(report, "started", started)
    found = report.in_a_process("derivatives", EFFORT, lambda where, part: None)
    assert found.status == report.FAILED and "code 3" in found.reason


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        report.main(["--only", "derivatives,nonsense"])
    assert "nonsense" in capsys.readouterr().err


# Every claim


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_in_its_smallest_form(name):
    result, claim = _result(name), outcome(name).claim
    assert claim.stated and claim.sources and 1 <= claim.point <= 11
    assert result.word in (HOLDS, ONLY_WHEN, FAILS, UNDECIDED)
    assert result.findings and result.tables and result.pictures and result.setting
    for table in result.tables:
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_every_point_of_the_issue_has_a_claim():
    assert {outcome(name).claim.point for name in NAMES} == set(range(1, 12))


@pytest.mark.parametrize("name", ["derivatives", "idempotence", "softplus_limit"])
def test_what_mathematics_guarantees_holds(name):
    for finding in _result(name).findings:
        assert finding.verdict.word == HOLDS, finding


def _finding(name, start):
    (found,) = (finding for finding in _result(name).findings if finding.statement.startswith(start))
    return found.verdict


def test_noise_below_zero_passes_no_relu():
    assert _finding("noisy_input", "With ReLU").word == HOLDS
    assert not any(text.startswith(("sigmoid", "elu")) for text in _finding("noisy_input", "With other").not_when)


def test_gradients_through_sigmoid_vanish_and_its_outputs_are_bounded():
    assert _finding("vanishing", "The gradient of sigmoid").word == HOLDS
    assert _finding("exploding", "ReLU's outputs are unbounded").word == HOLDS


def test_only_relu_makes_zeros():
    assert _finding("sparsity", "Exact zeros").word == HOLDS
    table = _result("sparsity").tables[0]
    halves = [value.median for row in table.rows if row[:2] == ("relu", "random") for value in row[2:]]
    assert np.allclose(halves, 0.5, atol=0.1)


def test_batch_normalisation_after_the_activation_centres():
    assert "normalised after the activation" in _finding("zero_centred", "ReLU's").not_when


def test_the_zeros_of_a_matrix():
    # As many elements as fill whole bytes of a bitmap.
    x = np.random.default_rng(4).normal(-0.5, 1, (6, 8)).astype(np.float32)
    y = fa.relu(x)
    csr, (_, mask) = fa.relu_csr(x), fa.relu_mask(x)
    bytes_of = zeros.stored(*x.shape, fa.sparsity(y))
    assert bytes_of["dense"] == y.nbytes
    assert bytes_of["CSR"] == pytest.approx(csr.data.nbytes + csr.indices.nbytes + csr.indptr.nbytes)
    assert bytes_of["bitmap"] == pytest.approx(mask.nbytes + csr.data.nbytes)


# Networks


def _layers(generator):
    wide = {"dtype": np.float64}
    return {
        "dense": (network.Dense(5, 4, generator, **wide), (3, 5)),
        "activation from x": (network.Activate("gelu"), (3, 5)),
        "activation from y": (network.Activate("tanh"), (3, 5)),
        "prelu": (network.PReLU(5, **wide), (3, 5)),
        "normalise": (network.Normalise(5, **wide), (6, 5)),
        "convolve": (network.Convolve(2, 3, generator, **wide), (2, 4, 6, 2)),
        "pool": (network.Pool(), (2, 4, 6, 3)),
        "flatten": (network.Flatten(), (2, 4, 6, 3)),
    }


@pytest.mark.parametrize("name", list(_layers(np.random.default_rng(0))))
def test_backward_is_the_derivative_of_forward(name):
    generator = np.random.default_rng(7)
    layer, shape = _layers(generator)[name]
    x = generator.normal(size=shape)
    grad = generator.normal(size=layer.forward(x).shape)
    arrays = {"x": (x, layer.backward(grad))}
    arrays |= {str(i): pair for i, pair in enumerate(zip(layer.parameters, layer.gradients, strict=True))}
    for array, found in arrays.values():
        assert found.shape == array.shape
        direction, step = generator.normal(size=array.shape), 1e-6
        ends = []
        for sign in (1, -1):
            array += sign * step * direction
            ends.append((layer.forward(x) * grad).sum())
            array -= sign * step * direction
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx((found * direction).sum(), rel=1e-5, abs=1e-8)


def test_cross_entropy_s_gradient():
    generator = np.random.default_rng(3)
    logits, labels = generator.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    _, grad = network.cross_entropy(logits, labels)
    direction = generator.normal(size=logits.shape)
    ends = [network.cross_entropy(logits + sign * 1e-6 * direction, labels)[0] for sign in (1, -1)]
    assert (ends[0] - ends[1]) / 2e-6 == pytest.approx((grad * direction).sum(), rel=1e-5)


def test_clipping_keeps_the_direction():
    steps = []
    for norm in (None, 1e-3, 1e9):
        net = network.mlp("relu", (4, 6, 3), np.random.default_rng(1))
        _, grad = network.cross_entropy(net.forward(np.ones((2, 4), np.float32)), np.array([0, 2]))
        net.backward(grad)
        before = [array.copy() for array in net.parameters]
        net.step(1.0, 0.0, norm)
        steps.append(np.concatenate([(a - b).ravel() for a, b in zip(net.parameters, before, strict=True)]))
    whole, clipped, long = steps
    assert np.linalg.norm(clipped) == pytest.approx(1e-3, rel=1e-3) and np.array_equal(whole, long)
    assert clipped @ whole == pytest.approx(np.linalg.norm(clipped) * np.linalg.norm(whole), rel=1e-3)


def test_a_network_learns():
    generator = np.random.default_rng(2)
    data = digits(generator, 300)
    with threadpool_limits(1):
        net = network.mlp("relu", (64, 32, 10), generator)
        begins = net.error(data.rows, data.labels)
        steps = list(network.training(net, data.rows, data.labels, rate=0.05, epochs=8, generator=generator, parts=2))
    assert [round(step.epochs, 6) for step in steps[-2:]] == pytest.approx([7.5, 8.0], abs=0.1)
    assert net.error(data.rows, data.labels) < begins / 4


def test_generated_digits_can_be_told_apart():
    images, labels = _generated()
    assert images.shape == (len(labels), 8, 8) and set(labels) == set(range(10))
    half = len(labels) // 2
    means = np.array([images[:half][labels[:half] == label].mean(axis=0).ravel() for label in range(10)])
    nearest = ((images[half:].reshape(-1, 1, 64) - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels[half:]).mean() > 0.6


# The page


class _Read(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.references, self.pictures, self.tags = [], [], [], [], set()
        self.feed(page)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.add(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.references += [found[key] for key in ("src", "href", "xlink:href", "srcset", "action") if key in found]
        self.pictures += [found] if tag == "svg" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page():
    return report_page.html([outcome(name) for name in NAMES], RECORD)


def test_the_page_has_every_claim_and_needs_no_other_file(page):
    read = _Read(page)
    assert "script" not in read.tags and "img" not in read.tags
    assert all(reference.startswith("#") or reference == "data:," for reference in read.references)
    assert {reference[1:] for reference in read.references if reference != "data:,"} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert not re.search(r"url\((?!#)|@import|https?://", page)
    assert len(read.pictures) == sum(len(_result(name).pictures) for name in NAMES)
    for picture in read.pictures:
        *_, width, height = map(float, (picture.get("viewbox") or picture["viewBox"]).split())
        assert width > 100 and height > 60 and "width" not in picture and picture["aria-label"]
    for name in NAMES:
        found = outcome(name)
        assert name in read.ids
        for text in (found.claim.title, found.claim.stated, *(one.statement for one in found.result.findings)):
            assert str(report_page.Markup.escape(text)) in page


def test_the_page_follows_the_reader_s_colours_and_width(page):
    assert "prefers-color-scheme: dark" in page and 'name="viewport"' in page and "overflow-x: auto" in page
    style = page[page.index("<style>") : page.index("</style>")]
    assert not re.search(r"(?<![-\w])width:\s*\d+(px|rem|em|pt)", style)
    used = set(re.findall(r"var\((--[\w-]+)\)", page))
    for part in style.split("@media")[:2]:
        assert used <= {*re.findall(r"(--[\w-]+):", part)}
    # Nothing that matplotlib draws keeps a colour of its own.
    drawings = " ".join(picture.svg for name in NAMES for picture in _result(name).pictures)
    assert not {*drawing.VARIABLES} & {*re.findall(r"#[0-9a-f]{6}\b", drawings)}
    assert not re.findall(r"(?:fill|stroke): #(?!000000)[0-9a-f]{3,6}\b", drawings)


def test_what_cannot_be_a_tag_is_no_tag(page):
    assert "a processor &lt;b&gt;" in page


def test_the_same_numbers_as_json(tmp_path):
    outcomes = [outcome(name) for name in NAMES]
    _, path = report_page.written(outcomes, RECORD, tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert {"effort", "seed", "machine", "measured_in_seconds", "claims"} <= set(data)
    assert data["effort"] in LEVELS and [claim["name"] for claim in data["claims"]] == list(NAMES)
    for claim, name in zip(data["claims"], NAMES, strict=True):
        result = _result(name)
        assert claim["status"] == report.MEASURED and claim["verdict"] == result.word
        assert len(claim["findings"]) == len(result.findings) and len(claim["pictures"]) == len(result.pictures)
        assert {"statement", "word", "when", "not_when", "open_when", "sentence"} <= set(claim["findings"][0])
        for table, of in zip(claim["tables"], result.tables, strict=True):
            assert table["columns"] == list(of.columns) and len(table["rows"]) == len(of.rows)
        assert all(picture.get("series") or picture.get("groups") for picture in claim["pictures"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (1797, "1,797"),
        (0.0, "0"),
        (0.012345, "0.0123"),
        (12.345, "12.3"),
        (12345.6, "12,346"),
        (1.5e-9, "1.50e-09"),
        (Estimate(1.0, None, None), "1.00"),
        (Estimate(2.0, 1.5, 2.5), "2.00 (1.50 to 2.50)"),
        ("as it is", "as it is"),
    ],
)
def test_how_a_cell_is_written(value, text):
    assert report_page.cell(value) == text


def test_what_is_no_number_is_null():
    assert report_page.plain({"a": (np.float32(0.5), np.inf, np.nan)}) == {"a": [0.5, None, None]}


def test_two_pictures_share_no_identifier():
    drawn = [
        drawing.lines(title, [drawing.series("a", {1: 1.0, 2: 2.0})], x="x", y="y").svg for title in ("one", "two")
    ]
    first, second = ({*re.findall(r'id="([^"]+)"', svg)} for svg in drawn)
    assert first and not first & second


def test_a_table_may_be_wide(page):
    assert page.count('class="scroll"') == 1 + sum(len(_result(name).tables) for name in NAMES)
    assert Table("", (), ()).rows == ()


@pytest.mark.skipif(check_page.browser() is None, reason="no Chromium: set CHROMIUM, or install Debian's")
def test_the_page_in_a_real_browser(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    assert list(check_page.faults(path, check_page.browser())) == []
