/* Trainings as Python objects: each holds its handle of the library and the arrays that it reads.
 */
#ifndef TOPOLOSS_CORE_TRAINING_H
#define TOPOLOSS_CORE_TRAINING_H

/* ---------------------------------------------------------------- trainings */

typedef struct {
  PyObject_HEAD
  topoloss_training *handle;
  HeldCells *cells; /* the library reads them in every epoch */
} Training;

static void training_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  Training *training = (Training *)self;
  topoloss_training_destroy(training->handle);
  if (training->cells != NULL) held_cells_close(training->cells);
  PyMem_Free(training->cells);
  PyObject_Free(self);
  Py_DECREF(type);
}

typedef struct {
  const char *settings;
  const topoloss_cells *cells;
  const topoloss_split *split;
  topoloss_training **handle;
} CreateCall;

static topoloss_status run_create(void *context, const topoloss_run_options *options,
                                  topoloss_error *error) {
  const CreateCall *call = context;
  return topoloss_training_create(call->settings, call->cells, call->split, options, call->handle,
                                  error);
}

static Training *new_training(const CoreState *state) {
  Training *training = PyObject_New(Training, (PyTypeObject *)state->training_type);
  if (training == NULL) return NULL;
  training->handle = NULL;
  training->cells = PyMem_Calloc(1, sizeof *training->cells);
  if (training->cells == NULL) {
    PyErr_NoMemory();
    Py_CLEAR(training);
  }
  return training;
}

PyDoc_STRVAR(training_doc,
"training(settings, images, masks, objects, names, train, validation, test, threads, max_memory,\n"
"         watch_signals, /)\n--\n\n"
"A Training that has not begun. settings: JSON; names: a list of str, or None; train, validation,\n"
"test: bytes of int64.");

static PyObject *core_training(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *images, *masks, *objects, *names;
  const char *settings;
  Py_buffer lists[3];
  int threads, watch_signals;
  unsigned long long max_memory;
  if (!PyArg_ParseTuple(args, "sOOOOy*y*y*iKp:training", &settings, &images, &masks, &objects,
                        &names, &lists[0], &lists[1], &lists[2], &threads, &max_memory,
                        &watch_signals))
    return NULL;
  Training *training = new_training(state);
  Texts texts = {NULL, NULL, 0};
  if (training != NULL && held_cells_open(training->cells, images, masks, objects) == 0 &&
      texts_open(&texts, names) == 0) {
    topoloss_cells *cells = &training->cells->cells;
    int64_t count = training->cells->arrays[0].shape[0];
    if (texts.items != NULL && texts.count != count) {
      PyErr_Format(PyExc_ValueError, "%zd names for %lld cells", texts.count,
                   (long long)count);
      Py_CLEAR(training);
    } else {
      cells->names = texts.texts;
      const Py_ssize_t size = sizeof(int64_t);
      topoloss_split split = {sizeof split,
                              lists[0].buf, lists[0].len / size,
                              lists[1].buf, lists[1].len / size,
                              lists[2].buf, lists[2].len / size};
      CreateCall call = {settings, cells, &split, &training->handle};
      SignalWatch watch = {NULL, 0};
      topoloss_run_options options;
      read_means(&options, threads, max_memory);
      if (run_call(state, run_create, &call, &watch, &options, watch_signals) != 0)
        Py_CLEAR(training);
      else
        cells->names = NULL; /* the library has copies */
    }
  } else {
    Py_CLEAR(training);
  }
  texts_close(&texts);
  for (int i = 0; i < 3; i++) PyBuffer_Release(&lists[i]);
  return (PyObject *)training;
}

/* ---------------------------------------------------------------- progress */

static PyObject *losses_tuple(const topoloss_losses *losses) {
  return Py_BuildValue("(dddddd)", losses->total, losses->dice, losses->cross_entropy,
                       losses->topological, losses->adversarial, losses->discriminator);
}

static PyObject *report_tuple(const topoloss_report *report) {
  return Py_BuildValue("(iiLLLLiNNd)", report->event, report->stage, (long long)report->epoch,
                       (long long)report->epochs, (long long)report->step,
                       (long long)report->steps, report->is_best, losses_tuple(&report->train),
                       losses_tuple(&report->validation), report->learning_rate);
}

typedef struct {
  topoloss_training *handle;
  PyObject *progress; /* or NULL */
  SignalWatch *watch;
} FitCall;

