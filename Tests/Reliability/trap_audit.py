"""Finds what could end the process in the sources that meet input: S2.

A scan of lines, without comments and strings; it knows no types. What it finds is either taken out of
the code or allowed in allowed_traps.txt, with the reason why no input gets there.
"""

import collections
import pathlib
import re
import zlib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALLOWED = pathlib.Path(__file__).with_name("allowed_traps.txt")

# Whatever reads an array, an option, a file or a text of somebody else.
SWIFT_SOURCES = [
    "Sources/TopoLossABI/*.swift",
    "Sources/SHAPRFiles/*.swift",
    "Sources/SHAPRFiles/Analysis/*.swift",
    "Sources/SHAPRFiles/Run/*.swift",
    "Sources/NeuralNetwork/Checkpoint*.swift",
    "Sources/NeuralNetwork/JSON*.swift",
    "Sources/NeuralNetwork/FileAccess.swift",
    "Sources/NeuralNetwork/FileError.swift",
    "Sources/NeuralNetwork/TemporaryFile.swift",
    "Sources/NeuralNetwork/StateDict.swift",
    "Sources/SHAPR/Settings/*.swift",
    "Sources/SHAPR/Evaluation/CSVReader.swift",
    "Sources/SHAPR/Evaluation/Scores+*.swift",
    "Sources/SHAPR/Training/TrainingProgress+JSON.swift",
    "Sources/SHAPR/Training/Training+Checkpoint.swift",
    "Sources/PersistentHomology/StridedVolumes.swift",
    "Sources/PersistentHomology/VolumeShape.swift",
    "Sources/PersistentHomology/PersistenceDiagrams.swift",
    "Sources/PersistentHomology/PersistenceOptions.swift",
    "Sources/PersistentHomology/KeyGrid.swift",
    "Sources/PersistentHomology/ScalarKeys.swift",
    "Sources/TopologicalLoss/LossCall.swift",
    "Sources/TopologicalLoss/LossOptions.swift",
    "Sources/TopologicalLoss/VolumeElements.swift",
]
C_SOURCES = ["python/topoloss_swift/_core.c", "python/topoloss_swift/_core_*.h", "Sources/CProcessor/*.c"]

NAME = r"[A-Za-z_][\w.?]*(?:\([^()]*\)|\[[^\[\]]*\])?"
SWIFT_KINDS = {
    "unwrap": re.compile(r"[\w\)\]]!(?![=\w])|\.unsafelyUnwrapped"),
    "try!": re.compile(r"\btry!"),
    "as!": re.compile(r"\bas!"),
    "stop": re.compile(r"\b(?:fatalError|precondition|preconditionFailure|abort|exit)\("),
    "repeating": re.compile(r"\(repeating:|\breserveCapacity\("),
    # Int(x) traps when x does not fit; the forms that cannot are told by their label.
    "conversion": re.compile(
        r"(?<![\w.])U?Int(?:8|16|32|64)?\((?!truncatingIfNeeded:|bitPattern:|exactly:|clamping:|ascii:|[0-9A-Z])"
    ),
    "product": re.compile(r"[\w\)\]] \* [\w\(]|\*= |\([^()]*, \*\)"),
    # A literal on one side is left out: it would have to meet a number close to 2^63.
    "sum": re.compile(rf"(?<![\w.]){NAME} [+-] (?=[A-Za-z_(])|(?:\+|-)= (?=[A-Za-z_(])"),
    "shift": re.compile(r"(?<!&)(?:<<|>>)=? (?![0-9(])"),
}
C_KINDS = {
    "stop": re.compile(r"\b(?:abort|exit|_exit|assert|Py_FatalError)\s*\("),
    # No checked multiplication: what is multiplied must have been bounded.
    "product": re.compile(r"[\w\)\]] \* (?:\(?sizeof|[\w\(])|\*= "),
    "memory": re.compile(r"\b(?:malloc|calloc|realloc|alloca|PyMem_\w*alloc|memcpy|memmove|strcpy|sprintf)\s*\("),
    "cast": re.compile(r"\((?:int|int32_t|uint32_t|int16_t|uint8_t|unsigned)\)\s*\w"),
}


class Finding(NamedTuple):
    file: str
    line: int
    kind: str
    code: str


class Allowance(NamedTuple):
    """Why no input reaches the lines of one kind in one file; `digest` is that of these very lines."""

    digest: str
    reason: str


def without_comments_and_strings(text):
    """The text with as many lines, in which only code is left."""

    def blanked(match):
        return re.sub(r"[^\n]", " ", match.group())

    text = re.sub(r"/\*.*?\*/|//[^\n]*", blanked, text, flags=re.DOTALL)
    text = re.sub(r'""".*?"""', blanked, text, flags=re.DOTALL)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)


def findings(file, text):
    """What could trap in one file, in the order of its lines."""
    kinds = SWIFT_KINDS if file.endswith(".swift") else C_KINDS
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        for kind, pattern in kinds.items():
            if pattern.search(line):
                yield Finding(file, number, kind, line.strip())


def scan():
    paths = sorted({path for pattern in SWIFT_SOURCES + C_SOURCES for path in ROOT.glob(pattern)})
    for path in paths:
        yield from findings(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def allowances(text):
    """By file and kind; lines are `file | kind | digest | reason`, or begin with #."""
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            file, kind, digest, reason = (part.strip() for part in line.split(" | "))
            assert reason and (file, kind) not in found, f"no reason, or twice: {line}"
            found[file, kind] = Allowance(digest, reason)
    return found


def digest(group):
    return f"{zlib.crc32(chr(10).join(finding.code for finding in group).encode()):08x}"


def judge(found, allowed):
    """Complaints: what nothing allows, what has changed since, and allowances for what is gone."""
    groups = collections.defaultdict(list)
    for finding in found:
        groups[finding.file, finding.kind].append(finding)
    complaints = []
    for (file, kind), group in groups.items():
        if (file, kind) not in allowed or allowed[file, kind].digest != digest(group):
            complaints += [f"{finding.file}:{finding.line}: {kind}: {finding.code}" for finding in group]
            complaints.append(f"  these lines are {file} | {kind} | {digest(group)} | why no input reaches them")
    return complaints + [f"stale: {file} | {kind}" for file, kind in allowed if (file, kind) not in groups]
