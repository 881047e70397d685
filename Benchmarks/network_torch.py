"""The peer's network: SHAPR's generator and discriminator as PyTorch modules, and their losses.

The state dicts have the names of the reference implementation, so weights go both ways. That these
are the right networks is shown by `network_check.py`, which compares them with recorded tensors.
Shapes are those of 64^3; N is the batch.
"""

from torch import nn
from torch.nn import functional

FILTERS = 10


def convolution(inputs, outputs, kernel):
    """A convolution without bias that keeps the size."""
    return nn.Conv3d(inputs, outputs, kernel, padding=[side // 2 for side in kernel], bias=False)


class Block(nn.Module):
    """Twice: a convolution within each slice, batch normalisation, ReLU."""

    def __init__(self, inputs, outputs):
        super().__init__()
        layers = []
        for channels in (inputs, outputs):
            layers += [convolution(channels, outputs, (1, 3, 3)), nn.BatchNorm3d(outputs), nn.ReLU(inplace=True)]
        self.encoderblock = nn.Sequential(*layers)

    def forward(self, x):
        return self.encoderblock(x)


class Up(nn.Module):
    """Transposed convolution: every voxel becomes a block of the kernel's size."""

    def __init__(self, channels, kernel):
        super().__init__()
        self.up = nn.ConvTranspose3d(channels, channels, kernel, stride=kernel)

    def forward(self, x):
        return self.up(x)


class EncoderEnd(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc_out = nn.Sequential(convolution(4 * FILTERS, 8 * FILTERS, (1, 3, 3)), nn.Sigmoid())

    def forward(self, x):
        return self.enc_out(x)


class DecoderEnd(nn.Module):
    """The only layer that mixes neighbouring slices; `forward` gives logits."""

    def __init__(self):
        super().__init__()
        self.dec_out = nn.Sequential(convolution(FILTERS, 1, (3, 3, 3)), nn.Sigmoid())

    def forward(self, x):
        return self.dec_out[0](x)


class DiscriminatorEnd(nn.Module):
    def __init__(self):
        super().__init__()
        channels = 16 * FILTERS
        self.disc_out = nn.Sequential(
            convolution(channels, channels, (3, 3, 3)),
            nn.BatchNorm3d(channels),
            nn.ReLU(inplace=True),
            convolution(channels, 1, (3, 3, 3)),
            nn.Sigmoid(),
            nn.Flatten(),
            nn.Linear(4 * 4 * 4, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.disc_out(x)


class Generator(nn.Module):
    """Mask and image, ``(N, 2, 1, 64, 64)``, become a volume, ``(N, 1, 64, 64, 64)``."""

    def __init__(self):
        super().__init__()
        f, deeper, doubled = FILTERS, (2, 1, 1), (2, 2, 2)
        self.down = nn.MaxPool3d((1, 2, 2))
        self.conv1 = Block(2, f)
        self.conv2 = Block(f, 2 * f)
        self.conv3 = Block(2 * f, 4 * f)
        self.encout = EncoderEnd()
        self.conv4 = Block(8 * f, 8 * f)
        self.up4 = Up(8 * f, deeper)
        self.conv5 = Block(8 * f, 8 * f)
        self.up5 = Up(8 * f, deeper)
        self.conv6 = Block(8 * f, 4 * f)
        self.up6 = Up(4 * f, doubled)
        self.conv7 = Block(4 * f, 4 * f)
        self.up7 = Up(4 * f, deeper)
        self.conv8 = Block(4 * f, 2 * f)
        self.up8 = Up(2 * f, deeper)
        self.conv9 = Block(2 * f, f)
        self.up9 = Up(f, doubled)
        self.conv10 = Block(f, f)  # has weights in every checkpoint and is never used
        self.decout = DecoderEnd()

    def logits(self, x):
        x = self.conv3(self.down(self.conv2(self.down(self.conv1(x)))))
        x = self.encout(x)
        for block, up in (
            (self.conv4, self.up4),
            (self.conv5, self.up5),
            (self.conv6, self.up6),
            (self.conv7, self.up7),
            (self.conv8, self.up8),
            (self.conv9, self.up9),
        ):
            x = up(block(x))
        return self.decout(x)

    def forward(self, x):
        return self.logits(x).sigmoid()


class Discriminator(nn.Module):
    """A volume, ``(N, 1, 64, 64, 64)``, becomes the probability that it is real, ``(N, 1)``."""

    def __init__(self):
        super().__init__()
        f = FILTERS
        self.down = nn.MaxPool3d(2)
        self.conv1 = Block(1, f)
        self.conv2 = Block(f, 2 * f)
        self.conv3 = Block(2 * f, 4 * f)
        self.conv4 = Block(4 * f, 8 * f)
        self.conv5 = Block(8 * f, 16 * f)
        self.discout = DiscriminatorEnd()

    def forward(self, x):
        for block in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = self.down(block(x))
        return self.discout(self.conv5(x))


def dice_loss(prediction, target):
    """1 - F1 of soft precision and recall over the whole batch, with 1 added to every sum."""
    hits = (prediction * target).sum() + 1
    precision, recall = hits / (prediction.sum() + 1), hits / (target.sum() + 1)
    return 1 - 2 * precision * recall / (precision + recall)


def geometric_loss(logits, target, prediction=None):
    """(2 Dice + BCE) / 2; BCE from logits, where it is stable. `prediction` is their sigmoid, if it is there."""
    bce = functional.binary_cross_entropy_with_logits(logits, target)
    return (2 * dice_loss(logits.sigmoid() if prediction is None else prediction, target) + bce) / 2


def reference_loss(prediction, target, masks):
    """The reference's (2 Dice + BCE) / 2 of probabilities, whose BCE has its arguments swapped.

    With `masks`, both terms first select the voxels whose target is not 2, which are all of them.
    """

    def select():
        return (prediction[target != 2], target[target != 2]) if masks else (prediction, target)

    found, true = select()
    bce = functional.binary_cross_entropy_with_logits(true, found)
    return (2 * dice_loss(*select()) + bce) / 2
