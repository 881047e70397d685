/* topoloss_swift._core: moves buffers between Python and libtopoloss, and knows no topology.
 *
 * Built against the limited API of Python 3.11, so one binary serves every later version.
 * There is no static PyObject: all is in the module's state, one per interpreter.
 */
#include <pyconfig.h> /* says whether this Python is free-threaded */
#ifndef Py_GIL_DISABLED /* free-threaded Python has no limited API yet */
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "topoloss.h"

/* In the order in which they need one another. */
#include "_core_errors.h"
#include "_core_array.h"
#include "_core_block.h"
#include "_core_call.h"
#include "_core_points.h"
#include "_core_diagrams.h"
#include "_core_distances.h"
#include "_core_loss.h"
#include "_core_resample.h"
#include "_core_model.h"
#include "_core_training.h"
#include "_core_scores.h"

/* ---------------------------------------------------------------- small functions */

PyDoc_STRVAR(block_doc, "block(data, format, /)\n--\n\n"
"A Block of shape (n, 2) with a copy of the bytes of `data`; format 'd' (float64) or 'q' (int64).");

static PyObject *core_block(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  Py_buffer data;
  const char *format;
  if (!PyArg_ParseTuple(args, "y*s:block", &data, &format)) return NULL;
  Block *block = NULL;
  int is_float = strcmp(format, "d") == 0;
  const int pair_bytes = 16;
  if (data.len % pair_bytes != 0 || (!is_float && strcmp(format, "q") != 0))
    PyErr_SetString(PyExc_ValueError, "a block holds pairs of format 'd' or 'q', 16 bytes each");
  else
    block = block_of_pairs(state->block_type, data.len / pair_bytes, is_float ? "d" : "q");
  if (block != NULL && data.len > 0) memcpy(block->data, data.buf, (size_t)data.len);
  PyBuffer_Release(&data);
  return (PyObject *)block;
}

PyDoc_STRVAR(shape_doc, "shape(array, /)\n--\n\n"
"The extents of a buffer of numbers, as a tuple.");

static PyObject *core_shape(PyObject *module, PyObject *object) {
  (void)module;
  InputArray input;
  if (input_array_open(&input, object) != 0) return NULL;
  PyObject *shape = shape_tuple(&input);
  input_array_close(&input);
  return shape;
}

PyDoc_STRVAR(has_buffer_doc, "has_buffer(object, /)\n--\n\n"
"True if the object offers the buffer protocol.");

static PyObject *core_has_buffer(PyObject *module, PyObject *object) {
  (void)module;
  return PyBool_FromLong(PyObject_CheckBuffer(object));
}

PyDoc_STRVAR(version_doc, "version()\n--\n\nThe version of the loaded library.");

static PyObject *core_version(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyUnicode_FromString(topoloss_version());
}

PyDoc_STRVAR(build_info_doc, "build_info()\n--\n\n"
"Version, compiler, and the instruction set chosen on this machine, in one line.");

static PyObject *core_build_info(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyUnicode_FromString(topoloss_build_info());
}

static PyMethodDef core_methods[] = {
    {"persistence_diagrams", core_persistence_diagrams, METH_VARARGS, persistence_diagrams_doc},
    {"distances", core_distances, METH_VARARGS, distances_doc},
    {"matching", core_matching, METH_VARARGS, matching_doc},
    {"total_persistence", core_total_persistence, METH_VARARGS, total_persistence_doc},
    {"persistent_entropy", core_persistent_entropy, METH_O, persistent_entropy_doc},
    {"topological_loss", core_topological_loss, METH_VARARGS, topological_loss_doc},
    {"resample", core_resample, METH_VARARGS, resample_doc},
    {"resample_adjoint", core_resample_adjoint, METH_VARARGS, resample_adjoint_doc},
    {"training", core_training, METH_VARARGS, training_doc},
    {"model_load", core_model_load, METH_VARARGS, model_load_doc},
    {"settings", core_settings, METH_O, settings_doc},
    {"measure_names", core_measure_names, METH_NOARGS, measure_names_doc},
    {"evaluate", core_evaluate, METH_VARARGS, evaluate_doc},
    {"folds", core_folds, METH_VARARGS, folds_doc},
    {"compare", core_compare, METH_VARARGS, compare_doc},
    {"block", core_block, METH_VARARGS, block_doc},
    {"shape", core_shape, METH_O, shape_doc},
    {"has_buffer", core_has_buffer, METH_O, has_buffer_doc},
    {"version", core_version, METH_NOARGS, version_doc},
    {"build_info", core_build_info, METH_NOARGS, build_info_doc},
    {NULL, NULL, 0, NULL},
};

