/* Distances between diagrams, and what else there is to say of points.
 *
 * A diagram comes as a tuple (buffer, last): an (n, 2) array of births and deaths, and where its
 * filtration ends (NaN: not known), which only essential_classes="extreme" reads.
 */
#ifndef TOPOLOSS_CORE_DISTANCES_H
#define TOPOLOSS_CORE_DISTANCES_H

/* Reads one (buffer, last); with `extreme`, essential classes end there. */
static int read_operand(const CoreState *state, PointLists *lists, int64_t index, PyObject *operand,
                        int extreme) {
  PyObject *buffer;
  double last;
  if (!PyArg_ParseTuple(operand, "Od:diagram", &buffer, &last)) return -1;
  if (point_lists_read(state, lists, index, buffer) != 0) return -1;
  return extreme ? point_lists_end(lists, index, last) : 0;
}

/* Reads a tuple of them; on success the caller ends with point_lists_close. */
static int read_operands(const CoreState *state, PointLists *lists, PyObject *operands, int extreme) {
  Py_ssize_t size = PyTuple_Size(operands);
  if (size < 0 || point_lists_open(lists, size) != 0) return -1;
  for (Py_ssize_t i = 0; i < size; i++) {
    PyObject *operand = PyTuple_GetItem(operands, i);
    if (operand == NULL || read_operand(state, lists, i, operand, extreme) != 0) {
      point_lists_close(lists);
      return -1;
    }
  }
  return 0;
}

/* Reads two lists of equal length, as they are now: what an exporter does while it is asked for its buffer, or
 * another thread, may change them. On success the caller ends with point_lists_close for both. */
static int read_pairs(const CoreState *state, PointLists *first, PointLists *second,
                      PyObject *first_list, PyObject *second_list, int extreme) {
  PyObject *one = PyList_AsTuple(first_list), *other = PyList_AsTuple(second_list);
  int failed = one == NULL || other == NULL;
  if (!failed && PyTuple_Size(one) != PyTuple_Size(other)) {
    PyErr_Format(PyExc_ValueError, "distances are of pairs: %zd diagrams cannot go with %zd",
                 PyTuple_Size(one), PyTuple_Size(other));
    failed = 1;
  }
  failed = failed || read_operands(state, first, one, extreme) != 0;
  if (!failed && read_operands(state, second, other, extreme) != 0) {
    point_lists_close(first);
    failed = 1;
  }
  Py_XDECREF(one);
  Py_XDECREF(other);
  return failed ? -1 : 0;
}

/* Once classes end at the extreme, all that is left to ignore is nothing. */
static int32_t remaining_essential(int essential_classes) {
  return essential_classes == TOPOLOSS_ESSENTIAL_EXTREME ? TOPOLOSS_ESSENTIAL_IGNORED
                                                         : essential_classes;
}

/* ---------------------------------------------------------------- distances of many pairs */

enum { WASSERSTEIN = 0, BOTTLENECK = 1, SLICED = 2 };

static topoloss_status distances_of(int kind, const PointLists *first, const PointLists *second,
                                    int directions, const topoloss_distance_options *options,
                                    double *distances, topoloss_error *error) {
  const double *const *one = (const double *const *)first->points;
  const double *const *other = (const double *const *)second->points;
  if (kind == SLICED)
    return topoloss_sliced_wasserstein(one, first->counts, other, second->counts, first->size,
                                       directions, options, distances, error);
  if (kind == BOTTLENECK)
    return topoloss_bottleneck(one, first->counts, other, second->counts, first->size, options,
                               distances, error);
  return topoloss_wasserstein(one, first->counts, other, second->counts, first->size, options,
                              distances, error);
}

PyDoc_STRVAR(distances_doc,
"distances(kind, first, second, order, ground_norm, essential_classes, directions, threads,\n"
"          watch_signals, /)\n--\n\n"
"The distances of first[k] and second[k], two lists of (buffer, last), as a Block of float64.\n"
"Kind 0: Wasserstein, 1: bottleneck, 2: sliced Wasserstein; other numbers as in topoloss.h.");

