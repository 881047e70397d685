"""A disk that loses power: what may be there afterwards, by what a file system promises and not more.

A file's content lasts when the file was fsynced, a folder's entries when the folder was. (Pillai et al.,
"All file systems are not created equal", OSDI 2014.)
"""

import pathlib

SECTOR = 512
POLICIES = ("dropped", "torn", "emptied", "forgotten")


class File:
    def __init__(self):
        self.content, self.lasting = b"", b""


class Folder:
    def __init__(self):
        self.entries, self.lasting = {}, {}


class Disk:
    """Replays operations below `root`, a folder that lasts."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.top = Folder()

    def _parts(self, path):
        path = pathlib.Path(path)
        return path.relative_to(self.root).parts if path.is_relative_to(self.root) else None

    def _find(self, parts):
        place = self.top
        for part in parts:
            place = place.entries[part]
        return place

    def apply(self, operation):
        parts = self._parts(operation.path)
        if parts is None:
            return
        if not parts:
            if operation.name == "fsync":
                self.top.lasting = dict(self.top.entries)
            return
        folder, name = self._find(parts[:-1]), parts[-1]
        match operation.name:
            case "open":
                file = folder.entries.setdefault(name, File())
                if operation.argument == "truncate":
                    file.content = b""
            case "write":
                folder.entries[name].content += operation.data
            case "ftruncate":
                assert operation.argument == "0", "only emptied files are replayed"
                folder.entries[name].content = b""
            case "fsync":
                place = folder.entries[name]
                if isinstance(place, File):
                    place.lasting = place.content
                else:
                    place.lasting = dict(place.entries)
            case "rename":
                target = self._parts(operation.argument)
                self._find(target[:-1]).entries[target[-1]] = folder.entries.pop(name)
            case "unlink":
                folder.entries.pop(name, None)  # the log does not say whether it was there
            case "mkdir":
                folder.entries.setdefault(name, Folder())
            case other:
                raise AssertionError(f"{other} is not replayed")

    def after(self, policy, random):
        """Files and their contents after power was lost now; of folders the content is None.

        dropped: names are there, but of the contents only what was fsynced. torn: of each sector the new or
        the old content. emptied: a file with any content that was not fsynced is empty. forgotten: names
        are as when their folder was fsynced.
        """
        found = {}

        def collect(folder, path):
            names = folder.lasting if policy == "forgotten" else folder.entries
            for name, place in sorted(names.items()):
                if isinstance(place, Folder):
                    found[path / name] = None
                    collect(place, path / name)
                elif place.content == place.lasting or policy in ("dropped", "forgotten"):
                    found[path / name] = place.lasting
                else:
                    found[path / name] = torn(place, random) if policy == "torn" else b""

        collect(self.top, pathlib.Path())
        return found


def torn(file, random):
    size = len(file.content)
    versions = (file.lasting.ljust(size, b"\0")[:size], file.content)
    return b"".join(random.choice(versions)[at : at + SECTOR] for at in range(0, size, SECTOR))


def write(state, root):
    """Puts a state on the real disk."""
    for path, content in state.items():
        if content is None:
            (root / path).mkdir(parents=True)
        else:
            (root / path).write_bytes(content)
