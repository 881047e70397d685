"""A small U-Net."""

import torch
from torch import nn
from torch.nn import functional as F


class UNet(nn.Module):
    """Convolutions before and after a coarser U-Net with half the extents and twice the channels."""

    def __init__(self, inputs, channels, levels):
        super().__init__()
        layer = lambda i: [nn.Conv2d(i, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
        self.before = nn.Sequential(*layer(inputs), *layer(channels))
        self.after = nn.Sequential(*layer(3 * channels), *layer(channels))
        self.coarser = UNet(channels, 2 * channels, levels - 1) if levels > 1 else None

    def forward(self, x):
        fine = self.before(x)
        if self.coarser is None:
            return fine
        coarse = F.interpolate(self.coarser(F.max_pool2d(fine, 2)), scale_factor=2)
        return self.after(torch.cat([fine, coarse], dim=1))
