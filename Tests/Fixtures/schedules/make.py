"""Records what PyTorch's schedules do to a learning rate: schedules.json.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0
    venv/bin/python make.py

Made with torch 2.15.0, Python 3.11. The rates are those after each epoch.
"""

import json
import random
from pathlib import Path

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

random.seed(5)
LOSSES = {
    "falling": [1.0 / (1 + i) for i in range(20)],
    "flat": [0.5] * 20,
    # Better by less, and by more, than a fraction 1e-4.
    "slow": [1.0 - 0.00009 * i for i in range(12)] + [0.99 - 0.0002 * i for i in range(8)],
    "noisy": [0.6 + 0.2 * random.random() for _ in range(40)],
    "negative": [-1.0, -1.00005, -1.00015, -0.99995, -1.0, -0.5, -2.0, -1.9998, -1.0, -1.0, -1.0],
    "exact": [1.0, 0.9999, 0.9998999, 0.9998, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5],
}
PLATEAU = [
    {},
    {"patience": 0},
    {"factor": 0.5, "patience": 1, "cooldown": 2},
    {"min_lr": 1e-4, "factor": 0.3},
    {"threshold": 0.01, "patience": 3},
    {"eps": 1e-4},
]
DEFAULTS = {"factor": 0.1, "patience": 2, "threshold": 1e-4, "cooldown": 0, "min_lr": 0.0, "eps": 1e-8}
STEP = [(5, 0.5, 5e-7), (1, 0.9, 1e-3), (3, 0.1, 1e-2)]


def optimizer(rate):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


record = {"torch": torch.__version__, "losses": LOSSES, "plateau": [], "step": []}
for options in PLATEAU:
    for name, losses in LOSSES.items():
        o = optimizer(1e-3)
        schedule = ReduceLROnPlateau(o, **(DEFAULTS | options))
        rates = []
        for loss in losses:
            schedule.step(loss)
            rates.append(o.param_groups[0]["lr"])
        record["plateau"].append({"options": DEFAULTS | options, "losses": name, "rates": rates})
for size, gamma, rate in STEP:
    o = optimizer(rate)
    schedule = StepLR(o, size, gamma)
    rates = []
    for _ in range(17):
        o.step()
        schedule.step()
        rates.append(o.param_groups[0]["lr"])
    record["step"].append({"size": size, "gamma": gamma, "rate": rate, "rates": rates})
(Path(__file__).parent / "schedules.json").write_text(json.dumps(record, indent=1) + "\n")
