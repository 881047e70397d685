/* topoloss_swift._core: moves buffers between Python and libtopoloss, and knows no topology.
 *
 * Built against the limited API of Python 3.11, so one binary serves every later version.
 * There is no static PyObject: all is in the module's state, one per interpreter.
 */
#ifndef Py_GIL_DISABLED /* free-threaded Python has no limited API yet */
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "topoloss.h"

#include "_core_array.h"
#include "_core_block.h"
#include "_core_errors.h"

/* ---------------------------------------------------------------- the call, without the GIL */

/* What the running call needs to ask Python about signals. */
typedef struct {
  PyThreadState *thread;
  int raised;
} SignalWatch;

/* Runs pending Python signal handlers; an exception one of them raises stays set. */
static int32_t poll_signals(void *context) {
  SignalWatch *watch = context;
  if (!watch->raised) {
    PyEval_RestoreThread(watch->thread);
    watch->raised = PyErr_CheckSignals() != 0;
    watch->thread = PyEval_SaveThread();
  }
  return watch->raised;
}

/* One bit per dimension; -1 with ValueError when one is not below `rank`. */
static int check_dimensions(unsigned int mask, int rank) {
  if (mask >> rank == 0) return 0;
  PyErr_Format(PyExc_ValueError, "dimensions must lie in 0 ... %d for volumes with %d ax%s",
               rank - 1, rank, rank == 1 ? "is" : "es");
  return -1;
}

static int check_spatial_dims(int *spatial_dims, int axes) {
  if (*spatial_dims == 0 && axes > 3) {
    PyErr_Format(PyExc_ValueError,
                 "the array has %d axes: say with spatial_dims=1, 2 or 3 how many of the last "
                 "ones are one volume; the leading axes are a batch", axes);
    return -1;
  }
  if (*spatial_dims == 0) *spatial_dims = axes;
  if (*spatial_dims > axes) {
    PyErr_Format(PyExc_ValueError, "spatial_dims=%d, but the array has %d ax%s", *spatial_dims,
                 axes, axes == 1 ? "is" : "es");
    return -1;
  }
  return 0;
}

/* ---------------------------------------------------------------- results */

/* One diagram to copy out, after its blocks are made and while the GIL is released. */
typedef struct {
  int64_t volume;
  int32_t dimension;
  Block *points;
  Block *voxels;
} CopyJob;

/* Asks for the size of the job's diagram and returns (dimension, points, voxels), the two
 * blocks still to be filled. */
static PyObject *empty_diagram(const CoreState *state, const topoloss_diagrams *diagrams,
                               CopyJob *job) {
  topoloss_error error = {.struct_size = sizeof error};
  int64_t count = 0;
  topoloss_status status = topoloss_diagrams_copy(diagrams, job->volume, job->dimension, NULL,
                                                  NULL, 0, &count, &error);
  if (status != TOPOLOSS_OK) return raise_error(state, status, &error);
  job->points = block_new(state->block_type, count, "d");
  job->voxels = job->points != NULL ? block_new(state->block_type, count, "q") : NULL;
  PyObject *diagram = NULL;
  if (job->voxels != NULL)
    diagram = Py_BuildValue("(iOO)", (int)job->dimension, job->points, job->voxels);
  Py_XDECREF((PyObject *)job->points); /* the tuple holds them */
  Py_XDECREF((PyObject *)job->voxels);
  return diagram;
}

/* Fills jobs[0 .. volumes * dimensions - 1]; returns one tuple of diagrams per volume. */
static PyObject *empty_volumes(const CoreState *state, const topoloss_diagrams *diagrams,
                               CopyJob *jobs) {
  uint32_t mask = topoloss_diagrams_dimensions(diagrams);
  int64_t volumes = topoloss_diagrams_volumes(diagrams);
  PyObject *list = PyList_New(0);
  for (int64_t v = 0; list != NULL && v < volumes; v++) {
    PyObject *volume = PyTuple_New(__builtin_popcount(mask));
    int failed = volume == NULL;
    for (int32_t k = 0, slot = 0; !failed && k < 32; k++) {
      if ((mask >> k & 1) == 0) continue;
      *jobs = (CopyJob){.volume = v, .dimension = k};
      PyObject *diagram = empty_diagram(state, diagrams, jobs++);
      failed = diagram == NULL || PyTuple_SetItem(volume, slot++, diagram) != 0;
    }
    failed = failed || PyList_Append(list, volume) != 0;
    Py_XDECREF(volume);
    if (failed) Py_CLEAR(list);
  }
  return list;
}

