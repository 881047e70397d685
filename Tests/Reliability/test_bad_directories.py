"""K9: run directories that cannot be written, or not for long, and a clock that jumps.

Permissions say nothing to the superuser, so the program runs as somebody else then.
"""

import os
import shutil
import signal
import stat
import subprocess
import time

import pytest
from small_disk import small_disk
from toy import checkpoints, ended

NOBODY = 65534
# What is wrong from the start is found before the first step, and said of no checkpoint.
AT_ONCE = {}
# What goes wrong later ends the run, which can be gone on with when it is right again.
LATER = {}


def case(cases):
    return lambda function: cases.setdefault(function.__name__, function)


@case(AT_ONCE)
def read_only(home):
    (home / "run").mkdir(mode=0o555)


@case(AT_ONCE)
def read_only_above(home):
    home.chmod(0o555)


@case(AT_ONCE)
def read_only_fold(home):
    made(home / "run/fold-0/checkpoints")
    made(home / "run/fold-0/predictions")
    made(home / "run/fold-0/.lock", is_file=True)
    (home / "run/fold-0").chmod(0o555)


@case(AT_ONCE)
def read_only_checkpoints(home):
    made(home / "run/fold-0/checkpoints").chmod(0o555)


@case(AT_ONCE)
def read_only_predictions(home):
    made(home / "run/fold-0/predictions").chmod(0o555)


@case(AT_ONCE)
def of_somebody_else(home):
    (home / "run").mkdir(mode=0o755)
    if os.getuid() != 0:
        pytest.skip("only the superuser can make a folder of somebody else")
    os.chown(home / "run", 0, 0)


@case(AT_ONCE)
def file_in_its_place(home):
    made(home / "run", is_file=True)


@case(AT_ONCE)
def file_above(home):
    home.rmdir()
    made(home, is_file=True)


@case(AT_ONCE)
def file_for_checkpoints(home):
    made(home / "run/fold-0/checkpoints", is_file=True)


@case(AT_ONCE)
def link_to_nothing(home):
    (home / "run").symlink_to(home / "gone")


@case(LATER)
def vanishes(output):
    output.rename(output.with_name("away"))
    return lambda: output.with_name("away").rename(output)


@case(LATER)
def file_instead(output):
    output.rename(output.with_name("away"))
    output.touch()

    def repair():
        output.unlink()
        output.with_name("away").rename(output)

    return repair


@case(LATER)
def becomes_read_only(output):
    folder = output / "fold-0/checkpoints"
    folder.chmod(0o555)
    return lambda: folder.chmod(0o755)


def made(path, is_file=False):
    """A new file or folder, with the folders above it, of whoever runs the program."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch() if is_file else path.mkdir()
    give(*missing)
    return path


def give(*paths):
    if os.getuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@pytest.fixture(scope="module")
def user(toy, scratch):
    """Who runs the program: nobody, if we are the superuser. The arguments of `toy.start`."""
    if os.getuid() != 0:
        return {}
    scratch.chmod(0o755)
    user = {"user": NOBODY}
    try:
        subprocess.run([toy.program, "--version"], check=True, capture_output=True, **user)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nobody else may run {toy.program}, so permissions are not checked: {error}")
    return user


@pytest.fixture
def home(toy):
    """A function that makes a folder for a run directory, of whoever runs the program."""
    folders = []

    def make():
        folders.append(toy.folder())
        return made(folders[-1])

    yield make
    for folder in folders:
        folder.unlink() if folder.is_file() else shutil.rmtree(folder)


def tree(folder):
    """What is in a folder, and what it may be used for."""
    found = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}
    return found if folder.is_dir() else None


@pytest.mark.identifier("K9")
@pytest.mark.parametrize("name", AT_ONCE)
def test_known_at_once(name, short, user, home, tally):
    place = home()
    AT_ONCE[name](place)
    output = place / "run"
    if output.is_dir() and name != "of_somebody_else":
        give(output)
    end = short.run(output, **user)
    end.assert_refused(73)
    assert str(place) in end.errors, f"{end.errors} does not say where"
    assert "ckpt-" not in end.errors and "epoch" not in end.output, f"found out too late: {end.errors}"
    tally(f"K9-{name}", 1, 1)


@pytest.mark.identifier("K9")
@pytest.mark.parametrize("name", LATER)
def test_goes_wrong_later(name, toy, user, home, tally):
    assert toy.reference
    output = home() / "run"
    process = toy.start(output, **user)
    while process.poll() is None and not checkpoints(output):
        time.sleep(0.0002)
    process.send_signal(signal.SIGSTOP)
    repair = LATER[name](output)
    process.send_signal(signal.SIGCONT)
    end = ended(process)
    repair()
    end.assert_refused(73, 74)
    assert str(output) in end.errors, f"{end.errors} does not say where"
    newest = max(checkpoints(output))
    toy.assert_goes_on(output, **user).assert_resumed(newest)
    tally(f"K9-{name}", 1, 1)


@pytest.mark.identifier("K9")
def test_missing_folders_are_made(short, user, home, tally):
    assert short.reference
    short.assert_goes_on(home() / "some/where/run", **user)
    tally("K9-missing", 1, 1)


@pytest.mark.identifier("K9")
def test_read_only_disk(short, user, tally):
    with small_disk(short.folder()) as disk:
        disk.change("ro")
        end = short.run(disk.path / "run", **user)
        end.assert_refused(73)
        assert "Read-only" in end.errors
    tally("K9-disk", 1, 1)


@pytest.mark.identifier("K9")
@pytest.mark.parametrize("tells", [True, False])
def test_no_more_files(tells, short, user, tally):
    """A disk with room, but for no more files: known at once if it tells, and else when it happens."""
    assert short.reference
    run = passed = 0
    for count in range(3, 16, 3):
        with small_disk(short.folder(), size="16m", nr_inodes=count) as disk:
            folder = disk.path / "run"
            end = short.run(folder, environment={} if tells else {"FAULT_NO_ROOM": 1}, **user)
            end.assert_refused(73, 74)
            there = checkpoints(folder)
            assert not (tells and there), f"found out too late: {end.errors}"
            disk.change(nr_inodes=1000)
            short.assert_goes_on(folder, **user).assert_resumed(max(there, default=None))
            run, passed = run + 1, passed + 1
    tally(f"K9-files-{'told' if tells else 'untold'}", run, passed)


@pytest.mark.identifier("K9")
def test_clock_jumps(short, tally, seed, in_parallel):
    """A day back, at any look at the clock: no result depends on it."""
    assert short.reference
    preloaded = {**os.environ, "LD_PRELOAD": str(short.fault), "FAULT_CLOCK": "1"}
    told = subprocess.run(["date", "+%s"], env=preloaded, capture_output=True, text=True, check=True)
    assert abs(time.time() - int(told.stdout) - 24 * 60 * 60) < 60, "the clock did not jump"

    def check(look, _):
        folder = short.folder()
        short.assert_goes_on(folder, environment={"FAULT_CLOCK": look})
        shutil.rmtree(folder)

    results = in_parallel(check, (1, 2, 5, 20))
    tally("K9-clock", len(results), results.count(None), seed=seed)
