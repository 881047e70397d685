"""K8: checkpoints that are damaged, or another training's: the one before is taken, or the program says
what to do. It never begins anew without saying so."""

import json
import re
import shutil

import pytest
from forged import metadata, with_metadata
from operations import operations_of
from toy import LONG, outcome


def flip(content, random):
    place = random.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << random.randrange(8)]) + content[place + 1 :]


def zeros(content, random):
    place = random.randrange(max(1, len(content) - 4096))
    # Where there are no zeros already, or nothing would be damaged.
    return content[:place] + b"\0" * 4096 + content[place + 4096 :] + b"\0"


DAMAGES = {
    "flip": flip,
    "zeros": zeros,
    "truncate": lambda content, random: content[: random.randrange(len(content))],
    "grow": lambda content, random: content + random.randbytes(random.randint(1, 100)),
    "empty": lambda content, random: b"",
    "length": lambda content, random: random.randbytes(8) + content[8:],
    "other": lambda content, random: random.randbytes(1000),
    "delete": lambda content, random: None,
}


@pytest.fixture
def training(toy):
    """Two checkpoints of the toy training that follow each other, and its log."""
    assert toy.reference
    folder, steps = toy.all_checkpoints()
    yield Halfway(toy, folder, steps)
    shutil.rmtree(folder)


class Halfway:
    def __init__(self, toy, folder, steps):
        self.toy, self.steps, self.folder = toy, steps, folder

    def checkpoint(self, step):
        return (self.folder / f"fold-0/checkpoints/ckpt-{step:09}.safetensors").read_bytes()

    def write(self, checkpoints):
        """A run directory with these checkpoints: contents by step, None for one that is not there."""
        folder = self.toy.folder()
        (folder / "fold-0/checkpoints").mkdir(parents=True)
        shutil.copy(self.folder / "fold-0/log.csv", folder / "fold-0")
        for step, content in checkpoints.items():
            if content is not None:
                (folder / f"fold-0/checkpoints/ckpt-{step:09}.safetensors").write_bytes(content)
        return folder

    def assert_falls_back(self, checkpoints, to, named=()):
        """The run goes on from the step `to`, with a line for each step of `named`."""
        folder = self.write(checkpoints)
        end = self.toy.assert_goes_on(folder)
        assert end.resumed == to, f"went on from {end.resumed}, not from {to}"
        lines = re.findall(r"passed over a checkpoint: \S*/ckpt-(\d+)\.safetensors", end.output)
        assert [int(step) for step in lines] == list(named), end.output
        shutil.rmtree(folder)

    def assert_refused(self, checkpoints, *words):
        """The program says in one line what is wrong and what to do, and touches nothing."""
        folder = self.write(checkpoints)
        before = outcome(folder)
        end = self.toy.run(folder)
        end.assert_refused(65)
        assert "choose another --output" in end.errors, end.errors
        for word in words:
            assert word in end.errors, f"{word!r} is not in {end.errors}"
        assert outcome(folder) == before, "files were changed"
        shutil.rmtree(folder)