/* ---------------------------------------------------------------- the module */

/* Another libtopoloss may have been found first (LD_LIBRARY_PATH): refuse to guess. */
static int check_library_version(void) {
  int32_t major, minor;
  topoloss_version_numbers(&major, &minor, NULL);
  if (major == TOPOLOSS_VERSION_MAJOR && minor == TOPOLOSS_VERSION_MINOR) return 0;
  PyErr_Format(PyExc_ImportError, "topoloss_swift needs libtopoloss %d.%d, but %s was loaded",
               TOPOLOSS_VERSION_MAJOR, TOPOLOSS_VERSION_MINOR, topoloss_version());
  return -1;
}

/* Makes a type of the module and keeps it in *slot. */
static int add_type(PyObject *module, PyObject **slot, PyType_Spec *spec) {
  *slot = PyType_FromModuleAndSpec(module, spec, NULL);
  return *slot == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)*slot);
}

static int core_exec(PyObject *module) {
  CoreState *state = PyModule_GetState(module);
  if (check_library_version() != 0) return -1;
  if (add_type(module, &state->block_type, &block_spec) != 0 ||
      add_type(module, &state->model_type, &model_spec) != 0 ||
      add_type(module, &state->training_type, &training_spec) != 0)
    return -1;
  return add_exceptions(module, state);
}

static int core_traverse(PyObject *module, visitproc visit, void *arg) {
  CoreState *state = PyModule_GetState(module);
  Py_VISIT(state->block_type);
  Py_VISIT(state->model_type);
  Py_VISIT(state->training_type);
  Py_VISIT(state->limit_error);
  Py_VISIT(state->format_error);
  Py_VISIT(state->unsupported_error);
  Py_VISIT(state->corrupt_error);
  Py_VISIT(state->config_error);
  return 0;
}

static int core_clear(PyObject *module) {
  CoreState *state = PyModule_GetState(module);
  Py_CLEAR(state->block_type);
  Py_CLEAR(state->model_type);
  Py_CLEAR(state->training_type);
  Py_CLEAR(state->limit_error);
  Py_CLEAR(state->format_error);
  Py_CLEAR(state->unsupported_error);
  Py_CLEAR(state->corrupt_error);
  Py_CLEAR(state->config_error);
  return 0;
}

/* Two slots are newer than the limited API used here: a Python that does not know a slot
 * refuses the module, one that knows it wants it. So they come first, and each Python
 * starts reading where its own knowledge begins. Numbers as in CPython's moduleobject.h. */
#ifndef Py_mod_multiple_interpreters
#define Py_mod_multiple_interpreters 3 /* 3.12 */
#define Py_MOD_PER_INTERPRETER_GIL_SUPPORTED ((void *)2)
#endif
#ifndef Py_mod_gil
#define Py_mod_gil 4 /* 3.13 */
#define Py_MOD_GIL_NOT_USED ((void *)1)
#endif

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_exec, core_exec},
    {0, NULL},
};

#define CORE_MODULE(first_slot)                                                        \
  {                                                                                    \
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "topoloss_swift._core",                 \
    .m_doc = "The C side of topoloss_swift; use the functions of topoloss_swift.",     \
    .m_size = sizeof(CoreState), .m_methods = core_methods, .m_slots = first_slot,     \
    .m_traverse = core_traverse, .m_clear = core_clear,                                \
  }

static PyModuleDef core_for_3_13 = CORE_MODULE(core_slots);
static PyModuleDef core_for_3_12 = CORE_MODULE(core_slots + 1);
static PyModuleDef core_for_3_11 = CORE_MODULE(core_slots + 2);

PyMODINIT_FUNC PyInit__core(void) {
  if (Py_Version >= 0x030D0000) return PyModuleDef_Init(&core_for_3_13);
  if (Py_Version >= 0x030C0000) return PyModuleDef_Init(&core_for_3_12);
  return PyModuleDef_Init(&core_for_3_11);
}
