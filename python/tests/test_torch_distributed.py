"""Two processes under DDP get the gradient that one process gets for the whole batch."""

import os
import subprocess
import sys
import textwrap

from optional import optional

torch = optional("torch")

# A tiny network and its gradient; with `ranks` of 2 each process has half of the batch.
PROGRAM = textwrap.dedent(
    """
    import sys
    import torch
    import torch.distributed as distributed
    from topoloss_swift.torch import TopologicalLoss

    def gradients(rank, ranks):
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.Conv3d(1, 3, 3, padding=1), torch.nn.Tanh(), torch.nn.Conv3d(3, 1, 1)
        )
        images, targets = torch.rand(2, 4, 1, 8, 8, 8)
        share = slice(rank * 4 // ranks, (rank + 1) * 4 // ranks)
        if ranks > 1:
            network = torch.nn.parallel.DistributedDataParallel(network)
        loss = TopologicalLoss(sigmoid=True, resolution=6, dimensions=(0, 1, 2), threads=1)
        loss(network(images[share]), targets[share]).backward()
        return [parameter.grad for parameter in network.parameters()]

    rank, folder = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2
    )
    found = gradients(rank, 2)
    distributed.destroy_process_group()
    for one, expected in zip(found, gradients(0, 1), strict=True):
        assert expected.abs().max() > 0
        # float32 sums, in another order
        torch.testing.assert_close(one, expected, rtol=1e-4, atol=1e-6)
    print("same gradient")
    """
)


def test_two_processes_have_the_gradient_of_one(tmp_path):
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "-c", PROGRAM]
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(tmp_path)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        outputs = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, output in zip(processes, outputs):
        assert process.returncode == 0 and "same gradient" in output, output