/* Turns the library's diagrams into Python objects, and destroys them. */
static PyObject *take_volumes(const CoreState *state, topoloss_diagrams *diagrams) {
  int64_t count = topoloss_diagrams_volumes(diagrams) *
                  __builtin_popcount(topoloss_diagrams_dimensions(diagrams));
  CopyJob *jobs = PyMem_Calloc((size_t)count, sizeof *jobs);
  PyObject *list = jobs != NULL ? empty_volumes(state, diagrams, jobs) : PyErr_NoMemory();
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status = TOPOLOSS_OK;
  /* Nobody else knows the blocks yet, so they can be filled while other threads run. */
  Py_BEGIN_ALLOW_THREADS
  for (int64_t i = 0; list != NULL && i < count && status == TOPOLOSS_OK; i++) {
    int64_t pairs = jobs[i].points->shape[0], copied = 0;
    status = topoloss_diagrams_copy(diagrams, jobs[i].volume, jobs[i].dimension,
                                    jobs[i].points->data, jobs[i].voxels->data, pairs, &copied,
                                    &error);
  }
  topoloss_diagrams_destroy(diagrams);
  Py_END_ALLOW_THREADS
  PyMem_Free(jobs);
  if (status != TOPOLOSS_OK) {
    Py_CLEAR(list);
    return raise_error(state, status, &error);
  }
  return list;
}

static PyObject *shape_tuple(const InputArray *input) {
  PyObject *shape = PyTuple_New(input->array.rank);
  for (int i = 0; shape != NULL && i < input->array.rank; i++) {
    PyObject *extent = PyLong_FromLongLong(input->shape[i]);
    if (extent == NULL || PyTuple_SetItem(shape, i, extent) != 0) Py_CLEAR(shape);
  }
  return shape;
}

/* ---------------------------------------------------------------- functions of the module */

PyDoc_STRVAR(persistence_diagrams_doc,
"persistence_diagrams(field, filtration, construction, dimensions, spatial_dims, threads,\n"
"                     watch_signals, /)\n--\n\n"
"Numbers as in topoloss.h; 0 means all dimensions, all axes, all processors.\n\n"
"Returns (shape, spatial_dims, volumes), where volumes is a list with one tuple of\n"
"(dimension, points, voxels) per volume. With watch_signals, which only the main thread\n"
"may ask for, Python signal handlers run during the call.");

static PyObject *core_persistence_diagrams(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *field;
  int filtration, construction, spatial_dims, threads, watch_signals;
  unsigned int dimensions;
  if (!PyArg_ParseTuple(args, "OiiIiip:persistence_diagrams", &field, &filtration, &construction,
                        &dimensions, &spatial_dims, &threads, &watch_signals))
    return NULL;
  InputArray input;
  if (input_array_open(&input, field) != 0) return NULL;
  PyObject *shape = NULL;
  if (check_spatial_dims(&spatial_dims, input.array.rank) == 0 &&
      check_dimensions(dimensions, spatial_dims) == 0)
    shape = shape_tuple(&input);
  if (shape == NULL) {
    input_array_close(&input);
    return NULL;
  }

  SignalWatch watch = {NULL, 0};
  topoloss_options options;
  topoloss_options_init(&options);
  options.filtration = filtration;
  options.construction = construction;
  options.dimensions = dimensions;
  options.threads = threads;
  options.should_cancel = watch_signals ? poll_signals : NULL;
  options.context = &watch;
  topoloss_diagrams *diagrams = NULL;
  topoloss_error error = {.struct_size = sizeof error};

  watch.thread = PyEval_SaveThread();
  topoloss_status status =
      topoloss_persistence_diagrams(&input.array, spatial_dims, &options, &diagrams, &error);
  PyEval_RestoreThread(watch.thread);

  input_array_close(&input);
  PyObject *volumes = NULL;
  if (status != TOPOLOSS_OK) {
    raise_error(state, status, &error);
  } else if (watch.raised) { /* a handler raised in the last moment of a finished call */
    topoloss_diagrams_destroy(diagrams);
  } else {
    volumes = take_volumes(state, diagrams);
  }
  PyObject *result = volumes ? Py_BuildValue("(OiO)", shape, spatial_dims, volumes) : NULL;
  Py_DECREF(shape);
  Py_XDECREF(volumes);
  return result;
}

PyDoc_STRVAR(block_doc, "block(data, format, /)\n--\n\n"
"A Block with a copy of the bytes of `data`; format 'd' (float64) or 'q' (int64).");

static PyObject *core_block(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  Py_buffer data;
  const char *format;
  if (!PyArg_ParseTuple(args, "y*s:block", &data, &format)) return NULL;
  Block *block = NULL;
  int is_float = strcmp(format, "d") == 0;
  if (data.len % PAIR_BYTES != 0 || (!is_float && strcmp(format, "q") != 0))
    PyErr_SetString(PyExc_ValueError, "a block holds pairs of format 'd' or 'q', 16 bytes each");
  else
    block = block_new(state->block_type, data.len / PAIR_BYTES, is_float ? "d" : "q");
  if (block != NULL && data.len > 0) memcpy(block->data, data.buf, (size_t)data.len);
  PyBuffer_Release(&data);
  return (PyObject *)block;
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
    {"block", core_block, METH_VARARGS, block_doc},
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

static int core_exec(PyObject *module) {
  CoreState *state = PyModule_GetState(module);
  if (check_library_version() != 0) return -1;
  state->block_type = PyType_FromModuleAndSpec(module, &block_spec, NULL);
  if (state->block_type == NULL) return -1;
  if (PyModule_AddType(module, (PyTypeObject *)state->block_type) != 0) return -1;
  return add_exceptions(module, state);
}

static int core_traverse(PyObject *module, visitproc visit, void *arg) {
  CoreState *state = PyModule_GetState(module);
  Py_VISIT(state->block_type);
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
