"""NumPy arrays as torch tensors and back, over the same memory, bfloat16 too, which torch.from_numpy does not know."""

from __future__ import annotations

import numpy as np


def tensor_of(array: np.ndarray):
    """Return the tensor of an array."""
    import torch

    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def array_of(tensor):
    """Return the array of a tensor, or those of a tuple of them."""
    import torch

    if isinstance(tensor, tuple):
        return tuple(map(array_of, tensor))
    if tensor.dtype is torch.bfloat16:
        import ml_dtypes

        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()
