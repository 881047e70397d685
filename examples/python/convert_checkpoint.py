"""Moves a model's weights from PyTorch to safetensors, which the Swift model reads and writes, or back.

Usage: convert_checkpoint.py FROM TO, for example weights.pt weights.safetensors. Nothing in a
PyTorch file is executed. Without arguments it shows the way there and back with a small model.
"""

import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file


def read(path):
    """The tensors by name, also out of a trainer's checkpoint, without the prefixes of wrappers."""
    if path.endswith(".safetensors"):
        return load_file(path)
    found = torch.load(path, map_location="cpu", weights_only=True)
    found = found.get("state_dict", found.get("model_state_dict", found))
    return {name.removeprefix("module.").removeprefix("model."): tensor for name, tensor in found.items()}


def convert(source, destination):
    # A copy each: safetensors refuses tensors that share memory.
    tensors = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in read(source).items()}
    (save_file if destination.endswith(".safetensors") else torch.save)(tensors, destination)
    weights = [t for name, t in tensors.items() if t.is_floating_point() and ".running_" not in name]
    print(f"{len(tensors)} tensors, {sum(t.numel() for t in weights)} parameters in {destination}")


def there_and_back(folder):
    model = torch.nn.Sequential(torch.nn.Conv3d(2, 10, (1, 3, 3), bias=False), torch.nn.BatchNorm3d(10))
    torch.save({"state_dict": {f"model.{name}": t for name, t in model.state_dict().items()}}, f"{folder}/trained.pt")
    convert(f"{folder}/trained.pt", f"{folder}/weights.safetensors")
    convert(f"{folder}/weights.safetensors", f"{folder}/weights.pt")
    returned = torch.load(f"{folder}/weights.pt", weights_only=True)
    if not all(torch.equal(tensor, returned[name]) for name, tensor in model.state_dict().items()):
        sys.exit("the weights came back different")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        convert(*sys.argv[1:])
    else:
        with tempfile.TemporaryDirectory() as folder:
            there_and_back(folder)
