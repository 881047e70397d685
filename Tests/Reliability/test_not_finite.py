"""The row of the error table for a loss that is no number: exit code 70, and what was good stays."""

import re
import shutil

import pytest
from forged import metadata, with_values
from toy import checkpoints


@pytest.mark.identifier("S3")
def test_loss_becomes_nan(short):
    folder, steps = short.all_checkpoints()
    first = steps[0]
    kept = checkpoints(folder)[first]
    for step, path in checkpoints(folder).items():
        if step != first:
            path.unlink()
    (folder / "fold-0/scores.csv").unlink()
    # Weights so large that the first layer's variance is infinite: in training its output is 0 then, and the
    # next validation, with the running variance, has no number. All checksums are right.
    weights = next(name for name in metadata(kept.read_bytes()) if name.endswith("encoderblock.0.weight"))
    kept.write_bytes(with_values(kept.read_bytes(), weights.removeprefix("topoloss.crc32c."), 3e38))
    before = kept.read_bytes()
    end = short.run(folder)
    end.assert_refused(70)
    # The step, and the cells of its batch.
    assert re.search(r"the loss is not a number \(supervised epoch 0, step 2, cells \S+", end.errors), end.errors
    assert "validation" not in end.output
    assert kept.read_bytes() == before
    shutil.rmtree(folder)
