"""A small U-Net finds vessels: with Dice + BCE alone, and with the topological loss added.

Images are noisy and vessels have gaps: pixels are easy, connections are not. Takes half a minute.
"""

import numpy as np
import torch
from topoloss_swift import persistence_diagrams
from topoloss_swift.torch import TopologicalLoss
from torch import nn
from torch.nn import functional as F
from vessels.drawing import draw_vessels
from vessels.unet import UNet

torch.set_num_threads(1)  # so small a network gains little from more


def dice(p, truth):
    return (2 * (p * truth).sum((1, 2, 3)) / (p + truth).sum((1, 2, 3))).mean()


def train(images, truths, seed, weight, epochs=16):
    torch.manual_seed(seed)  # both trainings start from the same weights and see the same batches
    net = nn.Sequential(UNet(1, 8, levels=3), nn.Conv2d(8, 1, 1))
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    # Components and loops, at every pixel. Total persistence would make faint vessels fainter.
    topology = TopologicalLoss(spatial_dims=2, dimensions=(0, 1), resolution=None, total_persistence=False)
    for epoch in range(epochs):
        for batch in torch.randperm(len(images)).split(8):
            logits, truth = net(images[batch]), truths[batch]
            loss = F.binary_cross_entropy_with_logits(logits, truth) + 1 - dice(logits.sigmoid(), truth)
            if weight and epoch >= epochs // 2:  # earlier there is no shape yet that could be mended
                loss = loss + weight * topology(logits.sigmoid(), truth)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return net.eval()


def betti_numbers(masks):
    """Components and loops of each image: the diagrams of a mask have one point for each of them."""
    found = persistence_diagrams(masks.numpy(), spatial_dims=2)
    return np.array([[len(diagram.points) for diagram in image] for [image] in found])


def errors(net, images, truths):
    masks = (net(images) > 0).float()
    wrong = abs(betti_numbers(masks) - betti_numbers(truths)).mean(axis=0)
    return *wrong, dice(masks, truths).item()


if __name__ == "__main__":
    held_out = draw_vessels(seed=100, count=100)
    print("mean errors on 100 held-out images, of two trainings each")
    for name, weight in ("Dice + BCE", 0), ("with topological loss", 0.5):
        found = [errors(train(*draw_vessels(seed, 64), seed, weight), *held_out) for seed in (3, 4)]
        betti_0, betti_1, overlap = np.mean(found, axis=0)
        print(f"{name:22} Betti-0 {betti_0:.2f}, Betti-1 {betti_1:.2f}; Dice {overlap:.3f}")
