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

# Every function with an array answers alike. The status is the value of the first element; the message is a byte that is no UTF-8, twice,
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
static int32_t answer(const double *data, error_t *error) {
  if (data[0] == 100) return 0;
  if (data[1] == 0) return (int32_t)data[0];
  memset(error->message, 'm', 256);
  error->message[0] = error->message[1] = (char)0xff;
  return (int32_t)data[0];
}
int32_t topoloss_persistence_diagrams(const array_t *array, int32_t rank, void *options,
                                      void **diagrams, error_t *error) {
  (void)rank; (void)options;
  *diagrams = (void *)array;
  return answer(array->data, error);
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
int32_t topoloss_diagrams_last(const void *d, int64_t v, double *a, int64_t *b, error_t *e) {
  (void)d; (void)v; (void)e; *a = 0; *b = 0; return 0;
}
void topoloss_distance_options_init(void *o) { memset(o, 0, 8); }
void topoloss_loss_options_init(void *o) { memset(o, 0, 8); }
typedef const double *const *list_t;
#define BATCH(NAME, MORE) \
  int32_t NAME(list_t a, const int64_t *n, list_t b, const int64_t *m, int64_t pairs MORE, \
               void *options, double *distances, error_t *error) { \
    (void)n; (void)b; (void)m; (void)pairs; (void)options; (void)distances; \
    return answer(a[0], error); \
  }
#define DIRECTIONS , int32_t directions
BATCH(topoloss_wasserstein, )
BATCH(topoloss_bottleneck, )
BATCH(topoloss_sliced_wasserstein, DIRECTIONS)
int32_t topoloss_wasserstein_matching(const double *a, int64_t n, const double *b, int64_t m,
                                      void *o, double *d, int64_t *p, double *u, double *v,
                                      error_t *error) {
  (void)n; (void)b; (void)m; (void)o; (void)d; (void)p; (void)u; (void)v;
  return answer(a, error);
}
int32_t topoloss_total_persistence(const double *a, int64_t n, double order, double *value,
                                   error_t *error) {
  (void)n; (void)order; (void)value; return answer(a, error);
}
int32_t topoloss_persistent_entropy(const double *a, int64_t n, double *value, error_t *error) {
  (void)n; (void)value; return answer(a, error);
}
int32_t topoloss_topological_loss(const array_t *a, const array_t *b, int32_t rank, void *options,
                                  double *values, double *terms, void *one, void *other,
                                  error_t *error) {
  (void)b; (void)rank; (void)options; (void)values; (void)terms; (void)one; (void)other;
  return answer(a->data, error);
}
int32_t topoloss_topological_loss_to_diagrams(const array_t *a, int32_t rank, list_t points,
                                              const int64_t *counts, const double *last,
                                              void *options, double *values, double *terms,
                                              void *gradient, error_t *error) {
  (void)rank; (void)points; (void)counts; (void)last; (void)options; (void)values; (void)terms;
  (void)gradient; return answer(a->data, error);
}
const char *topoloss_measure_name(int32_t i) { (void)i; return 0; }
void topoloss_run_options_init(void *o) { memset(o, 0, 8); }
int32_t topoloss_evaluate(const char *settings, const array_t *a, const array_t *b, void *options,
                          double *scores, error_t *error) {
  (void)settings; (void)b; (void)options; (void)scores; return answer(a->data, error);
}
/* Not called here, but the extension is bound to them. */
#define UNUSED(NAME) int32_t NAME(void) { return -16; }
UNUSED(topoloss_training_create) UNUSED(topoloss_training_fit) UNUSED(topoloss_training_save)
UNUSED(topoloss_training_load) UNUSED(topoloss_training_log) UNUSED(topoloss_training_model)
UNUSED(topoloss_training_destroy) UNUSED(topoloss_model_load) UNUSED(topoloss_model_save)
UNUSED(topoloss_model_settings) UNUSED(topoloss_model_predict) UNUSED(topoloss_model_destroy)
UNUSED(topoloss_settings) UNUSED(topoloss_folds) UNUSED(topoloss_compare)
int32_t topoloss_resample(const array_t *a, int32_t rank, const int64_t *resolution, void *out,
                          error_t *error) {
  (void)rank; (void)resolution; (void)out; return answer(a->data, error);
}
int32_t topoloss_resample_adjoint(const array_t *a, int32_t rank, const int64_t *extents,
                                  const double *factors, int32_t zero, void *out, error_t *error) {
  (void)rank; (void)extents; (void)factors; (void)zero; (void)out; return answer(a->data, error);
}
"""

PROGRAM = """
import array, json, sys
sys.path.insert(0, sys.argv[1])
import topoloss_swift
assert topoloss_swift.__file__.startswith(sys.argv[1])
from topoloss_swift import _loss
truth = array.array("d", [100, 0, 0, 0])
functions = {
    "diagrams": topoloss_swift.persistence_diagrams,
    "wasserstein": lambda a: topoloss_swift.wasserstein(pair(a), pair(truth)),
    "matching": lambda a: topoloss_swift.wasserstein_certificate(pair(a), pair(truth)),
    "bottleneck": lambda a: topoloss_swift.bottleneck(pair(a), pair(truth)),
    "sliced": lambda a: topoloss_swift.sliced_wasserstein(pair(a), pair(truth)),
    "persistence": lambda a: topoloss_swift.total_persistence(pair(a)),
    "entropy": lambda a: topoloss_swift.persistent_entropy(pair(a)),
    "loss": lambda a: topoloss_swift.topological_loss(a, truth, **LINE),
    "gradient": lambda a: topoloss_swift.topological_loss_and_gradient(a, truth, **LINE),
    "to diagrams": lambda a: topoloss_swift.topological_loss(a, kept(), **LINE),
    "resample": lambda a: topoloss_swift.resample(a, spatial_dims=1),
    "adjoint": lambda a: _loss.resample_adjoint(a, (9,)),
    "scores": lambda a: topoloss_swift._core.evaluate("", a, truth, 0, 0, False),
}
LINE = {"spatial_dims": 1, "dimensions": (0,)}
def pair(numbers): return memoryview(numbers).cast("B").cast("d", [2, 2])
def kept():
    diagram = topoloss_swift.Diagram(0, pair(truth), pair(truth), (4,), "superlevel", "T", 0.0, 0)
    return topoloss_swift.Diagrams([diagram], (4,), "superlevel", "T")
call = functions[sys.argv[3]]
found = {}
for status in json.loads(sys.argv[2]):
    for text in (1, 0):
        try:
            call(array.array("d", [status, text, 0, 0]))
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


FUNCTIONS = (
    "diagrams", "wasserstein", "matching", "bottleneck", "sliced", "persistence", "entropy", "loss",
    "gradient", "to diagrams", "resample", "adjoint", "scores",
)  # fmt: skip


def answers(child, folder, statuses, function="diagrams"):
    return json.loads(child(PROGRAM, folder, json.dumps(statuses), function))


def test_every_status_becomes_its_exception(stand_in, child, tally):
    folder, passed = stand_in(topoloss_swift.__version__), 0
    for function in FUNCTIONS:
        found = answers(child, folder, list(EXCEPTIONS), function)
        for status, name in EXCEPTIONS.items():
            with_text, without = found[f"{status} 1"], found[f"{status} 0"]
            right = with_text == [name, "\ufffd\ufffd" + 254 * "m"] and without == [name, "THE_NAME"]
            passed += right
            if not right:
                print(function, status, name, with_text, without)
    tally("error table", len(FUNCTIONS) * len(EXCEPTIONS), passed)


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
