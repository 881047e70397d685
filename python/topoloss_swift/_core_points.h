/* Diagrams on their way in: (n, 2) arrays of any element type become pairs of double.
 *
 * They are always copied, so a caller that writes into an array during the call cannot disturb
 * it, and the library sees one layout only.
 */
#ifndef TOPOLOSS_CORE_POINTS_H
#define TOPOLOSS_CORE_POINTS_H

/* Beyond 2^53 a double skips integers. */
static const int64_t largest_exact = (int64_t)1 << 53;

static double half_value(uint16_t bits) {
  uint64_t fraction = bits & 1023, exponent = bits >> 10 & 31;
  double magnitude = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                     : exponent == 0 ? (double)fraction * 0x1p-24
                                     : (double)((1024 + fraction) << exponent) * 0x1p-25;
  return bits >> 15 != 0 ? -magnitude : magnitude;
}

/* Without a conversion of the processor, which takes denormal numbers for 0 where the caller told it to. */
static double single_value(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  if ((bits >> 23 & 255) != 0) return value;
  double magnitude = (double)(bits & 0x7fffff) * 0x1p-149;
  return bits >> 31 != 0 ? -magnitude : magnitude;
}

/* Reads one element; 0 when it is an integer that a double cannot hold. */
static int read_number(const topoloss_array *array, int size, const uint8_t *address,
                       double *value) {
  union {
    uint8_t bytes[8];
    int8_t i8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    double f64;
  } element;
  for (int i = 0; i < size; i++)
    element.bytes[i] = address[array->byte_swapped ? size - 1 - i : i];
  switch (array->dtype) {
    case TOPOLOSS_BOOL: *value = element.bytes[0] != 0; return 1;
    case TOPOLOSS_INT8: *value = element.i8; return 1;
    case TOPOLOSS_UINT8: *value = element.bytes[0]; return 1;
    case TOPOLOSS_INT16: *value = element.i16; return 1;
    case TOPOLOSS_UINT16: *value = element.u16; return 1;
    case TOPOLOSS_INT32: *value = element.i32; return 1;
    case TOPOLOSS_UINT32: *value = element.u32; return 1;
    case TOPOLOSS_INT64:
      *value = (double)element.i64;
      return -largest_exact <= element.i64 && element.i64 <= largest_exact;
    case TOPOLOSS_UINT64:
      *value = (double)element.u64;
      return element.u64 <= (uint64_t)largest_exact;
    case TOPOLOSS_FLOAT16: *value = half_value(element.u16); return 1;
    case TOPOLOSS_FLOAT32: *value = single_value(element.u32); return 1;
    default: *value = element.f64; return 1;
  }
}

/* Copies the numbers of an (n, 2) array to `points`; -1 with an exception set. */
static int copy_points(const CoreState *state, const InputArray *input, double *points) {
  const topoloss_array *array = &input->array;
  int size = (int)input->view.itemsize;
  int64_t row = 2 * size, column = size;
  if (array->strides != NULL) row = array->strides[0], column = array->strides[1];
  for (int64_t i = 0; i < 2 * array->shape[0]; i++) {
    const uint8_t *address = (const uint8_t *)array->data + i / 2 * row + i % 2 * column;
    if (!read_number(array, size, address, &points[i])) {
      PyErr_Format(state->limit_error, "coordinate %lld of the diagram is beyond 2**53",
                   (long long)i);
      return -1;
    }
  }
  return 0;
}

/* A list of diagrams, as the library takes them. */
typedef struct {
  int64_t size;
  double **points;
  int64_t *counts;
} PointLists;

static void point_lists_close(PointLists *lists) {
  for (int64_t i = 0; lists->points != NULL && i < lists->size; i++) PyMem_Free(lists->points[i]);
  PyMem_Free(lists->points);
  PyMem_Free(lists->counts);
}

/* Makes room for `size` diagrams; on success the caller ends with point_lists_close. */
static int point_lists_open(PointLists *lists, int64_t size) {
  lists->size = size;
  lists->points = PyMem_Calloc((size_t)size, sizeof *lists->points);
  lists->counts = PyMem_Calloc((size_t)size, sizeof *lists->counts);
  if (lists->points != NULL && lists->counts != NULL) return 0;
  point_lists_close(lists);
  PyErr_NoMemory();
  return -1;
}

/* Copies the diagram that `object`'s buffer holds into place `index`. */
static int point_lists_read(const CoreState *state, PointLists *lists, int64_t index,
                            PyObject *object) {
  InputArray input;
  if (input_array_open(&input, object) != 0) return -1;
  int failed = 1;
  if (input.array.rank != 2 || input.shape[1] != 2) {
    PyObject *shape = shape_tuple(&input);
    if (shape != NULL)
      PyErr_Format(PyExc_ValueError,
                   "a diagram is an array of births and deaths of shape (n, 2), not %R", shape);
    Py_XDECREF(shape);
  } else {
    lists->counts[index] = input.shape[0];
    /* Strides of 0 can promise more points than memory has; calloc then says no. */
    lists->points[index] = PyMem_Calloc((size_t)input.shape[0], 2 * sizeof(double));
    if (lists->points[index] == NULL)
      PyErr_Format(PyExc_MemoryError, "memory refused for a diagram: %lld points of 16 bytes",
                   (long long)input.shape[0]);
    else
      failed = copy_points(state, &input, lists->points[index]) != 0;
  }
  input_array_close(&input);
  return failed ? -1 : 0;
}

/* Ends essential classes of diagram `index` at `last`; NaN: where they would end is not known. */
static int point_lists_end(PointLists *lists, int64_t index, double last) {
  for (int64_t i = 0; i < lists->counts[index]; i++) {
    double *death = &lists->points[index][2 * i + 1];
    if (!isinf(*death)) continue;
    if (!isfinite(last)) {
      PyErr_SetString(PyExc_ValueError,
                      "essential_classes='extreme': a class ends at infinity or never, and the "
                      "diagram has no finite last_value to end it at");
      return -1;
    }
    *death = last;
  }
  return 0;
}

#endif
