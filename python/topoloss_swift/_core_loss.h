/* The topological loss with its gradients, and the resampling it contains.
 */
#ifndef TOPOLOSS_CORE_LOSS_H
#define TOPOLOSS_CORE_LOSS_H

/* Reads the tuple of options that topoloss_swift/_loss.py makes; numbers as in topoloss.h. */
static int read_loss_options(topoloss_loss_options *options, PyObject *tuple) {
  topoloss_loss_options_init(options);
  long long resolution[3];
  if (!PyArg_ParseTuple(tuple, "iiIidii(LLL)(ddd)ddii:options", &options->filtration,
                        &options->construction, &options->dimensions, &options->essential_classes,
                        &options->order, &options->total_persistence,
                        &options->dimension_reduction, &resolution[0], &resolution[1],
                        &resolution[2], &options->weights[0], &options->weights[1],
                        &options->weights[2], &options->minimum_persistence,
                        &options->gradient_scale, &options->gradient_at_resolution,
                        &options->threads))
    return -1;
  for (int i = 0; i < 3; i++) options->resolution[i] = resolution[i];
  options->gradient_is_zero = 1; /* Blocks are */
  return 0;
}

/* ---------------------------------------------------------------- results */

typedef struct {
  Block *values;       /* one per volume, of the shape of the leading axes */
  Block *terms[3];     /* the same with one more axis, one entry per wanted dimension */
  Block *gradients[2]; /* of the prediction and of the target, or NULL */
} LossBlocks;

static Block *gradient_block(const CoreState *state, const InputArray *input, int spatial_dims,
                             const topoloss_loss_options *options) {
  if (!is_floating(input)) {
    PyErr_Format(PyExc_TypeError,
                 "a gradient needs float16, float32 or float64 values, not buffer format '%.40s'",
                 input->view.format != NULL ? input->view.format : "B");
    return NULL;
  }
  static const int64_t full[3] = {0, 0, 0};
  int64_t shape[MAX_AXES];
  with_extents(shape, input, spatial_dims,
               options->gradient_at_resolution ? options->resolution : full, 1);
  return block_new(state->block_type, input->array.rank, shape, format_of(input->array.dtype));
}

/* Either way the caller ends with loss_blocks_close. */
static int loss_blocks_open(const CoreState *state, LossBlocks *blocks,
                            const InputArray *prediction, const InputArray *target,
                            int spatial_dims, const topoloss_loss_options *options,
                            int gradients) {
  memset(blocks, 0, sizeof *blocks);
  int leading = prediction->array.rank - spatial_dims;
  int64_t shape[MAX_AXES];
  memcpy(shape, prediction->shape, (size_t)leading * sizeof *shape);
  shape[leading] = __builtin_popcount(options->dimensions);
  blocks->values = block_new(state->block_type, leading, shape, "d");
  int failed = blocks->values == NULL;
  for (int i = 0; i < 3 && !failed; i++) {
    blocks->terms[i] = block_new(state->block_type, leading + 1, shape, "d");
    failed = blocks->terms[i] == NULL;
  }
  const InputArray *inputs[2] = {prediction, target};
  for (int i = 0; i < gradients && !failed; i++) {
    blocks->gradients[i] = gradient_block(state, inputs[i], spatial_dims, options);
    failed = blocks->gradients[i] == NULL;
  }
  return failed ? -1 : 0;
}

static void loss_blocks_close(LossBlocks *blocks) {
  Py_XDECREF((PyObject *)blocks->values);
  for (int i = 0; i < 3; i++) Py_XDECREF((PyObject *)blocks->terms[i]);
  for (int i = 0; i < 2; i++) Py_XDECREF((PyObject *)blocks->gradients[i]);
}

/* The library gives 9 numbers per volume, H_0 to H_2 times three terms. */
static void split_terms(const LossBlocks *blocks, const double *terms, uint32_t dimensions) {
  Py_ssize_t volumes = blocks->values->bytes / (Py_ssize_t)sizeof(double), slot = 0;
  for (Py_ssize_t v = 0; v < volumes; v++)
    for (int k = 0; k < 3; k++) {
      if ((dimensions >> k & 1) == 0) continue;
      for (int i = 0; i < 3; i++)
        ((double *)blocks->terms[i]->data)[slot] = terms[9 * v + 3 * k + i];
      slot++;
    }
}

static PyObject *or_none(Block *block) { return block != NULL ? (PyObject *)block : Py_None; }

/* ---------------------------------------------------------------- the target */

/* The target: a volume or, with `is_array` 0, diagrams. */
typedef struct {
  int is_array;
  InputArray array;
  PointLists points;
  double *last_values; /* one per volume */
} LossTarget;

static void loss_target_close(LossTarget *target) {
  if (target->is_array) {
    input_array_close(&target->array);
  } else {
    PyMem_Free(target->last_values);
    point_lists_close(&target->points);
  }
}

/* Reads the diagrams of one volume: a tuple (last_value, buffer, ...), one buffer for each of
 * `dimensions` wanted dimensions. */
static int read_volume_diagrams(const CoreState *state, LossTarget *target, int64_t volume,
                                PyObject *tuple, int dimensions) {
  if (!PyTuple_Check(tuple) || PyTuple_Size(tuple) != 1 + dimensions) {
    PyErr_SetString(PyExc_TypeError, "expected (last_value, points, ...) of every volume");
    return -1;
  }
  target->last_values[volume] = PyFloat_AsDouble(PyTuple_GetItem(tuple, 0));
  if (PyErr_Occurred()) return -1;
  for (int j = 0; j < dimensions; j++) {
    PyObject *buffer = PyTuple_GetItem(tuple, 1 + j);
    if (point_lists_read(state, &target->points, volume * dimensions + j, buffer) != 0) return -1;
  }
  return 0;
}

