"""Small networks in plain NumPy with fastact's activations, to be read: layers, loss, stochastic gradient descent.

A layer keeps in `forward` what its `backward` needs; `parameters` and `gradients` lie side by side. This file must not
know what is measured with it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import fastact as fa

# The standard deviation of a weight by its layer's inputs and outputs.
DEVIATIONS = {
    "Glorot": lambda inputs, outputs: (2 / (inputs + outputs)) ** 0.5,
    "He": lambda inputs, outputs: (2 / inputs) ** 0.5,
}


class Layer:
    """What has no parameters keeps these."""

    parameters: Sequence[np.ndarray] = ()
    gradients: Sequence[np.ndarray] = ()


class Dense(Layer):
    """y = x W + b, on the last axis."""

    def __init__(self, inputs, outputs, generator, start="He", gain=1.0, dtype=np.float32):
        deviation = gain * DEVIATIONS[start](inputs, outputs)
        self.weight = generator.normal(0, deviation, (inputs, outputs)).astype(dtype)
        self.bias = np.zeros(outputs, dtype)
        self.parameters = self.weight, self.bias

    def forward(self, x):
        """Keep x."""
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad):
        """Weights get x' grad, the bias the sum of grad, x grad W'."""
        self.gradients = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.weight.T


class Activate(Layer):
    """Any function of one operand in fastact's table, its derivative from the output where there is one."""

    def __init__(self, name: str):
        self.record = fa.activations[name]

    def forward(self, x):
        """Keep x and y."""
        self.x, self.y = x, self.record.forward(x)
        return self.y

    def backward(self, grad):
        """Return grad f'(x)."""
        if self.record.backward_from_output:
            return self.record.backward_from_output(grad, self.y)
        return self.record.backward(grad, self.x)


class PReLU(Layer):
    """A leaky ReLU whose slope is learned, one for each unit."""

    def __init__(self, units, dtype=np.float32):
        self.weight = np.full(units, 0.25, dtype)
        self.parameters = (self.weight,)

    def forward(self, x):
        """Keep x."""
        self.x = x
        return fa.prelu(x, self.weight)

    def backward(self, grad):
        """Return grad f'(x); the slope has a gradient too."""
        grad, slope = fa.prelu_backward(grad, self.x, self.weight)
        self.gradients = (slope,)
        return grad


class Normalise(Layer):
    """Batch normalisation, by the statistics of whatever batch it is given; they are not kept for later."""

    def __init__(self, units, dtype=np.float32):
        self.scale, self.shift = np.ones(units, dtype), np.zeros(units, dtype)
        self.parameters = self.scale, self.shift

    def forward(self, x):
        """Keep the deviation and the normalised x."""
        self.deviation = np.sqrt(x.var(axis=0) + x.dtype.type(1e-5))
        self.normal = (x - x.mean(axis=0)) / self.deviation
        return self.scale * self.normal + self.shift

    def backward(self, grad):
        """Return scale / deviation (grad - its mean - n the mean of grad n), n the normalised x."""
        self.gradients = (grad * self.normal).sum(axis=0), grad.sum(axis=0)
        centred = grad - grad.mean(axis=0) - self.normal * (grad * self.normal).mean(axis=0)
        return self.scale / self.deviation * centred


