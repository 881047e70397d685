"""S2: nothing in the sources that meet input can end the process, or it says why it does not."""

import pytest
from trap_audit import ALLOWED, SWIFT_SOURCES, allowances, digest, findings, judge, scan

TRAPS = {
    "unwrap": "let first = values.first!",
    "try!": "let file = try! open(path)",
    "as!": "let text = value as! String",
    "stop": "default: fatalError()",
    "repeating": "var bytes = [UInt8](repeating: 0, count: length)",
    "conversion": "let count = Int(length)",
    "product": "let bytes = rows * width",
    "sum": "let end = start + length",
    "shift": "let bit = 1 << place",
}
HARMLESS = [
    "// values.first! is what this avoids",
    'let text = "try! again * twice + \\(more)"',
    "guard values.first != nil else { return }",
    "let count = Int(exactly: length) ?? 0",
    "let (product, overflow) = rows.multipliedReportingOverflow(by: width)",
]


@pytest.mark.identifier("S2")
def test_nothing_traps_on_input(tally):
    found = list(scan())
    assert len({finding.file for finding in found}) > len(SWIFT_SOURCES)
    complaints = judge(found, allowances(ALLOWED.read_text(encoding="utf-8")))
    print("\n".join(complaints))
    unexplained = sum(not line.startswith(("stale", " ")) for line in complaints)
    assert complaints == [] or unexplained, "allowances for what is gone"
    tally("S2", len(found), len(found) - unexplained)


@pytest.mark.identifier("S2")
@pytest.mark.parametrize("kind", TRAPS)
def test_the_audit_sees(kind):
    found = [finding for finding in findings("New.swift", TRAPS[kind]) if finding.kind == kind]
    assert found
    allowed = f"New.swift | {kind} | {digest(found)} | because"
    assert judge(found, allowances(allowed)) == []
    # The same words allow no other line, and nothing that is not there.
    changed = [finding._replace(code=finding.code + " ") for finding in found]
    assert judge(changed, allowances(allowed)) and judge(found, {}) and judge([], allowances(allowed))


@pytest.mark.identifier("S2")
@pytest.mark.parametrize("line", HARMLESS)
def test_the_audit_passes_over(line):
    assert list(findings("New.swift", line)) == []
