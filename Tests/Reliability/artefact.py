"""What `readelf` and `nm` say about a shared library, as Python values."""

import re
import subprocess


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Artefact:
    """One shared library."""

    def __init__(self, path):
        self.path = path
        self.content = path.read_bytes()
        self.dynamic = run("readelf", "-dW", path)
        self.segments = run("readelf", "-lW", path)
        self.sections = run("readelf", "-SW", path)

    def tags(self, name):
        """The values of a dynamic tag: `NEEDED`, `RUNPATH`, ..."""
        return re.findall(rf"\({name}\).*\[(.*)\]", self.dynamic)

    @property
    def exported(self):
        """The names that other libraries can see."""
        lines = run("nm", "-D", "--defined-only", self.path).splitlines()
        return {line.split()[-1].partition("@")[0] for line in lines}

    @property
    def glibc(self):
        """The newest version of glibc that it asks for, as (2, 34)."""
        asked = re.findall(r"GLIBC_(\d+)\.(\d+)", run("readelf", "-VW", self.path))
        return max((int(major), int(minor)) for major, minor in asked)

    @property
    def stack_flags(self):
        return re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0", self.segments)[1]

    @property
    def loaded_flags(self):
        """Flags of the loaded segments: `R E`, `RW`, ..."""
        return re.findall(r"LOAD\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0", self.segments)
