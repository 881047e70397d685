/* What calls of the trainer share (texts, cells), and models as Python objects.
 */
#ifndef TOPOLOSS_CORE_MODEL_H
#define TOPOLOSS_CORE_MODEL_H

/* ---------------------------------------------------------------- texts and lists */

/* The text of a str as C has it, valid while the object lives; NULL with ValueError if it holds a NUL. */
static const char *text_of(PyObject *object) {
  Py_ssize_t length;
  const char *text = PyUnicode_AsUTF8AndSize(object, &length);
  if (text == NULL || strlen(text) == (size_t)length) return text;
  PyErr_SetString(PyExc_ValueError, "the text holds a NUL character");
  return NULL;
}

/* The texts of a list of str as it is now: another thread may change the list while they are read. */
typedef struct {
  PyObject *items;    /* a tuple that keeps them; NULL for None */
  const char **texts; /* NULL for None */
  Py_ssize_t count;
} Texts;

static void texts_close(Texts *texts) {
  PyMem_Free(texts->texts);
  Py_CLEAR(texts->items);
}

/* On success the caller ends with texts_close; -1 with an exception. */
static int texts_open(Texts *texts, PyObject *list) {
  *texts = (Texts){NULL, NULL, 0};
  if (list == Py_None) return 0;
  if ((texts->items = PyList_AsTuple(list)) == NULL) return -1;
  texts->count = PyTuple_Size(texts->items);
  texts->texts = PyMem_Malloc(((size_t)texts->count + 1) * sizeof *texts->texts);
  if (texts->texts == NULL) PyErr_NoMemory();
  int failed = texts->texts == NULL;
  for (Py_ssize_t i = 0; !failed && i < texts->count; i++)
    failed = (texts->texts[i] = text_of(PyTuple_GetItem(texts->items, i))) == NULL;
  if (failed) texts_close(texts);
  return failed ? -1 : 0;
}

/* Copies a text out of the library, by as many calls as it takes. */
typedef topoloss_status (*TextCall)(void *context, char *text, int64_t capacity, int64_t *length,
                                    topoloss_error *error);

static PyObject *copied_text(const CoreState *state, TextCall call, void *context) {
  topoloss_error error = {.struct_size = sizeof error};
  int64_t capacity = 1 << 14, length = 0;
  char *text = NULL;
  topoloss_status status;
  do {
    char *larger = PyMem_Realloc(text, (size_t)capacity);
    if (larger == NULL) {
      PyMem_Free(text);
      return PyErr_NoMemory();
    }
    text = larger;
    Py_BEGIN_ALLOW_THREADS
    status = call(context, text, capacity, &length, &error);
    Py_END_ALLOW_THREADS
    capacity = length + 1;
  } while (status == TOPOLOSS_EBUFFER);
  PyObject *result = status == TOPOLOSS_OK ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "strict")
                                           : raise_error(state, status, &error);
  PyMem_Free(text);
  return result;
}

/* Runs `call` without the GIL, with signals answered; -1 with an exception. */
typedef topoloss_status (*RunCall)(void *context, const topoloss_run_options *options,
                                   topoloss_error *error);

static int run_call(const CoreState *state, RunCall call, void *context, SignalWatch *watch,
                    topoloss_run_options *options, int watch_signals) {
  options->should_cancel = watch_signals ? poll_signals : NULL;
  options->context = watch;
  topoloss_error error = {.struct_size = sizeof error};
  watch->thread = PyEval_SaveThread();
  topoloss_status status = call(context, options, &error);
  PyEval_RestoreThread(watch->thread);
  return check_outcome(state, watch, status, &error);
}

static void read_means(topoloss_run_options *options, int threads, unsigned long long max_memory) {
  topoloss_run_options_init(options);
  options->threads = threads;
  options->max_memory = max_memory;
}

/* ---------------------------------------------------------------- cells */

/* Images, masks and objects of cells, held as long as they are read. */
typedef struct {
  InputArray arrays[3];
  int count;
  topoloss_cells cells;
} HeldCells;

static void held_cells_close(HeldCells *held) {
  while (held->count > 0) input_array_close(&held->arrays[--held->count]);
}

/* On success the caller ends with held_cells_close. `objects` may be NULL. */
static int held_cells_open(HeldCells *held, PyObject *images, PyObject *masks, PyObject *objects) {
  PyObject *given[3] = {images, masks, objects};
  memset(&held->cells, 0, sizeof held->cells);
  held->cells.struct_size = sizeof held->cells;
  const topoloss_array **fields[3] = {&held->cells.images, &held->cells.masks,
                                      &held->cells.objects};
  for (held->count = 0; held->count < 3 && given[held->count] != NULL; held->count++) {
    if (input_array_open(&held->arrays[held->count], given[held->count]) != 0) {
      held_cells_close(held);
      return -1;
    }
    *fields[held->count] = &held->arrays[held->count].array;
  }
  return 0;
}

/* ---------------------------------------------------------------- models */

