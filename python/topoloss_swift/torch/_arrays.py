"""Between tensors on any device and NumPy arrays on the CPU."""

from typing import Any

import torch
from torch import Tensor


def arrays_of(*tensors: Tensor) -> list[Any]:
    """NumPy arrays of the tensors, which share their memory if it is the CPU's.

    Tensors on a GPU are copied, all at once, through pinned memory.
    """
    copies = []
    for tensor in tensors:
        tensor = tensor.detach()
        if tensor.is_cuda:
            pinned = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            tensor = pinned.copy_(tensor, non_blocking=True)
        copies.append(tensor.cpu())
    for device in {tensor.device for tensor in tensors if tensor.is_cuda}:
        torch.cuda.current_stream(device).synchronize()
    return [tensor.numpy() for tensor in copies]


def tensor_on(device: torch.device, array: Any) -> Tensor:
    """A tensor of the array's values; on the CPU it shares the array's memory."""
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
