/* From any object with the buffer protocol to a topoloss_array.
 *
 * An exporter is never believed: what it says must fit together, or the call ends with
 * BufferError before one element is read. Element types that are not real numbers of at
 * most 64 bits are a TypeError.
 */
#ifndef TOPOLOSS_CORE_ARRAY_H
#define TOPOLOSS_CORE_ARRAY_H

enum { MAX_AXES = 64 };

/* A held Py_buffer and its description for the library. */
typedef struct {
  Py_buffer view;
  topoloss_array array;
  int64_t shape[MAX_AXES];
  int64_t strides[MAX_AXES];
} InputArray;

/* The one-letter codes of PEP 3118 that are numbers this library reads. */
static const struct element_code {
  char code;
  char kind;            /* '?' truth value, 'i' signed, 'u' unsigned, 'f' floating point */
  int8_t native_size;   /* without a prefix or with '@' */
  int8_t standard_size; /* after '=', '<', '>' or '!'; 0: not allowed there */
} element_codes[] = {
    {'?', '?', sizeof(_Bool), 1},       {'b', 'i', 1, 1},
    {'B', 'u', 1, 1},                   {'h', 'i', sizeof(short), 2},
    {'H', 'u', sizeof(short), 2},       {'i', 'i', sizeof(int), 4},
    {'I', 'u', sizeof(int), 4},         {'l', 'i', sizeof(long), 4},
    {'L', 'u', sizeof(long), 4},        {'q', 'i', sizeof(long long), 8},
    {'Q', 'u', sizeof(long long), 8},   {'n', 'i', sizeof(Py_ssize_t), 0},
    {'N', 'u', sizeof(size_t), 0},      {'e', 'f', 2, 2},
    {'f', 'f', sizeof(float), 4},       {'d', 'f', sizeof(double), 8},
};

static int32_t dtype_of(char kind, int size) {
  switch (kind) {
    case '?': return TOPOLOSS_BOOL;
    case 'i': return size == 1   ? TOPOLOSS_INT8
                     : size == 2 ? TOPOLOSS_INT16
                     : size == 4 ? TOPOLOSS_INT32
                                 : TOPOLOSS_INT64;
    case 'u': return size == 1   ? TOPOLOSS_UINT8
                     : size == 2 ? TOPOLOSS_UINT16
                     : size == 4 ? TOPOLOSS_UINT32
                                 : TOPOLOSS_UINT64;
    default: return size == 2 ? TOPOLOSS_FLOAT16 : size == 4 ? TOPOLOSS_FLOAT32 : TOPOLOSS_FLOAT64;
  }
}

static int is_big_endian(void) {
  const uint16_t one = 1;
  return *(const uint8_t *)&one == 0;
}

/* Fills in dtype and byte order. PEP 3118: no format at all means unsigned bytes. */
static int read_element_type(topoloss_array *array, const char *format, Py_ssize_t itemsize) {
  const char *code = format != NULL ? format : "B";
  char order = '@';
  if (*code != '\0' && strchr("@=<>!", *code) != NULL) order = *code++;
  const struct element_code *found = NULL;
  for (size_t i = 0; i < sizeof element_codes / sizeof *element_codes; i++)
    if (code[0] == element_codes[i].code && code[1] == '\0') found = &element_codes[i];
  int size = found == NULL ? 0 : order == '@' ? found->native_size : found->standard_size;
  if (size == 0) {
    PyErr_Format(PyExc_TypeError,
                 "elements of buffer format '%.40s' cannot be read as numbers; expected bool, "
                 "an integer of 8 to 64 bits, or float16, float32 or float64",
                 format != NULL ? format : "B");
    return -1;
  }
  if (itemsize != size) {
    PyErr_Format(PyExc_BufferError, "buffer format '%.40s' means %d bytes, but its itemsize is %zd",
                 format != NULL ? format : "B", size, itemsize);
    return -1;
  }
  array->dtype = dtype_of(found->kind, size);
  int big = order == '>' || order == '!' || ((order == '@' || order == '=') && is_big_endian());
  array->byte_swapped = size > 1 && big != is_big_endian();
  return 0;
}

/* Copies the extents and strides, and checks them against the length in bytes. */
static int read_axes(InputArray *input) {
  const Py_buffer *view = &input->view;
  if (view->ndim == 0) {
    PyErr_SetString(PyExc_ValueError,
                    "the array has no axes (0-d): one number is neither volume nor diagram");
    return -1;
  }
  if (view->ndim < 0 || view->ndim > MAX_AXES || view->shape == NULL) {
    PyErr_Format(PyExc_BufferError, "the buffer has %d axes and %s shape; expected 1 to %d axes",
                 view->ndim, view->shape == NULL ? "no" : "a", MAX_AXES);
    return -1;
  }
  Py_ssize_t bytes = view->itemsize;
  int overflows = 0, empty = 0;
  for (int i = 0; i < view->ndim; i++) {
    Py_ssize_t extent = view->shape[i];
    if (extent < 0) {
      PyErr_Format(PyExc_BufferError, "axis %d of the buffer has a negative extent, %zd", i,
                   extent);
      return -1;
    }
    if (view->suboffsets != NULL && view->suboffsets[i] >= 0) {
      PyErr_SetString(PyExc_BufferError,
                      "the buffer is a table of pointers (suboffsets); pass one block of memory");
      return -1;
    }
    empty |= extent == 0;
    overflows |= __builtin_mul_overflow(bytes, extent, &bytes);
    input->shape[i] = extent;
    if (view->strides != NULL) input->strides[i] = view->strides[i];
  }
  /* A length that overflows, or an empty axis, is for the library to name. */
  if (!overflows && !empty && (bytes != view->len || view->buf == NULL)) {
    PyErr_Format(PyExc_BufferError, "the buffer's shape means %zd bytes, but it has %zd", bytes,
                 view->buf == NULL ? (Py_ssize_t)0 : view->len);
    return -1;
  }
  return 0;
}

