"""T1: the same bytes, in the same order, for every number of threads and in every repeat."""

import hashlib

import numpy as np
import sizes
from volumes import KINDS, Cases, random_shape, volume

import topoloss_swift

SEED = sizes.seed(0x71)
THREADS = (1, 2, 3, 4, 7, 8, 16)
REPEATS = 2
N_VOLUMES = sizes.cases(100, 1_000)


def digest(diagrams):
    """A hash of every byte of the answer."""
    sha = hashlib.sha256()
    for diagram in diagrams:
        sha.update(f"{diagram.dimension} {len(diagram)};".encode())
        sha.update(np.ascontiguousarray(diagram.points).tobytes())
        sha.update(np.ascontiguousarray(diagram.voxels).tobytes())
    return sha.hexdigest()


def test_every_thread_count(tally):
    rng = np.random.default_rng(SEED)
    cases = Cases()
    for number in range(N_VOLUMES):
        shape, kind = random_shape(rng, 24), KINDS[number % len(KINDS)]
        if number % 10 == 0:
            # A thread gets no fewer than 32,768 voxels: these are shared by up to 13 of them.
            shape, kind = (48, 96, 96), ("noise", "smooth", "network")[number // 10 % 3]
        field = volume(rng, shape, kind).astype(("f4", "f8")[number % 2])
        options = {"construction": "TV"[number // 2 % 2], "filtration": ("superlevel", "sublevel")[number // 3 % 2]}
        hashes = [
            digest(topoloss_swift.persistence_diagrams(field, threads=threads, **options))
            for threads in THREADS
            for _ in range(REPEATS)
        ]
        for found in hashes:
            cases.check(found == hashes[0], kind, shape, options, hashes)
    assert cases.run == N_VOLUMES * len(THREADS) * REPEATS
    tally("T1", cases.run, cases.passed, seed=SEED)


def test_every_thread_count_in_batches(tally):
    """A volume gives the same bytes alone, and in a batch wherever it stands."""
    rng = np.random.default_rng(SEED + 1)
    cases = Cases()
    batch = np.stack([volume(rng, (9, 10, 11), KINDS[number % len(KINDS)]) for number in range(24)])
    alone = [digest(topoloss_swift.persistence_diagrams(field, threads=1)) for field in batch]
    for threads in THREADS:
        for _ in range(REPEATS):
            found = topoloss_swift.persistence_diagrams(batch, spatial_dims=3, threads=threads)
            cases.check([digest(diagrams) for diagrams in found] == alone, threads)
    tally("T1", cases.run, cases.passed, seed=SEED + 1)
