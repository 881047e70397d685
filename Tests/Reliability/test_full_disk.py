"""K5: a disk with room for a few checkpoints only."""

import re
import shutil

import pytest
from operations import contents_of_checkpoints, operations_of
from small_disk import small_disk
from toy import checkpoints

# Room for the whole run, when the disk has grown.
ENOUGH = 1 << 24


@pytest.mark.identifier("K5")
def test_full_disk(short, tally, seed, cases, in_parallel):
    assert short.reference
    folder = short.folder()
    good = contents_of_checkpoints(operations_of(short, folder))
    shutil.rmtree(folder)
    size = len(good[max(good)][-1])
    filled = set()

    def check(case, _):
        share, tells = case
        with small_disk(short.folder(), size=int(share * size)) as disk:
            folder = disk.path / "run"
            # A disk that does not tell how much room it has is found to be full when it is.
            end = short.run(folder, environment={} if tells else {"FAULT_NO_ROOM": 1})
            end.assert_refused(73, 74)
            assert str(disk.path) in end.errors, f"{end.errors} does not say where"
            there = checkpoints(folder)
            if tells:
                assert not there and "ckpt-" not in end.errors, f"found out too late: {end.errors}"
            found = re.search(r"(\d+) bytes are needed", end.errors)
            assert found or end.code == 73, f"{end.errors} does not say how much is needed"
            for step, path in there.items():
                assert path.read_bytes() in good[step], f"the checkpoint of step {step} is not what it was"
            filled.update(there)
            disk.change(size=ENOUGH)
            short.assert_goes_on(folder).assert_resumed(max(there, default=None))

    count = cases(10, 50)
    shares = [0.5 + 2.5 * number / (count - 1) for number in range(count)]
    results = in_parallel(check, [(share, bool(number % 2)) for number, share in enumerate(shares)])
    assert filled, "no disk had room for a checkpoint"
    tally("K5", len(results), results.count(None), f"disks of 0.5 to 3 checkpoints of {size} bytes", seed)
