"""K3: power is lost after any file operation; the run goes on from the last checkpoint that was reported as
saved, or a newer one."""

import hashlib
import random
import shutil

import pytest
from disk import POLICIES, Disk, write
from operations import acknowledged, operations_of


@pytest.mark.identifier("K3")
def test_power_loss(short, tally, seed, cases, complete, in_parallel):
    # A folder of its own that lasts, so that what is above the run directory is not part of the game.
    home = short.folder()
    home.mkdir()
    folder = home / "run"
    operations = operations_of(short, folder)
    shutil.rmtree(folder)
    saved = acknowledged(operations)
    assert saved[-1] == 4, f"the last checkpoint that was reported as saved is {saved[-1]}"
    assert short.reference

    def states():
        """Each state once, with how many pairs of a moment and a policy it stands for."""
        disk, seen, writes = Disk(home), {}, 0
        for place, operation in enumerate(operations):
            disk.apply(operation)
            writes += operation.name == "write"
            if operation.name == "write" and not complete and (writes + seed) % 20:
                continue
            for policy in POLICIES:
                state = disk.after(policy, random_at(place))
                # The same files with the same contents, and the same promise.
                key = hashlib.sha256(repr((sorted(state.items()), saved[place])).encode()).digest()
                seen.setdefault(key, [0, place, policy])[0] += 1
        return list(seen.values())

    def random_at(place):
        return random.Random(f"{seed} {place}")

    def check(case, _):
        _, place, policy = case
        disk = Disk(home)
        for operation in operations[: place + 1]:
            disk.apply(operation)
        copy = short.folder()
        copy.mkdir()
        write(disk.after(policy, random_at(place)), copy)
        end = short.assert_goes_on(copy / "run")
        promised = saved[place]
        is_complete = "all results are there already" in end.output
        assert promised is None or is_complete or (end.resumed or 0) >= promised, (
            f"{policy} after operation {place}: went on from {end.resumed}, {promised} was reported as saved"
        )
        shutil.rmtree(copy)

    found = states()
    found = found[:: max(1, len(found) // cases(len(found), len(found)))]
    results = in_parallel(check, found)
    run = sum(case[0] for case in found)
    passed = sum(case[0] for case, result in zip(found, results, strict=True) if result is None)
    tally("K3", run, passed, f"{len(found)} different states after {len(operations)} operations", seed)