@pytest.mark.identifier("K8")
def test_damaged(training, tally, seed, cases, in_parallel):
    def check(case, random):
        damage, both = case
        before, newest = sorted(random.sample(training.steps, 2))
        contents = {step: training.checkpoint(step) for step in (before, newest)}
        damaged = {step: DAMAGES[damage](content, random) for step, content in contents.items()}
        if both:
            names = ("checkpoints are gone",) if damage == "delete" else (f"ckpt-{before:09}.safetensors",)
            training.assert_refused(damaged, *names)
        else:
            named = () if damage == "delete" else (newest,)
            training.assert_falls_back(contents | {newest: damaged[newest]}, before, named)

    kinds = [(damage, both) for damage in DAMAGES for both in (False, False, True)]
    results = in_parallel(check, kinds * max(1, cases(72, 168) // len(kinds)))
    tally("K8", len(results), results.count(None), seed=seed)


@pytest.mark.identifier("K8")
def test_another_place(training, tally, in_parallel):
    """Exchanged, copied over each other, left over: every one of them is good, whatever its name says."""
    first, second, third = training.steps[2:5]
    good = {step: training.checkpoint(step) for step in (first, second, third)}
    cases = [
        # Contents, and the step whose name is gone on from.
        ({first: good[second], second: good[first]}, second),
        ({first: good[first], second: good[first]}, second),
        ({first: good[second], second: good[second]}, second),
        ({first: good[first]}, first),
        ({first: good[first], second: b"", third: b"damaged"}, first),
    ]

    def check(case, _):
        contents, step = case
        named = [step for step in sorted(contents, reverse=True) if len(contents[step]) < 10]
        training.assert_falls_back(contents, step, named)

    results = in_parallel(check, cases)
    tally("K8-places", len(results), results.count(None))


@pytest.mark.identifier("K8")
def test_left_over(training):
    """A file that was being written when a run was killed that had been asked to stop, between two others."""
    first, second = training.steps[2:4]
    folder = training.write({first: training.checkpoint(first)})
    part = training.checkpoint(second)[:5000]
    (folder / "fold-0/checkpoints/ckpt-000000099.safetensors.tmp").write_bytes(part)
    training.toy.assert_goes_on(folder)
    shutil.rmtree(folder)


@pytest.mark.identifier("K8")
def test_damaged_ones_do_not_count(training):
    """Two damaged checkpoints, both newer than the one that is gone on from, and a kill after the next save:
    what was saved is still there."""
    first, second, *_, newer, newest = training.steps
    contents = {first: training.checkpoint(first), newer: b"damaged", newest: b"damaged"}
    folder = training.write(contents)
    saved = [
        number
        for number, operation in enumerate(operations_of(training.toy, folder), 1)
        if operation.name == "rename" and f"ckpt-{second:09}" in operation.argument
    ]
    shutil.rmtree(folder)
    # After the save: rename, fsync of the folder, and the removal of one that is surplus.
    for later in range(1, 5):
        folder = training.write(contents)
        assert training.toy.run(folder, environment={"FAULT_KILL": saved[0] + later}).code == 137
        assert training.toy.assert_goes_on(folder).resumed == second
        shutil.rmtree(folder)


@pytest.mark.identifier("K8")
def test_foreign(training, new_toy, scratch, tally, in_parallel):
    """Checkpoints of other versions, trainings and networks."""
    before, step = training.steps[2:4]
    ours = training.checkpoint(step)
    lists = json.loads((scratch / "split.json").read_text())
    (scratch / "reversed.json").write_text(json.dumps(lists | {"train": lists["train"][::-1]}))
    others = {
        "base_filters is 3 there and 1 here": ["--base-filters", "3"],
        'decoder is "volumetric" there and "slice" here': ["--decoder", "volumetric"],
        "epochs is 5 there and 3 here": ["--epochs", "5"],
        "learning_rate is 0.5 there and 0.001 here": ["--learning-rate", "0.5"],
        "another seed": ["--seeds", "1"],
        "another split": ["--split", str(scratch / "reversed.json")],
    }
    # Contents, and what the message must say of them.
    foreign = [
        (with_metadata(ours, format="topoloss training 2"), 'has the format "topoloss training 2"'),
        (with_metadata(ours, progress="{}"), "does not say how far it is"),
    ]
    # Counts that no training reaches: adding to them, or multiplying them, would overflow.
    progress = json.loads(metadata(ours)["progress"])
    for count in ("epoch", "step", "epochs_begun", "bad_epochs"):
        for value in (2**31, 2**63 - 1, -1):
            text = json.dumps(progress | {count: value})
            foreign.append((with_metadata(ours, progress=text), "does not say how far it is"))
    for words, flags in others.items():
        other = new_toy(*LONG, *flags)
        folder, _ = other.all_checkpoints()
        content = Halfway(other, folder, [step]).checkpoint(step)
        shutil.rmtree(folder)
        foreign.append((content, words))
        if flags[0] in ("--base-filters", "--decoder"):
            # It claims to be ours, but its tensors are not.
            texts = {name: metadata(ours)[name] for name in ("settings", "split", "seed")}
            foreign.append((with_metadata(content, **texts), '.encoderblock.0.weight" has shape ['))

    def check(case, _):
        (content, words), both = case
        if both:
            training.assert_refused({before: content, step: content}, words, f"ckpt-{before:09}.safetensors")
        else:
            training.assert_falls_back({before: training.checkpoint(before), step: content}, before, [step])

    # What was forged without a change is good: it is not the forging that is refused.
    training.assert_falls_back({step: with_metadata(ours)}, step)
    results = in_parallel(check, [(case, both) for case in foreign for both in (False, True)])
    tally("K8-foreign", len(results), results.count(None))