/* Calls the Python function; an exception stays set and stops the training. */
static int32_t call_progress(const topoloss_report *report, void *context) {
  const FitCall *call = context;
  PyEval_RestoreThread(call->watch->thread);
  PyObject *tuple = report_tuple(report);
  PyObject *answer =
      tuple != NULL ? PyObject_CallFunctionObjArgs(call->progress, tuple, NULL) : NULL;
  call->watch->raised = answer == NULL;
  Py_XDECREF(tuple);
  Py_XDECREF(answer);
  call->watch->thread = PyEval_SaveThread();
  return call->watch->raised;
}

static topoloss_status run_fit(void *context, const topoloss_run_options *options,
                               topoloss_error *error) {
  FitCall *call = context;
  return topoloss_training_fit(call->handle, options, call->progress != NULL ? call_progress : NULL,
                               call, error);
}

PyDoc_STRVAR(training_fit_doc, "fit($self, progress, watch_signals, /)\n--\n\n"
"Goes on to the end. progress: None, or a function that gets a tuple (event, stage, epoch, epochs,\n"
"step, steps, is_best, train, validation, rate) after each step and epoch; train and validation\n"
"are (total, dice, cross entropy, topological, adversarial, discriminator).");

static PyObject *training_fit(PyObject *self, PyObject *args) {
  PyObject *progress;
  int watch_signals;
  if (!PyArg_ParseTuple(args, "Op:fit", &progress, &watch_signals)) return NULL;
  SignalWatch watch = {NULL, 0};
  FitCall call = {((Training *)self)->handle, progress != Py_None ? progress : NULL, &watch};
  topoloss_run_options options;
  topoloss_run_options_init(&options);
  if (run_call(state_of(self), run_fit, &call, &watch, &options, watch_signals) != 0) return NULL;
  return Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------- files and results */

typedef topoloss_status (*PathCall)(topoloss_training *training, const char *path,
                                    topoloss_error *error);

static PyObject *with_path(PyObject *self, PyObject *args, PathCall call) {
  const char *path;
  if (!PyArg_ParseTuple(args, "y", &path)) return NULL;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status;
  Py_BEGIN_ALLOW_THREADS
  status = call(((Training *)self)->handle, path, &error);
  Py_END_ALLOW_THREADS
  if (status != TOPOLOSS_OK) return raise_error(state_of(self), status, &error);
  return Py_NewRef(Py_None);
}

PyDoc_STRVAR(training_save_doc, "save($self, path, /)\n--\n\nWrites a checkpoint; the path as bytes.");

static PyObject *training_save(PyObject *self, PyObject *args) {
  return with_path(self, args, topoloss_training_save);
}

PyDoc_STRVAR(training_load_doc, "load($self, path, /)\n--\n\nGoes on from a checkpoint; the path as bytes.");

static PyObject *training_load(PyObject *self, PyObject *args) {
  return with_path(self, args, topoloss_training_load);
}

static topoloss_status training_log_text(void *context, char *text, int64_t capacity,
                                         int64_t *length, topoloss_error *error) {
  return topoloss_training_log(context, text, capacity, length, error);
}

PyDoc_STRVAR(training_log_doc, "log($self, /)\n--\n\nThe epochs that are done, one line of JSON each.");

static PyObject *training_log(PyObject *self, PyObject *unused) {
  (void)unused;
  return copied_text(state_of(self), training_log_text, ((Training *)self)->handle);
}

PyDoc_STRVAR(training_model_doc, "model($self, /)\n--\n\nA Model with the best weights so far.");

static PyObject *training_model(PyObject *self, PyObject *unused) {
  (void)unused;
  const CoreState *state = state_of(self);
  topoloss_model *handle = NULL;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status;
  Py_BEGIN_ALLOW_THREADS
  status = topoloss_training_model(((Training *)self)->handle, &handle, &error);
  Py_END_ALLOW_THREADS
  if (status != TOPOLOSS_OK) return raise_error(state, status, &error);
  return new_model(state, handle);
}

static PyMethodDef training_methods[] = {
    {"fit", training_fit, METH_VARARGS, training_fit_doc},
    {"save", training_save, METH_VARARGS, training_save_doc},
    {"load", training_load, METH_VARARGS, training_load_doc},
    {"log", training_log, METH_NOARGS, training_log_doc},
    {"model", training_model, METH_NOARGS, training_model_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot training_slots[] = {
    {Py_tp_dealloc, training_dealloc},
    {Py_tp_methods, training_methods},
    {Py_tp_doc, "The training of one network on one split; holds the arrays it reads."},
    {0, NULL},
};

static PyType_Spec training_spec = {
    .name = "topoloss_swift._core.Training",
    .basicsize = sizeof(Training),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = training_slots,
};

#endif
