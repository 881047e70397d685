"""Shows that the network of `network_torch.py` is the reference's.

Compares it with the recorded tensors in ``../shared/fixtures`` beside the project: state-dict names,
outputs, running statistics, losses, gradients, three steps of Adam, the discriminator. Prints every
comparison; one that fails, or the lack of the fixtures, ends the program with status 1.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn.functional import binary_cross_entropy

from network_torch import Discriminator, Generator, dice_loss, geometric_loss, reference_loss

FIXTURES = Path(__file__).resolve().parents[2] / "shared" / "fixtures"

# Another order of float32 additions. Weight gradients differ more, because near ties ReLU and max
# pooling decide differently: float32 is itself 3e-3 away from float64.
OUTPUT, LOSS, PREDICTION_GRADIENT, WEIGHT_GRADIENT, LOSS_AFTER_STEPS = 2e-5, 1e-5, 1e-5, 1e-2, 1e-4


def fixture(name):
    return load_file(FIXTURES / f"{name}.safetensors")


class Report:
    """Prints comparisons, and remembers whether one failed."""

    def __init__(self):
        self.failed = False

    def compare(self, what, difference, tolerance):
        good = difference <= tolerance
        self.failed |= not good
        print(f"{what}: {difference:.2g} of {tolerance:.2g}{'' if good else ' FAILED'}")

    def outputs(self, what, found, expected):
        self.compare(what, (found - expected).abs().max().item(), OUTPUT)

    def scalar(self, what, found, expected, tolerance=LOSS):
        self.compare(what, abs(found.item() - expected) / abs(expected), tolerance)

    def gradients(self, what, model, expected):
        """The worst of all parameters; those that nothing uses must have none."""
        found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
        if found.keys() != expected.keys():
            self.compare(f"{what}: parameters with a gradient", float("inf"), 0)
            return
        errors = [(found[name] - g).norm().item() / g.norm().item() for name, g in expected.items()]
        self.compare(what, max(errors), WEIGHT_GRADIENT)


def part(tensors, prefix):
    """The tensors under a prefix, without it."""
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def loaded(model, name):
    """The model with recorded weights; a missing or an unknown name is an error."""
    model.load_state_dict(fixture(name), strict=True)
    return model


def check_generator(report, batch, scalars):
    """Outputs, running statistics, losses and gradients; returns the prediction."""
    x, y, weights = batch["x"], batch["y"], fixture("grad_weights")
    model = loaded(Generator(), "generator_init")
    with torch.no_grad():
        report.outputs("evaluation, fresh statistics", model.eval()(x), batch["pred_eval_init_stats"])
    logits = model.train().logits(x)
    prediction = logits.sigmoid()
    prediction.retain_grad()
    report.outputs("training", prediction, batch["pred_train"])
    state = model.state_dict()
    for name, expected in part(batch, "bn_after1.").items():
        report.outputs(f"after one forward, {name}", state[name].double(), expected.double())
    with torch.no_grad():
        report.outputs("evaluation after it", model.eval()(x[:1]), batch["pred_eval_after1"])

    report.scalar("Dice", dice_loss(prediction, y), scalars["loss.train.dice"])
    report.scalar("BCE", binary_cross_entropy(prediction, y), scalars["loss.train.bce_plain"])
    losses = {
        "combined_plain": geometric_loss(logits, y),
        "combined_reference": reference_loss(prediction, y, masks=True),
    }
    report.scalar("without masks", reference_loss(prediction, y, masks=False), losses["combined_reference"].item())
    for name, loss in losses.items():
        report.scalar(name, loss, scalars[f"loss.train.{name}"])
        model.zero_grad()
        loss.backward(retain_graph=True)
        report.gradients(f"{name}, weight gradients", model, part(weights, f"{name}/"))
    # Only the reference's loss went through the prediction with both of its terms.
    prediction.grad = None
    losses["combined_reference"].backward()
    expected = fixture("grad_pred")["dL_dpred.combined_reference"]
    difference = (prediction.grad - expected).abs().max() / expected.abs().max()
    report.compare("combined_reference, gradient of the prediction", difference.item(), PREDICTION_GRADIENT)
    return prediction.detach()


def check_training(report, batch, scalars):
    """Three steps of Adam: the loss before each."""
    model = loaded(Generator(), "generator_init").train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step, expected in enumerate(scalars["adam3.noLT.losses_per_step"], 1):
        loss = reference_loss(model(batch["x"]), batch["y"], masks=True)
        report.scalar(f"loss before step {step}", loss, expected, LOSS_AFTER_STEPS)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def check_discriminator(report, batch, scalars, prediction):
    recorded, y = fixture("discriminator"), batch["y"]
    model = loaded(Discriminator(), "discriminator_init")
    with torch.no_grad():
        report.outputs("discriminator, evaluation", model.eval()(y), recorded["out_real_eval"])
    real = model.train()(y)
    fake = model((prediction > 0.5).float())
    report.outputs("discriminator, real", real, recorded["out_real_train"])
    report.outputs("discriminator, fake", fake, recorded["out_fake_train"])
    losses = [
        binary_cross_entropy(real, torch.ones_like(real)),
        binary_cross_entropy(fake, torch.zeros_like(fake)),
    ]
    report.scalar("discriminator, loss of real", losses[0], scalars["D.real_loss"])
    report.scalar("discriminator, loss of fake", losses[1], scalars["D.fake_loss"])
    (sum(losses) / 2).backward()
    report.gradients("discriminator, weight gradients", model, part(recorded, "grad_d_loss/"))


def main():
    if not FIXTURES.is_dir():
        sys.exit("network_check: there is no ../shared/fixtures beside the project")
    torch.set_num_threads(1)
    scalars = json.loads((FIXTURES / "fixtures.json").read_text(encoding="utf-8"))["scalars"]
    report, batch = Report(), fixture("batch_and_outputs")
    prediction = check_generator(report, batch, scalars)
    check_training(report, batch, scalars)
    check_discriminator(report, batch, scalars, prediction)
    if report.failed:
        sys.exit("network_check: this is not the reference's network")
    print("network_check: this is the reference's network")


if __name__ == "__main__":
    main()
