/* Resampling of volumes as the loss does it, and its adjoint.
 */
#ifndef TOPOLOSS_CORE_RESAMPLE_H
#define TOPOLOSS_CORE_RESAMPLE_H

PyDoc_STRVAR(resample_doc, "resample(array, spatial_dims, resolution, /)\n--\n\n"
"The array's volumes at `resolution`, a tuple of three numbers of which the first\n"
"`spatial_dims` are read; 0: the extent itself. A Block of the array's type if that is\n"
"floating-point, else of float64.");

static PyObject *core_resample(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *object;
  int spatial_dims;
  long long resolution[3];
  if (!PyArg_ParseTuple(args, "Oi(LLL):resample", &object, &spatial_dims, &resolution[0],
                        &resolution[1], &resolution[2]))
    return NULL;
  InputArray input;
  if (input_array_open(&input, object) != 0) return NULL;
  Block *resampled = NULL;
  if (check_spatial_dims(&spatial_dims, input.array.rank) == 0) {
    int64_t extents[3] = {resolution[0], resolution[1], resolution[2]}, shape[MAX_AXES];
    with_extents(shape, &input, spatial_dims, extents, 1);
    resampled =
        block_new(state->block_type, input.array.rank, shape, format_of(input.array.dtype));
    if (resampled != NULL) {
      topoloss_error error = {.struct_size = sizeof error};
      topoloss_status status;
      Py_BEGIN_ALLOW_THREADS
      status = topoloss_resample(&input.array, spatial_dims, extents, resampled->data, &error);
      Py_END_ALLOW_THREADS
      if (status != TOPOLOSS_OK) {
        Py_CLEAR(resampled);
        raise_error(state, status, &error);
      }
    }
  }
  input_array_close(&input);
  return (PyObject *)resampled;
}

/* `factors`: one per volume, or NULL. */
static Block *adjoint_of(const CoreState *state, const InputArray *input, int spatial_dims,
                         const int64_t *extents, const double *factors) {
  int64_t shape[MAX_AXES];
  with_extents(shape, input, spatial_dims, extents, 0);
  Block *result =
      block_new(state->block_type, input->array.rank, shape, format_of(input->array.dtype));
  if (result == NULL) return NULL;
  topoloss_error error = {.struct_size = sizeof error};
  topoloss_status status;
  Py_BEGIN_ALLOW_THREADS
  status = topoloss_resample_adjoint(&input->array, spatial_dims, extents, factors, 1,
                                     result->data, &error);
  Py_END_ALLOW_THREADS
  if (status == TOPOLOSS_OK) return result;
  Py_DECREF(result);
  return (Block *)raise_error(state, status, &error);
}

PyDoc_STRVAR(resample_adjoint_doc,
"resample_adjoint(gradient, spatial_dims, extents, factors, /)\n--\n\n"
"Carries gradients at resampled voxels back to volumes of `extents`, a tuple of three numbers\n"
"of which the first `spatial_dims` are read. factors: None, or the bytes of one float64 per\n"
"volume, by which it is multiplied.");

static PyObject *core_resample_adjoint(PyObject *module, PyObject *args) {
  const CoreState *state = PyModule_GetState(module);
  PyObject *object;
  int spatial_dims;
  long long given[3];
  Py_buffer factors;
  if (!PyArg_ParseTuple(args, "Oi(LLL)z*:resample_adjoint", &object, &spatial_dims, &given[0],
                        &given[1], &given[2], &factors))
    return NULL;
  const int64_t extents[3] = {given[0], given[1], given[2]};
  Block *result = NULL;
  InputArray input;
  if (input_array_open(&input, object) == 0) {
    int64_t volumes;
    if (check_spatial_dims(&spatial_dims, input.array.rank) == 0 &&
        (volumes = count_volumes(state, &input, spatial_dims)) >= 0) {
      if (factors.buf == NULL || factors.len / (Py_ssize_t)sizeof(double) == volumes)
        result = adjoint_of(state, &input, spatial_dims, extents, factors.buf);
      else
        PyErr_Format(PyExc_ValueError, "%zd factors for %lld volumes",
                     factors.len / (Py_ssize_t)sizeof(double), (long long)volumes);
    }
    input_array_close(&input);
  }
  if (factors.obj != NULL) PyBuffer_Release(&factors);
  return (PyObject *)result;
}

#endif