static PyObject *core_distances(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *first_list, *second_list;
  int kind, ground_norm, essential, directions, threads, watch_signals;
  double order;
  if (!PyArg_ParseTuple(args, "iO!O!diiiip:distances", &kind, &PyList_Type, &first_list,
                        &PyList_Type, &second_list, &order, &ground_norm, &essential, &directions,
                        &threads, &watch_signals))
    return NULL;
  PointLists first, second;
  if (read_pairs(state, &first, &second, first_list, second_list,
                 essential == TOPOLOSS_ESSENTIAL_EXTREME) != 0)
    return NULL;
  Block *distances = block_new(state->block_type, 1, &first.size, "d");
  if (distances != NULL && first.size > 0) {
    SignalWatch watch = {NULL, 0};
    topoloss_distance_options options;
    topoloss_distance_options_init(&options);
    options.order = order;
    options.ground_norm = ground_norm;
    options.essential_classes = remaining_essential(essential);
    options.threads = threads;
    options.should_cancel = watch_signals ? poll_signals : NULL;
    options.context = &watch;
    topoloss_error error = {.struct_size = sizeof error};
    watch.thread = PyEval_SaveThread();
    topoloss_status status =
        distances_of(kind, &first, &second, directions, &options, distances->data, &error);
    PyEval_RestoreThread(watch.thread);
    if (check_outcome(state, &watch, status, &error) != 0) Py_CLEAR(distances);
  }
  point_lists_close(&first);
  point_lists_close(&second);
  return (PyObject *)distances;
}

/* ---------------------------------------------------------------- one pair, with its matching */

/* Whether point `i` takes part in matchings. */
static int takes_part(const PointLists *lists, int which, int64_t i, int32_t essential) {
  const double *point = &lists->points[which][2 * i];
  if (isinf(point[1])) return essential == TOPOLOSS_ESSENTIAL_MATCHED;
  return point[0] != point[1];
}

/* The matching as rows (index in first, index in second), -1 for the diagonal: the points of
 * `first` in their order, then those of `second` that none of them has for a partner. With `rows`
 * NULL, the rows are only counted. */
static int64_t write_rows(const PointLists *pair, int32_t essential, const int64_t *partners,
                          uint8_t *has_partner, int64_t *rows) {
  int64_t count = 0;
  for (int64_t i = 0; i < pair->counts[0]; i++) {
    if (!takes_part(pair, 0, i, essential)) continue;
    if (partners[i] >= 0) has_partner[partners[i]] = 1;
    if (rows != NULL) rows[2 * count] = i, rows[2 * count + 1] = partners[i];
    count++;
  }
  for (int64_t j = 0; j < pair->counts[1]; j++) {
    if (has_partner[j] || !takes_part(pair, 1, j, essential)) continue;
    if (rows != NULL) rows[2 * count] = -1, rows[2 * count + 1] = j;
    count++;
  }
  return count;
}

static Block *matching_block(const CoreState *state, const PointLists *pair, int32_t essential,
                             const int64_t *partners) {
  uint8_t *has_partner = PyMem_Calloc((size_t)pair->counts[1], 1);
  if (has_partner == NULL) return (Block *)PyErr_NoMemory();
  int64_t rows = write_rows(pair, essential, partners, has_partner, NULL);
  Block *block = block_of_pairs(state->block_type, rows, "q");
  if (block != NULL) write_rows(pair, essential, partners, has_partner, block->data);
  PyMem_Free(has_partner);
  return block;
}

PyDoc_STRVAR(matching_doc,
"matching(first, second, order, ground_norm, essential_classes, watch_signals, /)\n--\n\n"
"The Wasserstein distance of two (buffer, last) with its matching and its certificate:\n"
"(distance, rows, potentials of first, potentials of second), the last three as Blocks.");

