/* persistence_diagrams: a volume goes in, the library's diagrams become Python objects.
 */
#ifndef TOPOLOSS_CORE_DIAGRAMS_H
#define TOPOLOSS_CORE_DIAGRAMS_H

/* One diagram to copy out, after its blocks are made and while the GIL is released. */
typedef struct {
  int64_t volume;
  int32_t dimension;
  Block *points;
  Block *voxels;
} CopyJob;

/* Where the volume's filtration ends as a tuple (value, voxel); of H_0 only, else Nones. */
static PyObject *last_of(const CoreState *state, const topoloss_diagrams *diagrams,
                         const CopyJob *job) {
  if (job->dimension != 0) return Py_BuildValue("(OO)", Py_None, Py_None);
  topoloss_error error = {.struct_size = sizeof error};
  double value = 0;
  int64_t voxel = 0;
  topoloss_status status = topoloss_diagrams_last(diagrams, job->volume, &value, &voxel, &error);
  if (status != TOPOLOSS_OK) return raise_error(state, status, &error);
  return Py_BuildValue("(dL)", value, (long long)voxel);
}

/* Asks for the size of the job's diagram and returns (dimension, points, voxels, last), the two
 * blocks still to be filled. */
static PyObject *empty_diagram(const CoreState *state, const topoloss_diagrams *diagrams,
                               CopyJob *job) {
  topoloss_error error = {.struct_size = sizeof error};
  int64_t count = 0;
  topoloss_status status = topoloss_diagrams_copy(diagrams, job->volume, job->dimension, NULL,
                                                  NULL, 0, &count, &error);
  if (status != TOPOLOSS_OK) return raise_error(state, status, &error);
  PyObject *last = last_of(state, diagrams, job), *diagram = NULL;
  job->points = last != NULL ? block_of_pairs(state->block_type, count, "d") : NULL;
  job->voxels = job->points != NULL ? block_of_pairs(state->block_type, count, "q") : NULL;
  if (job->voxels != NULL)
    diagram = Py_BuildValue("(iOOO)", (int)job->dimension, job->points, job->voxels, last);
  Py_XDECREF((PyObject *)job->points); /* the tuple holds them */
  Py_XDECREF((PyObject *)job->voxels);
  Py_XDECREF(last);
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

PyDoc_STRVAR(persistence_diagrams_doc,
"persistence_diagrams(field, filtration, construction, dimensions, spatial_dims, threads,\n"
"                     watch_signals, /)\n--\n\n"
"Numbers as in topoloss.h; 0 means all dimensions, all axes, all processors.\n\n"
"Returns (shape, spatial_dims, volumes), where volumes is a list with one tuple of\n"
"(dimension, points, voxels, (last_value, last_voxel)) per volume. With watch_signals,\n"
"which only the main thread may ask for, Python signal handlers run during the call.");

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
  if (check_outcome(state, &watch, status, &error) == 0)
    volumes = take_volumes(state, diagrams);
  else
    topoloss_diagrams_destroy(diagrams); /* NULL, unless a handler raised after the last moment */
  PyObject *result = volumes ? Py_BuildValue("(OiO)", shape, spatial_dims, volumes) : NULL;
  Py_DECREF(shape);
  Py_XDECREF(volumes);
  return result;
}

#endif
