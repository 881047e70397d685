/* From a topoloss_status to the Python exception of the error table (docs/reliability.md).
 */
#ifndef TOPOLOSS_CORE_ERRORS_H
#define TOPOLOSS_CORE_ERRORS_H

/* What one module object owns; every interpreter has its own. */
typedef struct {
  PyObject *block_type;
  PyObject *model_type;
  PyObject *training_type;
  PyObject *limit_error;
  PyObject *format_error;
  PyObject *unsupported_error;
  PyObject *corrupt_error;
  PyObject *config_error;
} CoreState;

static PyObject *exception_for(const CoreState *state, topoloss_status status) {
  switch (status) {
    case TOPOLOSS_EDTYPE: return PyExc_TypeError;
    case TOPOLOSS_ESHAPE:
    case TOPOLOSS_ENAN:
    case TOPOLOSS_EINF:
    case TOPOLOSS_EPATH:
    case TOPOLOSS_EARGUMENT: return PyExc_ValueError;
    case TOPOLOSS_ELIMIT: return state->limit_error;
    case TOPOLOSS_ENOMEM: return PyExc_MemoryError;
    case TOPOLOSS_EBUFFER: return PyExc_BufferError;
    case TOPOLOSS_EFORMAT: return state->format_error;
    case TOPOLOSS_EUNSUPPORTED: return state->unsupported_error;
    case TOPOLOSS_ECHECKSUM: return state->corrupt_error;
    case TOPOLOSS_EIO: return PyExc_OSError;
    case TOPOLOSS_EBUSY: return PyExc_BlockingIOError;
    case TOPOLOSS_ECANCELLED: return PyExc_KeyboardInterrupt;
    default: return PyExc_SystemError; /* TOPOLOSS_EINTERNAL: a defect of the library */
  }
}

/* Raises what `error` says, unless a signal handler has raised already. Returns NULL. */
static PyObject *raise_error(const CoreState *state, topoloss_status status,
                             const topoloss_error *error) {
  if (PyErr_Occurred()) return NULL;
  PyObject *exception = exception_for(state, status);
  size_t length = 0;
  while (length < sizeof error->message && error->message[length] != '\0') length++;
  const char *text = length > 0 ? error->message : topoloss_status_name(status);
  if (length == 0) length = strlen(text);
  PyObject *message = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "replace");
  if (message == NULL) return NULL;
  if (status == TOPOLOSS_EIO && error->system_error != 0) {
    /* OSError(errno, ...) is FileNotFoundError, PermissionError, ... */
    PyObject *pair = Py_BuildValue("(iN)", (int)error->system_error, message);
    if (pair != NULL) PyErr_SetObject(exception, pair);
    Py_XDECREF(pair);
    return NULL;
  }
  PyErr_SetObject(exception, message);
  Py_DECREF(message);
  return NULL;
}

/* Makes topoloss_swift.NAME(bases), adds it to the module and keeps it in *slot. */
static int add_exception(PyObject *module, PyObject **slot, const char *qualified_name,
                         const char *doc, PyObject *bases) {
  *slot = PyErr_NewExceptionWithDoc(qualified_name, doc, bases, NULL);
  if (*slot == NULL) return -1;
  return PyModule_AddObjectRef(module, strrchr(qualified_name, '.') + 1, *slot);
}

static int add_exceptions(PyObject *module, CoreState *state) {
  PyObject *bases = PyTuple_Pack(2, PyExc_ValueError, PyExc_OverflowError);
  if (bases == NULL) return -1;
  int failed = add_exception(module, &state->limit_error, "topoloss_swift.LimitError",
                             "A size or a value is beyond a documented limit.", bases);
  Py_DECREF(bases);
  if (failed) return -1;
  if (add_exception(module, &state->format_error, "topoloss_swift.FormatError",
                    "A file is malformed.", PyExc_ValueError) != 0 ||
      add_exception(module, &state->unsupported_error, "topoloss_swift.UnsupportedError",
                    "A file is valid, but uses a feature that is not supported.",
                    state->format_error) != 0 ||
      add_exception(module, &state->corrupt_error, "topoloss_swift.CorruptError",
                    "The checksum of a file does not match its content.",
                    state->format_error) != 0 ||
      add_exception(module, &state->config_error, "topoloss_swift.ConfigError",
                    "A configuration holds an unknown key or a value out of range.",
                    PyExc_ValueError) != 0)
    return -1;
  return 0;
}

#endif