static PyObject *core_matching(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *operands[2];
  int ground_norm, essential, watch_signals;
  double order, distance = 0;
  if (!PyArg_ParseTuple(args, "OOdiip:matching", &operands[0], &operands[1], &order, &ground_norm,
                        &essential, &watch_signals))
    return NULL;
  PointLists pair;
  if (point_lists_open(&pair, 2) != 0) return NULL;
  Block *potentials[2] = {NULL, NULL}, *rows = NULL;
  PyObject *result = NULL;
  int failed = 0;
  for (int i = 0; i < 2 && !failed; i++) {
    failed = read_operand(state, &pair, i, operands[i], essential == TOPOLOSS_ESSENTIAL_EXTREME);
    if (!failed) potentials[i] = block_new(state->block_type, 1, &pair.counts[i], "d");
    failed = potentials[i] == NULL;
  }
  int64_t *partners = failed ? NULL : PyMem_Calloc((size_t)pair.counts[0], sizeof *partners);
  if (partners != NULL) {
    SignalWatch watch = {NULL, 0};
    topoloss_distance_options options;
    topoloss_distance_options_init(&options);
    options.order = order;
    options.ground_norm = ground_norm;
    options.essential_classes = remaining_essential(essential);
    options.should_cancel = watch_signals ? poll_signals : NULL;
    options.context = &watch;
    topoloss_error error = {.struct_size = sizeof error};
    watch.thread = PyEval_SaveThread();
    topoloss_status status = topoloss_wasserstein_matching(
        pair.points[0], pair.counts[0], pair.points[1], pair.counts[1], &options, &distance,
        partners, potentials[0]->data, potentials[1]->data, &error);
    PyEval_RestoreThread(watch.thread);
    if (check_outcome(state, &watch, status, &error) == 0)
      rows = matching_block(state, &pair, options.essential_classes, partners);
    if (rows != NULL)
      result = Py_BuildValue("(dOOO)", distance, rows, potentials[0], potentials[1]);
  } else if (!failed) {
    PyErr_NoMemory();
  }
  PyMem_Free(partners);
  Py_XDECREF((PyObject *)rows);
  Py_XDECREF((PyObject *)potentials[0]);
  Py_XDECREF((PyObject *)potentials[1]);
  point_lists_close(&pair);
  return result;
}

/* ---------------------------------------------------------------- one diagram */

/* The total persistence of that order or, with NULL, the persistent entropy. */
static PyObject *number_of_diagram(const CoreState *state, PyObject *diagram, const double *order) {
  PointLists one;
  if (point_lists_open(&one, 1) != 0) return NULL;
  if (point_lists_read(state, &one, 0, diagram) != 0) {
    point_lists_close(&one);
    return NULL;
  }
  const double *points = one.points[0];
  double value = 0;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status;
  Py_BEGIN_ALLOW_THREADS
  status = order != NULL
               ? topoloss_total_persistence(points, one.counts[0], *order, &value, &error)
               : topoloss_persistent_entropy(points, one.counts[0], &value, &error);
  Py_END_ALLOW_THREADS
  point_lists_close(&one);
  if (status != TOPOLOSS_OK) return raise_error(state, status, &error);
  return PyFloat_FromDouble(value);
}

PyDoc_STRVAR(total_persistence_doc, "total_persistence(diagram, order, /)\n--\n\n"
"Sum of |death - birth|^order over a buffer of points.");

static PyObject *core_total_persistence(PyObject *module, PyObject *args) {
  PyObject *diagram;
  double order;
  if (!PyArg_ParseTuple(args, "Od:total_persistence", &diagram, &order)) return NULL;
  return number_of_diagram(PyModule_GetState(module), diagram, &order);
}

PyDoc_STRVAR(persistent_entropy_doc, "persistent_entropy(diagram, /)\n--\n\n"
"Entropy of the persistences of a buffer of points.");

static PyObject *core_persistent_entropy(PyObject *module, PyObject *diagram) {
  return number_of_diagram(PyModule_GetState(module), diagram, NULL);
}

#endif
