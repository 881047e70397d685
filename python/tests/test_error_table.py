"""The error table: every status of the library becomes the exception type it promises.

The library itself cannot be made to fail in all these ways, so the extension is run with a
stand-in: a few lines of C with the same interface that answer with any status."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import topoloss_swift

PACKAGE = Path(topoloss_swift.__file__).parent

EXCEPTIONS = {
    -1: "TypeError", -2: "ValueError", -3: "ValueError", -4: "ValueError",
    -5: "topoloss_swift.LimitError", -6: "MemoryError", -7: "BufferError",
    -8: "topoloss_swift.FormatError", -9: "topoloss_swift.UnsupportedError",
    -10: "topoloss_swift.CorruptError", -11: "OSError", -12: "BlockingIOError",
    -13: "ValueError", -14: "KeyboardInterrupt", -15: "ValueError", -16: "SystemError",
    -999: "SystemError", 5: "SystemError",
}  # fmt: skip

# The status is the value of the first element; the message is a byte that is no UTF-8, twice,
# and fills its buffer without an end, or is empty when the second element is 0. With status
# 100 the call succeeds, but the copy of the result then fails.
STAND_IN = r"""
#include <stddef.h>
#include <stdint.h>
#include <string.h>
typedef struct { size_t size; int32_t code, reserved; int64_t index; char message[256]; } error_t;
typedef struct { size_t size; const double *data; } array_t;
const char *topoloss_status_name(int32_t s) { (void)s; return "THE_NAME"; }
const char *topoloss_version(void) { return VERSION; }
void topoloss_version_numbers(int32_t *a, int32_t *b, int32_t *c) {
  *a = MAJOR; *b = MINOR; if (c) *c = 0;
}
const char *topoloss_build_info(void) { return "stand-in"; }
void topoloss_options_init(void *o) { memset(o, 0, 8); }
int32_t topoloss_persistence_diagrams(const array_t *array, int32_t rank, void *options,
                                      void **diagrams, error_t *error) {
  (void)rank; (void)options;
  *diagrams = (void *)array;
  if (array->data[0] == 100) return 0;
  if (array->data[1] == 0) return (int32_t)array->data[0];
  memset(error->message, 'm', 256);
  error->message[0] = error->message[1] = (char)0xff;
  return (int32_t)array->data[0];
}
int64_t topoloss_diagrams_volumes(const void *d) { (void)d; return 2; }
uint32_t topoloss_diagrams_dimensions(const void *d) { (void)d; return 5; }
int32_t topoloss_diagrams_copy(const void *d, int64_t v, int32_t k, double *p, int64_t *x,
                               int64_t capacity, int64_t *count, error_t *error) {
  (void)d; (void)x; (void)capacity;
  *count = v == 1 && k == 2 && COUNT ? COUNT : 1;
  if (p && v == 1 && k == 2) { strcpy(error->message, "late"); return -6; }
  if (p) p[0] = p[1] = 0;
  return 0;
}
void topoloss_diagrams_destroy(void *d) { (void)d; }
"""

PROGRAM = """
import array, json, sys
sys.path.insert(0, sys.argv[1])
import topoloss_swift
assert topoloss_swift.__file__.startswith(sys.argv[1])
found = {}
for status in json.loads(sys.argv[2]):
    for text in (1, 0):
        try:
            topoloss_swift.persistence_diagrams(array.array("d", [status, text, 0]))
        except BaseException as error:
            kind = type(error)
            name = kind.__name__ if kind.__module__ == "builtins" \\
                else f"{kind.__module__}.{kind.__name__}"
            found[f"{status} {text}"] = [name, str(error)]
print(json.dumps(found))
"""


@pytest.fixture
def stand_in(tmp_path):
    """Makes a copy of the package with the stand-in as its library; returns the folder."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("LOUD SKIP: no C compiler for the stand-in library")

    def make(version="0.0.0", count=0):
        shutil.copytree(PACKAGE, tmp_path / PACKAGE.name)
        major, minor, _ = version.split(".")
        source = tmp_path / "stand_in.c"
        source.write_text(STAND_IN)
        subprocess.run(
            [compiler, "-shared", "-fPIC", f'-DVERSION="{version}"', f"-DMAJOR={major}",
             f"-DMINOR={minor}", f"-DCOUNT={count}", "-o",
             tmp_path / PACKAGE.name / "lib" / "libtopoloss.so", source],
            check=True,
        )  # fmt: skip
        return tmp_path

    return make


def answers(child, folder, statuses):
    return json.loads(child(PROGRAM, folder, json.dumps(statuses)))


def test_every_status_becomes_its_exception(stand_in, child, tally):
    found = answers(child, stand_in(topoloss_swift.__version__), list(EXCEPTIONS))
    passed = 0
    for status, name in EXCEPTIONS.items():
        with_text, without = found[f"{status} 1"], found[f"{status} 0"]
        passed += with_text == [name, "\ufffd\ufffd" + 254 * "m"] and without == [name, "THE_NAME"]
    tally("error table", len(EXCEPTIONS), passed)


def test_an_error_while_the_result_is_copied(stand_in, child):
    found = answers(child, stand_in(topoloss_swift.__version__), [100])
    assert set(map(tuple, found.values())) == {("MemoryError", "late")}


@pytest.mark.parametrize("count", [2**62, 2**60 - 1, 2**46, -1])
def test_a_diagram_too_large_for_memory(count, stand_in, child):
    """Counts that overflow, or that malloc must refuse: an error, not a short buffer."""
    found = answers(child, stand_in(topoloss_swift.__version__, count), [100])
    assert {name for name, _ in found.values()} == {"MemoryError"}
    assert "late" not in {message for _, message in found.values()}, "refused before the copy"
    if 0 < count < 2**59:
        assert all(str(16 * count) in message for _, message in found.values())


def test_another_version_of_the_library_is_refused(stand_in):
    folder = stand_in("7.3.0")
    refused = subprocess.run(
        [sys.executable, "-c", "import topoloss_swift"], capture_output=True, text=True,
        env={"PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert refused.returncode == 1
    assert "ImportError: topoloss_swift needs libtopoloss" in refused.stderr
    assert "7.3.0 was loaded" in refused.stderr