typedef struct {
  PyObject_HEAD
  topoloss_model *handle;
} Model;

static void model_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  topoloss_model_destroy(((Model *)self)->handle);
  PyObject_Free(self);
  Py_DECREF(type);
}

static const CoreState *state_of(PyObject *self) { return PyType_GetModuleState(Py_TYPE(self)); }

/* A Model that owns the handle; NULL with an exception, and then the handle is destroyed. */
static PyObject *new_model(const CoreState *state, topoloss_model *handle) {
  Model *model = PyObject_New(Model, (PyTypeObject *)state->model_type);
  if (model == NULL) topoloss_model_destroy(handle);
  else model->handle = handle;
  return (PyObject *)model;
}

PyDoc_STRVAR(model_load_doc, "model_load(path, threads, max_memory, /)\n--\n\n"
"The Model that a safetensors file holds; the path as bytes.");

static PyObject *core_model_load(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  const char *path;
  int threads;
  unsigned long long max_memory;
  if (!PyArg_ParseTuple(args, "yiK:model_load", &path, &threads, &max_memory)) return NULL;
  topoloss_run_options options;
  read_means(&options, threads, max_memory);
  topoloss_model *handle = NULL;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status;
  Py_BEGIN_ALLOW_THREADS
  status = topoloss_model_load(path, &options, &handle, &error);
  Py_END_ALLOW_THREADS
  if (status != TOPOLOSS_OK) return raise_error(state, status, &error);
  return new_model(state, handle);
}

PyDoc_STRVAR(model_save_doc, "save($self, path, /)\n--\n\nWrites the weights; the path as bytes.");

static PyObject *model_save(PyObject *self, PyObject *args) {
  const char *path;
  if (!PyArg_ParseTuple(args, "y:save", &path)) return NULL;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status;
  Py_BEGIN_ALLOW_THREADS
  status = topoloss_model_save(((Model *)self)->handle, path, &error);
  Py_END_ALLOW_THREADS
  if (status != TOPOLOSS_OK) return raise_error(state_of(self), status, &error);
  return Py_NewRef(Py_None);
}

static topoloss_status model_settings_text(void *context, char *text, int64_t capacity,
                                           int64_t *length, topoloss_error *error) {
  return topoloss_model_settings(context, text, capacity, length, error);
}

PyDoc_STRVAR(model_settings_doc, "settings($self, /)\n--\n\nThe settings it was trained with, as JSON.");

static PyObject *model_settings(PyObject *self, PyObject *unused) {
  (void)unused;
  return copied_text(state_of(self), model_settings_text, ((Model *)self)->handle);
}

typedef struct {
  topoloss_model *model;
  const topoloss_cells *cells;
  float *volumes;
} PredictCall;

static topoloss_status run_predict(void *context, const topoloss_run_options *options,
                                   topoloss_error *error) {
  const PredictCall *call = context;
  return topoloss_model_predict(call->model, call->cells, options, call->volumes, error);
}

PyDoc_STRVAR(model_predict_doc, "predict($self, images, masks, watch_signals, /)\n--\n\n"
"The probabilities of (n, 64, h, w), a Block of float32.");

static PyObject *model_predict(PyObject *self, PyObject *args) {
  const CoreState *state = state_of(self);
  PyObject *images, *masks;
  int watch_signals;
  if (!PyArg_ParseTuple(args, "OOp:predict", &images, &masks, &watch_signals)) return NULL;
  HeldCells held;
  if (held_cells_open(&held, images, masks, NULL) != 0) return NULL;
  const InputArray *input = &held.arrays[0];
  /* What is no image is for the library to name: it looks before it writes. */
  int64_t shape[4] = {0, 64, 0, 0};
  if (input->array.rank == 3) {
    shape[0] = input->shape[0];
    shape[2] = input->shape[1];
    shape[3] = input->shape[2];
  }
  Block *volumes = block_new(state->block_type, 4, shape, "f");
  if (volumes != NULL) {
    PredictCall call = {((Model *)self)->handle, &held.cells, volumes->data};
    SignalWatch watch = {NULL, 0};
    topoloss_run_options options;
    topoloss_run_options_init(&options);
    if (run_call(state, run_predict, &call, &watch, &options, watch_signals) != 0)
      Py_CLEAR(volumes);
  }
  held_cells_close(&held);
  return (PyObject *)volumes;
}

static PyMethodDef model_methods[] = {
    {"save", model_save, METH_VARARGS, model_save_doc},
    {"settings", model_settings, METH_NOARGS, model_settings_doc},
    {"predict", model_predict, METH_VARARGS, model_predict_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot model_slots[] = {
    {Py_tp_dealloc, model_dealloc},
    {Py_tp_methods, model_methods},
    {Py_tp_doc, "A network with its weights."},
    {0, NULL},
};

static PyType_Spec model_spec = {
    .name = "topoloss_swift._core.Model",
    .basicsize = sizeof(Model),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = model_slots,
};

#endif
