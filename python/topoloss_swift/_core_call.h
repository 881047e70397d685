/* What every call into the library has in common: it runs without the GIL, and signals that
 * come meanwhile are answered.
 */
#ifndef TOPOLOSS_CORE_CALL_H
#define TOPOLOSS_CORE_CALL_H

/* What the running call needs to ask Python about signals. */
typedef struct {
  PyThreadState *thread;
  int raised;
} SignalWatch;

/* Runs pending Python signal handlers; an exception one of them raises stays set. */
static int32_t poll_signals(void *context) {
  SignalWatch *watch = context;
  if (!watch->raised) {
    PyEval_RestoreThread(watch->thread);
    watch->raised = PyErr_CheckSignals() != 0;
    watch->thread = PyEval_SaveThread();
  }
  return watch->raised;
}

/* After the call, with the GIL: 0 if its result counts; else -1, and an exception is set.
 * A handler may have raised in the last moment of a call that went well. */
static int check_outcome(const CoreState *state, const SignalWatch *watch, topoloss_status status,
                         const topoloss_error *error) {
  if (status != TOPOLOSS_OK) raise_error(state, status, error);
  return status != TOPOLOSS_OK || watch->raised ? -1 : 0;
}

/* One bit per dimension; -1 with ValueError when one is not below `rank`. */
static int check_dimensions(unsigned int mask, int rank) {
  if (mask >> rank == 0) return 0;
  PyErr_Format(PyExc_ValueError, "dimensions must lie in 0 ... %d for volumes with %d ax%s",
               rank - 1, rank, rank == 1 ? "is" : "es");
  return -1;
}

/* Whether the last `spatial_dims` of `axes` axes can be one volume; 0 stands for all of them and is
 * replaced. */
static int check_spatial_dims(int *spatial_dims, int axes) {
  if (*spatial_dims == 0 && axes > 3) {
    PyErr_Format(PyExc_ValueError,
                 "the array has %d axes: say with spatial_dims=1, 2 or 3 how many of the last "
                 "ones are one volume; the leading axes are a batch", axes);
    return -1;
  }
  if (*spatial_dims == 0) *spatial_dims = axes;
  if (*spatial_dims > axes) {
    PyErr_Format(PyExc_ValueError, "spatial_dims=%d, but the array has %d ax%s", *spatial_dims,
                 axes, axes == 1 ? "is" : "es");
    return -1;
  }
  return 0;
}

#endif
