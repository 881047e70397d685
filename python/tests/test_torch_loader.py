"""T2: a DataLoader of PyTorch whose workers, forked, compute diagrams and losses."""

import numpy as np
import pytest
from optional import optional

import topoloss_swift

torch = optional("torch")
from topoloss_swift.torch import TopologicalLoss  # noqa: E402

EPOCHS, WORKERS, SIZE = 3, 4, 24


class Cells(torch.utils.data.Dataset):
    """Each item is computed where it is asked for: in a worker."""

    def __init__(self):
        self.volumes = np.random.default_rng(3).random((SIZE, 12, 12, 12)).astype(np.float32)
        self.loss = TopologicalLoss(resolution=None, dimensions=(0, 1, 2))

    def __len__(self):
        return SIZE

    def __getitem__(self, index):
        volume, other = self.volumes[index], self.volumes[index - 1]
        diagrams = topoloss_swift.persistence_diagrams(volume, threads=2)
        prediction = torch.from_numpy(volume)[None, None].requires_grad_()
        value = self.loss(prediction, torch.from_numpy(other)[None, None])
        value.backward()
        count = torch.tensor([len(diagram) for diagram in diagrams])
        return index, count, value.detach(), prediction.grad


def equal(one, other):
    return all(torch.equal(torch.as_tensor(mine), torch.as_tensor(theirs)) for mine, theirs in zip(one, other))


# Forking while other threads run is what this test is about; Python 3.12 warns of it.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # more workers than processors
def test_workers_compute(tally):
    """The parent has used the library with threads before; every answer is the parent's."""
    cells = Cells()
    expected = [cells[index] for index in range(SIZE)]
    loader = torch.utils.data.DataLoader(
        cells, batch_size=None, num_workers=WORKERS, multiprocessing_context="fork", shuffle=True, timeout=60,
    )  # fmt: skip
    run = passed = 0
    for _ in range(EPOCHS):
        for item in loader:
            run += 1
            passed += equal(item, expected[int(item[0])])
    assert run == EPOCHS * SIZE
    tally("T2[DataLoader]", run, passed)
