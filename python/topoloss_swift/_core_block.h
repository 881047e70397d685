/* Block: the memory of one result, seen through the buffer protocol as an array in C order.
 *
 * A type of its own, because no standard object can show shape (0, 2): memoryview.cast
 * refuses zero extents, and an empty diagram is an everyday result. NumPy arrays and
 * memoryviews made from a Block keep it alive; nothing is copied.
 */
#ifndef TOPOLOSS_CORE_BLOCK_H
#define TOPOLOSS_CORE_BLOCK_H

typedef struct {
  PyObject_HEAD
  void *data;
  Py_ssize_t bytes;
  int rank;
  const char *format; /* "e", "f", "d" or "q", static memory */
  Py_ssize_t *shape;  /* `rank` extents, followed by `rank` strides */
} Block;

static Py_ssize_t format_bytes(const char *format) {
  return *format == 'e' ? 2 : *format == 'f' ? 4 : 8;
}

/* Sets shape, strides and length in bytes; -1 when the length overflows. */
static int block_set_shape(Block *block, const int64_t *extents) {
  Py_ssize_t bytes = format_bytes(block->format);
  int overflows = 0;
  for (int i = block->rank - 1; i >= 0; i--) {
    block->shape[i] = (Py_ssize_t)extents[i];
    block->shape[block->rank + i] = bytes; /* the stride; an empty array needs none that is right */
    overflows |= extents[i] < 0 || __builtin_mul_overflow(bytes, extents[i], &bytes);
  }
  block->bytes = bytes;
  return overflows ? -1 : 0;
}

/* A new Block full of zeros. Of a large one, the system gives out a page of memory only when
 * something is written to it. MemoryError when refused. */
static Block *block_new(PyObject *type, int rank, const int64_t *extents, const char *format) {
  Block *block = PyObject_New(Block, (PyTypeObject *)type);
  if (block == NULL) return NULL;
  block->data = NULL;
  block->rank = rank;
  block->format = format;
  block->shape = PyMem_Malloc(2 * (size_t)rank * sizeof *block->shape);
  if (block->shape == NULL) {
    PyErr_NoMemory();
  } else if (block_set_shape(block, extents) != 0) {
    PyErr_SetString(PyExc_MemoryError, "the result has more bytes than can be addressed");
  } else if ((block->data = PyMem_Calloc(1, (size_t)block->bytes)) == NULL) {
    PyErr_Format(PyExc_MemoryError, "memory refused for a result: %zd bytes needed", block->bytes);
  }
  if (block->data == NULL) {
    Py_DECREF(block);
    return NULL;
  }
  return block;
}

/* A new Block of shape (pairs, 2). */
static Block *block_of_pairs(PyObject *type, int64_t pairs, const char *format) {
  return block_new(type, 2, (int64_t[]){pairs, 2}, format);
}

static void block_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyMem_Free(((Block *)self)->data);
  PyMem_Free(((Block *)self)->shape);
  PyObject_Free(self);
  Py_DECREF(type);
}

/* With at most one axis longer than 1, column-major order is the same as C order. */
static int is_also_column_major(const Block *block) {
  int long_axes = 0;
  for (int i = 0; i < block->rank; i++) long_axes += block->shape[i] > 1;
  return long_axes < 2 || block->bytes == 0;
}

static int block_getbuffer(PyObject *self, Py_buffer *view, int flags) {
  Block *block = (Block *)self;
  int column_major = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;
  if (column_major && !is_also_column_major(block)) {
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, "a result lies in C order");
    return -1;
  }
  int with_shape = (flags & PyBUF_ND) == PyBUF_ND;
  int with_strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES;
  Py_INCREF(self);
  view->obj = self;
  view->buf = block->data;
  view->len = block->bytes;
  view->itemsize = format_bytes(block->format);
  view->readonly = 0;
  view->ndim = with_shape ? block->rank : 1;
  view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? (char *)block->format : NULL;
  view->shape = with_shape ? block->shape : NULL;
  view->strides = with_strides ? block->shape + block->rank : NULL;
  view->suboffsets = NULL;
  view->internal = NULL;
  return 0;
}

static PyType_Slot block_slots[] = {
    {Py_tp_dealloc, block_dealloc},
    {Py_bf_getbuffer, block_getbuffer},
    {Py_tp_doc, "Memory of a result: a buffer of float16, float32, float64 or int64 in C order."},
    {0, NULL},
};

static PyType_Spec block_spec = {
    .name = "topoloss_swift._core.Block",
    .basicsize = sizeof(Block),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = block_slots,
};

#endif
