/* Settings, scores and their comparison: functions of the trainer that need no handle.
 */
#ifndef TOPOLOSS_CORE_SCORES_H
#define TOPOLOSS_CORE_SCORES_H

static topoloss_status settings_text(void *context, char *text, int64_t capacity, int64_t *length,
                                     topoloss_error *error) {
  return topoloss_settings(context, text, capacity, length, error);
}

PyDoc_STRVAR(settings_doc, "settings(text, /)\n--\n\n"
"Settings as JSON, checked and complete; ConfigError for bad ones.");

static PyObject *core_settings(PyObject *module, PyObject *object) {
  CoreState state = *(const CoreState *)PyModule_GetState(module);
  const char *text = text_of(object);
  if (text == NULL) return NULL;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status = topoloss_settings(text, NULL, 0, NULL, &error);
  /* What is wrong with an argument of this function is wrong with the configuration. */
  if (status == TOPOLOSS_EARGUMENT) {
    PyObject *message = PyUnicode_DecodeUTF8(error.message, (Py_ssize_t)strlen(error.message), "replace");
    if (message != NULL) PyErr_SetObject(state.config_error, message);
    Py_XDECREF(message);
    return NULL;
  }
  return copied_text(&state, settings_text, (void *)text);
}

PyDoc_STRVAR(measure_names_doc, "measure_names()\n--\n\nThe columns of evaluate(), as a list.");

static PyObject *core_measure_names(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  PyObject *names = PyList_New(0);
  const char *name;
  for (int32_t i = 0; names != NULL && (name = topoloss_measure_name(i)) != NULL; i++) {
    PyObject *text = PyUnicode_FromString(name);
    if (text == NULL || PyList_Append(names, text) != 0) Py_CLEAR(names);
    Py_XDECREF(text);
  }
  return names;
}

typedef struct {
  const char *settings;
  const topoloss_array *predictions, *truths;
  double *scores;
} EvaluateCall;

static topoloss_status run_evaluate(void *context, const topoloss_run_options *options,
                                    topoloss_error *error) {
  const EvaluateCall *call = context;
  return topoloss_evaluate(call->settings, call->predictions, call->truths, options, call->scores,
                           error);
}

PyDoc_STRVAR(evaluate_doc,
"evaluate(settings, predictions, truths, threads, max_memory, watch_signals, /)\n--\n\n"
"A Block (n, measures) of float64: one row per cell.");

static PyObject *core_evaluate(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  const char *settings;
  PyObject *predictions, *truths;
  int threads, watch_signals;
  unsigned long long max_memory;
  if (!PyArg_ParseTuple(args, "sOOiKp:evaluate", &settings, &predictions, &truths, &threads,
                        &max_memory, &watch_signals))
    return NULL;
  HeldCells held; /* two arrays of any kind */
  if (held_cells_open(&held, predictions, truths, NULL) != 0) return NULL;
  int64_t shape[2] = {held.arrays[0].shape[0], 0};
  while (topoloss_measure_name((int32_t)shape[1]) != NULL) shape[1]++;
  Block *scores = block_new(state->block_type, 2, shape, "d");
  if (scores != NULL) {
    EvaluateCall call = {settings, &held.arrays[0].array, &held.arrays[1].array, scores->data};
    SignalWatch watch = {NULL, 0};
    topoloss_run_options options;
    read_means(&options, threads, max_memory);
    if (run_call(state, run_evaluate, &call, &watch, &options, watch_signals) != 0)
      Py_CLEAR(scores);
  }
  held_cells_close(&held);
  return (PyObject *)scores;
}

PyDoc_STRVAR(folds_doc, "folds(names, folds, seed, /)\n--\n\n"
"The part of a cross-validation that each of the named cells is in, as a list.");

static PyObject *core_folds(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *names;
  int folds;
  unsigned long long seed;
  if (!PyArg_ParseTuple(args, "O!iK:folds", &PyList_Type, &names, &folds, &seed)) return NULL;
  Texts texts;
  if (texts_open(&texts, names) != 0) return NULL;
  Py_ssize_t count = texts.count;
  int32_t *parts = PyMem_Calloc((size_t)count + 1, sizeof *parts);
  PyObject *list = NULL;
  if (parts == NULL) {
    PyErr_NoMemory();
  } else {
    topoloss_error error = {.struct_size = sizeof error};
    topoloss_status status = topoloss_folds(texts.texts, count, folds, seed, parts, &error);
    list = status == TOPOLOSS_OK ? PyList_New(count) : raise_error(state, status, &error);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
      PyObject *part = PyLong_FromLong(parts[i]);
      if (part == NULL || PyList_SetItem(list, i, part) != 0) Py_CLEAR(list);
    }
  }
  PyMem_Free(parts);
  texts_close(&texts);
  return list;
}

typedef struct {
  const char *baseline, *candidate, *title;
  int format;
} CompareCall;

static topoloss_status compare_text(void *context, char *text, int64_t capacity, int64_t *length,
                                    topoloss_error *error) {
  const CompareCall *call = context;
  return topoloss_compare(call->baseline, call->candidate, call->title, call->format, text,
                          capacity, length, error);
}

PyDoc_STRVAR(compare_doc, "compare(baseline, candidate, title, format, /)\n--\n\n"
"Two tables of scores as CSV, compared; format 0 text, 1 CSV, 2 Markdown.");

static PyObject *core_compare(PyObject *module, PyObject *args) {
  CompareCall call;
  if (!PyArg_ParseTuple(args, "sssi:compare", &call.baseline, &call.candidate, &call.title,
                        &call.format))
    return NULL;
  return copied_text(PyModule_GetState(module), compare_text, &call);
}

#endif
