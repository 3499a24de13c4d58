from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, overload

from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import ufuncs as ufuncs

__all__: list[str]
__version__: Final[str]

_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
_Order: TypeAlias = Literal["K", "A", "C", "F"]
_Out: TypeAlias = NDArray[Any] | tuple[NDArray[Any]] | None

@dataclass(frozen=True)
class Activation:
    name: str
    kind: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    backward_from_output: Callable[..., Any] | None
    parameters: Mapping[str, float]
    error_bounds: Mapping[str, float]

activations: Final[Mapping[str, Activation]]

def isa() -> str: ...
def available_isas() -> tuple[str, ...]: ...
@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, str | list[str]]: ...
def relu(
    x: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def relu_backward(
    grad: ArrayLike,
    x: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def relu_backward_from_output(
    grad: ArrayLike,
    y: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def leaky_relu(
    x: ArrayLike,
    /,
    negative_slope: ArrayLike = 0.01,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def leaky_relu_backward(
    grad: ArrayLike,
    x: ArrayLike,
    /,
    negative_slope: ArrayLike = 0.01,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def leaky_relu_backward_from_output(
    grad: ArrayLike,
    y: ArrayLike,
    /,
    negative_slope: ArrayLike = 0.01,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def sigmoid(
    x: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def sigmoid_backward(
    grad: ArrayLike,
    x: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def sigmoid_backward_from_output(
    grad: ArrayLike,
    y: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def tanh(
    x: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def tanh_backward(
    grad: ArrayLike,
    x: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
def tanh_backward_from_output(
    grad: ArrayLike,
    y: ArrayLike,
    /,
    out: _Out = None,
    *,
    where: ArrayLike = True,
    dtype: DTypeLike | None = None,
    casting: _Casting = "same_kind",
    order: _Order = "K",
    subok: bool = True,
) -> Any: ...
