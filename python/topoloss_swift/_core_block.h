/* Block: the memory of one result, n pairs of float64 or int64, seen through the buffer
 * protocol as an (n, 2) array.
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
  Py_ssize_t shape[2];
  Py_ssize_t strides[2];
  const char *format; /* "d" or "q", static memory */
} Block;

enum { PAIR_BYTES = 16 }; /* two float64 or two int64 */

/* A new Block for `pairs` pairs; its memory is not initialised. MemoryError when refused. */
static Block *block_new(PyObject *type, int64_t pairs, const char *format) {
  if (pairs < 0 || pairs > PY_SSIZE_T_MAX / PAIR_BYTES) {
    PyErr_Format(PyExc_MemoryError, "a diagram of %lld pairs cannot be held", (long long)pairs);
    return NULL;
  }
  Block *block = PyObject_New(Block, (PyTypeObject *)type);
  if (block == NULL) return NULL;
  block->shape[0] = (Py_ssize_t)pairs;
  block->shape[1] = 2;
  block->strides[0] = PAIR_BYTES;
  block->strides[1] = PAIR_BYTES / 2;
  block->format = format;
  block->data = PyMem_Malloc((size_t)pairs * PAIR_BYTES);
  if (block->data == NULL) {
    Py_DECREF(block);
    PyErr_Format(PyExc_MemoryError, "memory refused for a diagram: %lld bytes needed",
                 (long long)pairs * PAIR_BYTES);
    return NULL;
  }
  return block;
}

static void block_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyMem_Free(((Block *)self)->data);
  PyObject_Free(self);
  Py_DECREF(type);
}

static int block_getbuffer(PyObject *self, Py_buffer *view, int flags) {
  Block *block = (Block *)self;
  int column_major = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;
  if (column_major && block->shape[0] > 1) {
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, "the pairs of a diagram lie in C order");
    return -1;
  }
  int with_shape = (flags & PyBUF_ND) == PyBUF_ND;
  Py_INCREF(self);
  view->obj = self;
  view->buf = block->data;
  view->len = block->shape[0] * PAIR_BYTES;
  view->itemsize = PAIR_BYTES / 2;
  view->readonly = 0;
  view->ndim = with_shape ? 2 : 1;
  view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? (char *)block->format : NULL;
  view->shape = with_shape ? block->shape : NULL;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? block->strides : NULL;
  view->suboffsets = NULL;
  view->internal = NULL;
  return 0;
}

static PyType_Slot block_slots[] = {
    {Py_tp_dealloc, block_dealloc},
    {Py_bf_getbuffer, block_getbuffer},
    {Py_tp_doc, "Memory of n pairs, an (n, 2) buffer of float64 or int64."},
    {0, NULL},
};

static PyType_Spec block_spec = {
    .name = "topoloss_swift._core.Block",
    .basicsize = sizeof(Block),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = block_slots,
};

#endif