class Convolve(Layer):
    """3 by 3 pixels, the border filled with zeros; images are (number, rows, columns, channels)."""

    def __init__(self, inputs, outputs, generator, start="He", dtype=np.float32):
        self.dense = Dense(9 * inputs, outputs, generator, start, dtype=dtype)
        self.parameters = self.dense.parameters

    def forward(self, x):
        """Lay the nine neighbours of each pixel side by side, and multiply once."""
        self.shape = x.shape
        _, rows, columns, _ = x.shape
        around = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        pieces = [around[:, i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
        return self.dense.forward(np.concatenate(pieces, axis=3).reshape(-1, 9 * x.shape[3])).reshape(*x.shape[:3], -1)

    def backward(self, grad):
        """Add up what the nine places of each pixel give."""
        number, rows, columns, channels = self.shape
        pieces = self.dense.backward(grad.reshape(-1, grad.shape[3])).reshape(number, rows, columns, 9, channels)
        self.gradients = self.dense.gradients
        around = np.zeros((number, rows + 2, columns + 2, channels), grad.dtype)
        for place in range(9):
            i, j = divmod(place, 3)
            around[:, i : i + rows, j : j + columns] += pieces[:, :, :, place]
        return around[:, 1:-1, 1:-1]


class Pool(Layer):
    """The largest of 2 by 2 pixels; where several are, each gets grad (after relu: at 0, where its derivative is 0)."""

    def forward(self, x):
        """Keep which pixel is the largest."""
        number, rows, columns, channels = x.shape
        pieces = x.reshape(number, rows // 2, 2, columns // 2, 2, channels)
        largest = np.maximum(
            np.maximum(pieces[:, :, 0, :, 0], pieces[:, :, 0, :, 1]),
            np.maximum(pieces[:, :, 1, :, 0], pieces[:, :, 1, :, 1]),
        )
        self.shape, self.which = x.shape, (pieces, largest)
        return largest

    def backward(self, grad):
        """Return grad where the largest was."""
        pieces, largest = self.which
        return (grad[:, :, None, :, None] * (pieces == largest[:, :, None, :, None])).reshape(self.shape)


class Flatten(Layer):
    """Images as vectors."""

    def forward(self, x):
        """Keep the shape."""
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad):
        """Return grad in the shape of the images."""
        return grad.reshape(self.shape)


def cross_entropy(logits, labels) -> tuple[float, np.ndarray]:
    """Return the mean of -log softmax(logits) at the labels, and its gradient: softmax - 1 at the label."""
    grad, rows = fa.softmax(logits), np.arange(len(labels))
    loss = float(-np.log(np.maximum(grad[rows, labels], np.finfo(grad.dtype).tiny)).mean())
    grad[rows, labels] -= 1
    return loss, grad / len(labels)


class Network:
    """Layers one after another."""

    def __init__(self, layers: Sequence[Layer]):
        self.layers = list(layers)
        self.parameters = [array for layer in self.layers for array in layer.parameters]
        self.speeds = [np.zeros_like(array) for array in self.parameters]

    def forward(self, x):
        """Return the last output."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        """Leave its gradients in each layer."""
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    @property
    def gradients(self) -> list[np.ndarray]:
        """Those of `parameters`."""
        return [array for layer in self.layers for array in layer.gradients]

    def of(self, kind) -> list[Layer]:
        """Return the layers of a kind."""
        return [layer for layer in self.layers if isinstance(layer, kind)]

    def step(self, rate: float, momentum: float, norm: float | None = None) -> None:
        """Descend; gradients longer than `norm`, all together, are shortened to it."""
        gradients = self.gradients
        factor = 1.0
        if norm is not None:
            length = global_norm(gradients)
            factor = norm / length if length > norm else 1.0
        for array, speed, grad in zip(self.parameters, self.speeds, gradients, strict=True):
            speed *= momentum
            speed -= rate * factor * grad
            array += speed

    def error(self, x, labels) -> float:
        """Return the share of wrong answers; one that is no number is wrong."""
        logits = self.forward(x)
        right = (logits.argmax(axis=1) == labels) & np.isfinite(logits).all(axis=1)
        return float(1 - right.mean())


def global_norm(gradients: Sequence[np.ndarray]) -> float:
    """Return the length of all gradients as one vector, in float64."""
    return float(np.sqrt(sum(np.square(grad, dtype=np.float64).sum() for grad in gradients)))


def activation(name: str, units: int) -> Layer:
    """Return the layer of an activation."""
    return PReLU(units) if name == "prelu" else Activate(name)


def mlp(name: str, widths: Sequence[int], generator, start="He", gain=1.0, normalised="") -> Network:
    """Return dense layers with an activation between them; `normalised` before or after it."""
    layers: list[Layer] = []
    for inputs, outputs in itertools.pairwise(widths[:-1]):
        layers.append(Dense(inputs, outputs, generator, start, gain))
        layers += [Normalise(outputs)] * (normalised == "before")
        layers.append(activation(name, outputs))
        layers += [Normalise(outputs)] * (normalised == "after")
    return Network([*layers, Dense(widths[-2], widths[-1], generator, "Glorot")])


def cnn(name: str, side: int, channels: tuple[int, int], classes: int, generator, start="He") -> Network:
    """Return conv, activation, pool, conv, activation, pool, dense; the loss has the softmax."""
    first, second = channels
    return Network(
        [
            Convolve(1, first, generator, start),
            activation(name, first),
            Pool(),
            Convolve(first, second, generator, start),
            activation(name, second),
            Pool(),
            Flatten(),
            Dense((side // 4) ** 2 * second, classes, generator, "Glorot"),
        ]
    )


@dataclass(frozen=True)
class Passed:
    """Where a training is: epochs and seconds so far, the last loss, the largest norm of the gradients since."""

    epochs: float
    seconds: float
    loss: float
    norm: float


def training(
    network: Network,
    x: np.ndarray,
    labels: np.ndarray,
    *,
    rate: float,
    epochs: int,
    generator: np.random.Generator,
    batch: int = 32,
    momentum: float = 0.9,
    norm: float | None = None,
    parts: int = 1,
    norms: bool = False,
) -> Iterator[Passed]:
    """Train, and yield after each of `parts` of an epoch; seconds are those of training alone.

    It ends early when the loss is no number any more.
    """
    seconds = 0.0
    for epoch in range(epochs):
        pieces = np.array_split(generator.permutation(len(x)), max(len(x) // batch, 1))
        stops = {round(len(pieces) * part / parts) for part in range(1, parts + 1)}
        largest, begun = 0.0, time.perf_counter()
        for done, piece in enumerate(pieces, 1):
            loss, grad = cross_entropy(network.forward(x[piece]), labels[piece])
            network.backward(grad)
            if norms:
                largest = max(largest, global_norm(network.gradients))
            network.step(rate, momentum, norm)
            if done in stops or not np.isfinite(loss):
                seconds += time.perf_counter() - begun
                yield Passed(epoch + done / len(pieces), seconds, loss, largest)
                if not np.isfinite(loss):
                    return
                largest, begun = 0.0, time.perf_counter()