/* Reads the diagrams of all volumes. */
static int read_diagrams(const CoreState *state, LossTarget *target, PyObject *tuples,
                         int64_t volumes, int dimensions) {
  if (PyTuple_Size(tuples) != volumes) {
    PyErr_Format(PyExc_ValueError, "diagrams of %zd volumes cannot be the target of %lld",
                 PyTuple_Size(tuples), (long long)volumes);
    return -1;
  }
  if (point_lists_open(&target->points, volumes * dimensions) != 0) return -1;
  target->last_values = PyMem_Calloc((size_t)volumes, sizeof(double));
  int failed = target->last_values == NULL;
  if (failed) PyErr_NoMemory();
  for (Py_ssize_t v = 0; v < volumes && !failed; v++)
    failed = read_volume_diagrams(state, target, v, PyTuple_GetItem(tuples, v), dimensions) != 0;
  if (failed) loss_target_close(target);
  return failed ? -1 : 0;
}

/* On success the caller ends with loss_target_close. */
static int loss_target_open(const CoreState *state, LossTarget *target, PyObject *object,
                            int64_t volumes, int dimensions) {
  target->is_array = !PyList_Check(object);
  if (target->is_array) return input_array_open(&target->array, object);
  /* The list as it is now: an exporter that is asked for its buffer, or another thread, may change it. */
  PyObject *tuples = PyList_AsTuple(object);
  int failed = tuples == NULL || read_diagrams(state, target, tuples, volumes, dimensions) != 0;
  Py_XDECREF(tuples);
  return failed ? -1 : 0;
}

/* ---------------------------------------------------------------- the loss */

/* Runs the call; 0 when the blocks are filled. */
static int run_loss(const CoreState *state, const InputArray *prediction, int spatial_dims,
                    const LossTarget *target, topoloss_loss_options *options, int watch_signals,
                    const LossBlocks *blocks) {
  Py_ssize_t volumes = blocks->values->bytes / (Py_ssize_t)sizeof(double);
  double *terms = PyMem_Calloc((size_t)volumes, 9 * sizeof *terms);
  if (terms == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  SignalWatch watch = {NULL, 0};
  options->should_cancel = watch_signals ? poll_signals : NULL;
  options->context = &watch;
  double *values = blocks->values->data;
  void *gradients[2];
  for (int i = 0; i < 2; i++)
    gradients[i] = blocks->gradients[i] != NULL ? blocks->gradients[i]->data : NULL;
  topoloss_error error = {.struct_size = sizeof error};
  watch.thread = PyEval_SaveThread();
  topoloss_status status =
      target->is_array
          ? topoloss_topological_loss(&prediction->array, &target->array.array, spatial_dims,
                                      options, values, terms, gradients[0], gradients[1], &error)
          : topoloss_topological_loss_to_diagrams(
                &prediction->array, spatial_dims, (const double *const *)target->points.points,
                target->points.counts, target->last_values, options, values, terms, gradients[0],
                &error);
  PyEval_RestoreThread(watch.thread);
  int failed = check_outcome(state, &watch, status, &error);
  if (!failed) split_terms(blocks, terms, options->dimensions);
  PyMem_Free(terms);
  return failed;
}

PyDoc_STRVAR(topological_loss_doc,
"topological_loss(prediction, target, spatial_dims, options, gradients, watch_signals, /)\n--\n\n"
"The loss of every volume: (values, terms, gradient, gradient of the target), where terms is a\n"
"tuple of three and a gradient that was not asked for is None; else all are Blocks.\n\n"
"target: a buffer, or for every volume one tuple (last_value, points, ...) in a list.\n"
"gradients: 0, 1 (of the prediction) or 2 (of the target, too).");

static PyObject *core_topological_loss(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *prediction_object, *target_object, *option_tuple;
  int spatial_dims, gradients, watch_signals;
  if (!PyArg_ParseTuple(args, "OOiO!ip:topological_loss", &prediction_object, &target_object,
                        &spatial_dims, &PyTuple_Type, &option_tuple, &gradients, &watch_signals))
    return NULL;
  topoloss_loss_options options;
  if (read_loss_options(&options, option_tuple) != 0) return NULL;
  InputArray prediction;
  if (input_array_open(&prediction, prediction_object) != 0) return NULL;
  PyObject *result = NULL;
  LossTarget target;
  int64_t volumes;
  if (check_spatial_dims(&spatial_dims, prediction.array.rank) == 0 &&
      check_dimensions(options.dimensions, spatial_dims) == 0 &&
      (volumes = count_volumes(state, &prediction, spatial_dims)) >= 0 &&
      loss_target_open(state, &target, target_object, volumes,
                       __builtin_popcount(options.dimensions)) == 0) {
    LossBlocks blocks;
    if (loss_blocks_open(state, &blocks, &prediction, &target.array, spatial_dims, &options,
                         target.is_array ? gradients : gradients > 0) == 0 &&
        run_loss(state, &prediction, spatial_dims, &target, &options, watch_signals, &blocks) == 0)
      result = Py_BuildValue("(O(OOO)OO)", blocks.values, blocks.terms[0], blocks.terms[1],
                             blocks.terms[2], or_none(blocks.gradients[0]),
                             or_none(blocks.gradients[1]));
    loss_blocks_close(&blocks);
    loss_target_close(&target);
  }
  input_array_close(&prediction);
  return result;
}

#endif
