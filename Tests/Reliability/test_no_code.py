"""C8: nothing that is read is run, no other program is started, and no network is opened."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
# Which reads a pickle, opens a socket and, as if it were a function of the package, runs a text.
WRONG = """
import sys
sys.path.insert(0, {here!r})
import every_function, pickle, socket
sys.addaudithook(every_function.hook)
pickle.loads(b"cos\\nsystem\\n.")
socket.socket()
exec(compile("def run():\\n exec('1')", "a/topoloss_swift/b.py", "exec"))
run()
import ast
ast.literal_eval("(1, 2)")
import this
print([event for event, *_ in every_function.events])
"""


def python(*arguments, cwd):
    end = subprocess.run([sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert end.returncode == 0, end.stderr
    return end.stdout


@pytest.mark.identifier("C8")
def test_the_hook_sees_what_it_should(tmp_path):
    found = python("-c", WRONG.format(here=str(HERE)), cwd=tmp_path)
    assert found.splitlines()[-1] == str(["pickle.find_class", "socket.__new__", "compile", "exec"]), found


@pytest.mark.identifier("C8")
def test_python(toy, tmp_path, tally):
    end = toy.run(tmp_path / "run")
    assert end.code == 0, end.errors
    found = json.loads(python(HERE / "every_function.py", toy.cells, cwd=tmp_path))
    for event in found["events"]:
        print(*event)
    # The hook was there, and every function that is public was called.
    assert all(found["seen"].values()), found["seen"]
    assert not found["missing"], f"add a call to every_function.py: {found['missing']}"
    tally("C8-python", found["called"], found["called"] - len(found["events"]))


def traced(command, cwd):
    """The system calls of a program and its children that open sockets, start programs or change files: as
    strace writes them."""
    log = cwd / "trace"
    kinds = "%network,execve,execveat,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,"
    kinds += "symlink,symlinkat,link,linkat,truncate,chmod,fchmodat,mknod,mknodat"
    flags = ["-f", "--seccomp-bpf", "-s", "4096", "-e", f"trace={kinds}", "-e", "signal=none", "-o", log]
    end = subprocess.run(["strace", *flags, *map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert end.returncode == 0, end.stderr
    lines = log.read_text(errors="replace").splitlines()
    log.unlink()
    # A call that another thread interrupted is told in two parts, of which the first has the arguments.
    calls = [re.match(r"\d+ +(\w+)\((.*)", line) for line in lines]
    return [(call[1], call[2]) for call in calls if call]


def is_forbidden(call, arguments, program, cwd):
    """Whether a system call opens a socket, starts another program, or changes a file outside of `cwd`."""
    if call in ("execve", "execveat"):
        # Folds run side by side in children, which are itself.
        return not arguments.startswith((f'"{program}"', '"/proc/self/exe"'))
    if call in ("open", "openat"):
        changes = re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", arguments)
    else:
        changes = re.match("creat|mk|rename|unlink|sym|link|trunc|f?chmod", call)
        if not changes:
            return True  # one of the network's
    paths = re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)
    return bool(changes) and any(not (cwd / path).resolve().is_relative_to(cwd) for path in paths)


@pytest.mark.identifier("C8")
def test_program(toy, tmp_path, tally):
    """All that `shapr` does, two trainings side by side included, traced by strace."""
    if not shutil.which("strace"):
        pytest.skip("C8: strace is not installed, so the program's system calls were NOT looked at")
    shutil.copytree(toy.cells, tmp_path / "cells")
    train = [*toy.command("run", resume=False, data="cells")[1:]]
    flags = ["--epochs=1", "--base-filters=1", "--topological-resolution=8"]
    commands = [
        ["synthesize", "--output=made", "--count=2"],
        train,
        ["train", "--data=cells", "--output=folds", "--folds=3", "--jobs=2", *flags],
        ["predict", "--model=run/fold-0/best.safetensors", "--input=cells", "--output=predicted"],
        ["evaluate", "--predictions=predicted", "--truth=cells", "--output=scores.csv"],
        ["baseline", "--data=cells", "--output=baseline", "--folds=3"],
        ["compare", "scores.csv", "baseline"],
        ["diagrams", "cells/obj", "--output=diagrams"],
        ["downsampling", "--data=cells", "--resolutions=8,16", "--output=losses"],
        ["convert", "cells", "--output=converted", "--format=nrrd"],
        ["check", "--data=made"],
    ]
    program, wrong = pathlib.Path(toy.program).resolve(), []
    for command in commands:
        calls = traced([program, *command], tmp_path)
        # The program itself was seen to start.
        assert calls[0][0] == "execve" and len(calls) > 5
        wrong.append([call for call in calls if is_forbidden(*call, program, tmp_path)])
        for call, arguments in wrong[-1]:
            print(f"{command}: {call}({arguments}")
    tally("C8-program", len(commands), wrong.count([]))