/* An exporter may refuse in its own words: TypeError, BufferError and MemoryError pass,
 * any other error (NumPy: ValueError for datetime64) becomes the cause of a TypeError.
 * What is no Exception, such as KeyboardInterrupt, passes too. */
static void explain_refusal(PyObject *object) {
  if (!PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(PyExc_TypeError) ||
      PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_MemoryError))
    return;
  PyObject *type, *cause, *traceback, *name;
  PyErr_Fetch(&type, &cause, &traceback);
  PyErr_NormalizeException(&type, &cause, &traceback);
  name = PyType_GetName(Py_TYPE(object));
  if (name != NULL)
    PyErr_Format(PyExc_TypeError, "%U cannot be read as an array: %S", name, cause);
  Py_XDECREF(name);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  PyErr_Fetch(&type, &name, &traceback);
  PyErr_NormalizeException(&type, &name, &traceback);
  PyException_SetCause(name, cause); /* takes over `cause` */
  PyErr_Restore(type, name, traceback);
}

/* Gives the buffer back. The exporter may run Python code for that, which must not meet the
 * exception that may be on its way. */
static void input_array_close(InputArray *input) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyBuffer_Release(&input->view);
  PyErr_Restore(type, value, traceback);
}

/* Takes hold of the object's buffer; on success the caller ends with input_array_close. */
static int input_array_open(InputArray *input, PyObject *object) {
  memset(&input->array, 0, sizeof input->array);
  if (PyObject_GetBuffer(object, &input->view, PyBUF_FULL_RO) != 0) {
    explain_refusal(object);
    return -1;
  }
  if (read_element_type(&input->array, input->view.format, input->view.itemsize) != 0 ||
      read_axes(input) != 0) {
    input_array_close(input);
    return -1;
  }
  input->array.struct_size = sizeof input->array;
  input->array.data = input->view.buf;
  input->array.rank = input->view.ndim;
  input->array.shape = input->shape;
  input->array.strides = input->view.strides != NULL ? input->strides : NULL;
  return 0;
}

/* ---------------------------------------------------------------- results of its kind */

/* The format of a floating-point array's results; float64 is that of all others. */
static const char *format_of(int32_t dtype) {
  return dtype == TOPOLOSS_FLOAT16 ? "e" : dtype == TOPOLOSS_FLOAT32 ? "f" : "d";
}

static int is_floating(const InputArray *input) {
  return input->array.dtype >= TOPOLOSS_FLOAT16 && input->array.dtype <= TOPOLOSS_FLOAT64;
}

/* The array's shape with other extents at its last `spatial_dims` axes; with `at_most`, 0 and what
 * is more than the extent stand for the extent. */
static void with_extents(int64_t *shape, const InputArray *input, int spatial_dims,
                         const int64_t *extents, int at_most) {
  int axes = input->array.rank;
  memcpy(shape, input->shape, (size_t)axes * sizeof *shape);
  for (int i = 0; i < spatial_dims; i++) {
    int64_t *extent = &shape[axes - spatial_dims + i];
    if (!at_most || (0 < extents[i] && extents[i] < *extent)) *extent = extents[i];
  }
}

/* The array's extents as a Python tuple. */
static PyObject *shape_tuple(const InputArray *input) {
  PyObject *shape = PyTuple_New(input->array.rank);
  for (int i = 0; shape != NULL && i < input->array.rank; i++) {
    PyObject *extent = PyLong_FromLongLong(input->shape[i]);
    if (extent == NULL || PyTuple_SetItem(shape, i, extent) != 0) Py_CLEAR(shape);
  }
  return shape;
}

/* Number of volumes: the product of the leading axes; -1 with LimitError when that overflows. */
static int64_t count_volumes(const CoreState *state, const InputArray *input, int spatial_dims) {
  int64_t volumes = 1;
  int overflows = 0;
  for (int i = 0; i < input->array.rank - spatial_dims; i++)
    overflows |= __builtin_mul_overflow(volumes, input->shape[i], &volumes);
  if (!overflows) return volumes;
  PyErr_SetString(state->limit_error, "the number of volumes in the batch overflows");
  return -1;
}

#endif
