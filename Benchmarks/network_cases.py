"""The rows of `network.py`: which contestants run what, and what is to be reached."""

from dataclasses import dataclass
from dataclasses import field as with_default

OURS = "ours"
# PyTorch as its users get it; the targets are set against these.
CHANNELS_LAST, BFLOAT16, DEFAULT = "channels_last_3d", "bf16 autocast", "default layout"
MASKS, REFERENCE = "default layout, masks", "reference's step"
# With tuned memory, and more, to see what is possible.
TUNED, TUNED_BFLOAT16 = "channels_last_3d, tuned memory", "bf16 autocast, tuned memory"
COMPILED, FOLDED = "torch.compile, tuned memory", "batch norm folded, tuned memory"

# Billions of multiply-adds of a batch of 6, all layers as they are written down: nothing fused.
GENERATOR, DISCRIMINATOR = 4.897, 3.815
STEP = 3 * GENERATOR  # forward, gradient of the input, gradient of the weights
# The discriminator twice forward, twice with the gradient of its weights and that between its layers, once
# with the gradient of its input alone.
ADVERSARIAL = 3 * GENERATOR + 7 * DISCRIMINATOR


@dataclass(frozen=True)
class Case:
    """One row; `contestants` are a program, "ours", "torch" or "tuned torch", and its case, by column."""

    name: str
    contestants: dict[str, tuple[str, str]]
    work: float  # billions of multiply-adds
    threads: int = 2
    targets: dict[str, float] = with_default(default_factory=dict)  # least ratios peer / ours
    aims: dict[str, float] = with_default(default_factory=dict)  # ratios that would be better still
    slow: tuple[str, ...] = ()  # contestants that --quick leaves out
    quick: bool = True  # --quick runs it
    tolerance: float = 1e-4  # how far values may be apart: sums of float32 numbers in another order


STEPS = {
    OURS: ("ours", "step"),
    CHANNELS_LAST: ("torch", "step channels_last"),
    BFLOAT16: ("torch", "step bfloat16"),
    DEFAULT: ("torch", "step default"),
    MASKS: ("torch", "step masks"),
    TUNED: ("tuned torch", "step channels_last"),
    TUNED_BFLOAT16: ("tuned torch", "step bfloat16"),
    COMPILED: ("tuned torch", "step compiled"),
}
ADVERSARIAL_STEPS = {
    OURS: ("ours", "adversarial"),
    REFERENCE: ("torch", "adversarial reference"),
    TUNED: ("tuned torch", "adversarial channels_last"),
}


def inferences(batch):
    return {
        OURS: ("ours", f"inference{batch}"),
        CHANNELS_LAST: ("torch", f"inference{batch} channels_last"),
        DEFAULT: ("torch", f"inference{batch} default"),
        TUNED: ("tuned torch", f"inference{batch} channels_last"),
        FOLDED: ("tuned torch", f"inference{batch} folded"),
    }


def step_cases():
    targets, aims = {CHANNELS_LAST: 2.5, BFLOAT16: 1.4, DEFAULT: 5}, {CHANNELS_LAST: 4, BFLOAT16: 2, DEFAULT: 7}
    yield Case("training step", STEPS, STEP, 2, targets, aims, slow=(DEFAULT, MASKS, COMPILED))
    single = {name: STEPS[name] for name in STEPS if name not in (MASKS, COMPILED)}
    yield Case("training step, 1 thread", single, STEP, 1, {CHANNELS_LAST: 2.5}, quick=False)


def adversarial_cases():
    # In channels_last_3d PyTorch's loss of the discriminator is 1.5e-4 from the one it finds in float64; ours
    # and the default layout's are closer than 1e-6.
    yield Case(
        "adversarial step", ADVERSARIAL_STEPS, ADVERSARIAL, 2, {REFERENCE: 6}, quick=False, tolerance=5e-4
    )


def inference_cases():
    for batch in (6, 1):
        yield Case(f"inference, batch {batch}", inferences(batch), GENERATOR * batch / 6, 2, {CHANNELS_LAST: 3})


MEMORY = {name: STEPS[name] for name in (OURS, CHANNELS_LAST, BFLOAT16, DEFAULT)}  # whose peak memory is taken
MEMORY_LIMIT = 350  # MiB

SCALING = 1.8  # least ratio of one thread to two


def wrong(case, column, found, ours):
    """Whether a contestant computed something else than this package.

    bf16 has 8 bits of mantissa. The reference's own losses are others on purpose.
    """
    if column in (MASKS, REFERENCE):
        return False
    tolerance = 1e-2 if column in (BFLOAT16, TUNED_BFLOAT16) else case.tolerance
    return len(found) != len(ours) or any(
        abs(a - b) > tolerance * abs(b) for a, b in zip(found, ours, strict=True)
    )
