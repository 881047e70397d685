/* topoloss.h - the C interface of topoloss: exact cubical persistence diagrams, distances
 * between them, and the topological loss with its gradient.
 *
 * Plain C11; also compiles as C++17. Rules that hold for every function here:
 *
 *  - What can fail returns a topoloss_status and, when `error` is not NULL, fills the
 *    caller-owned topoloss_error. No input ends the process.
 *  - Structs that the caller fills begin with `struct_size`; set it with the
 *    `*_init` function or to sizeof(the struct). Unknown later fields are taken as 0.
 *  - Buffers belong to the caller. Only an opaque handle needs its `_destroy`.
 *  - A handle is a number that is given once, not an address. One that was destroyed, that
 *    belongs to another function, or that is none, is TOPOLOSS_EARGUMENT, also when it is
 *    destroyed once more; where a function returns no status, its answer is that for NULL.
 *    Destroying NULL is no error. A call that runs while its handle is destroyed goes on to its end.
 *  - Pointers are aligned as their types are, else TOPOLOSS_EARGUMENT; functions without a status
 *    do nothing then, and a misaligned `error` is not written. The data of a topoloss_array,
 *    gradients and resampled volumes may lie anywhere.
 *  - Every function may be called from any thread. Calls work after fork(). The caller's
 *    floating-point mode is neither used nor changed: calls and their callbacks round to nearest.
 *  - Axes are row-major (C order), the last axis fastest: 3-D is (z, y, x).
 *
 * Licence: MIT. Conventions (axes, signs, essential classes, ties): docs/conventions.md.
 */
#ifndef TOPOLOSS_H
#define TOPOLOSS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOPOLOSS_VERSION_MAJOR 0
#define TOPOLOSS_VERSION_MINOR 1
#define TOPOLOSS_VERSION_PATCH 0

/* ---------------------------------------------------------------- status and errors */

typedef int32_t topoloss_status;

enum {
  TOPOLOSS_OK = 0,
  TOPOLOSS_EDTYPE = -1,       /* element type that cannot be read as a volume */
  TOPOLOSS_ESHAPE = -2,       /* wrong number of axes, zero-size axis, shape mismatch */
  TOPOLOSS_ENAN = -3,         /* NaN; topoloss_error.index is its flat index */
  TOPOLOSS_EINF = -4,         /* infinity where it cannot be used; .index is its flat index */
  TOPOLOSS_ELIMIT = -5,       /* size product overflows, or a documented limit is passed */
  TOPOLOSS_ENOMEM = -6,       /* memory refused; the message has the bytes needed */
  TOPOLOSS_EBUFFER = -7,      /* output buffer too small, read-only or overlapping */
  TOPOLOSS_EFORMAT = -8,      /* malformed file */
  TOPOLOSS_EUNSUPPORTED = -9, /* valid, but not supported */
  TOPOLOSS_ECHECKSUM = -10,   /* checksum mismatch */
  TOPOLOSS_EIO = -11,         /* file could not be read or written */
  TOPOLOSS_EBUSY = -12,       /* another process owns the directory, another call the handle */
  TOPOLOSS_EPATH = -13,       /* name leaves its directory or holds forbidden characters */
  TOPOLOSS_ECANCELLED = -14,  /* cancelled by the caller */
  TOPOLOSS_EARGUMENT = -15,   /* NULL where a value is needed, unknown option value,
                                 value outside its range (.index: its flat index) */
  TOPOLOSS_EINTERNAL = -16    /* a defect of this library: please report it */
};

/* Where and why a call failed. Owned by the caller; only written when a call fails. */
typedef struct topoloss_error {
  size_t struct_size; /* sizeof(topoloss_error) */
  topoloss_status code;
  int32_t system_error; /* errno of TOPOLOSS_EIO, else 0 */
  int64_t index;     /* flat index or byte offset the message speaks of, or -1 */
  char message[256]; /* UTF-8, always terminated */
} topoloss_error;

/* The name of a status, such as "TOPOLOSS_ENAN"; static memory, never NULL. */
const char *topoloss_status_name(topoloss_status status);

/* ---------------------------------------------------------------- version and build */

/* "MAJOR.MINOR.PATCH" of the loaded library; static memory. */
const char *topoloss_version(void);

/* Writes the three numbers; each pointer may be NULL. */
void topoloss_version_numbers(int32_t *major, int32_t *minor, int32_t *patch);

/* One line: version, compiler, and the instruction set chosen on this machine
   ("portable", "avx2" or "avx512"); static memory. */
const char *topoloss_build_info(void);

/* ---------------------------------------------------------------- input arrays */

enum {
  TOPOLOSS_BOOL = 1, /* one byte, zero or not zero */
  TOPOLOSS_INT8 = 2,
  TOPOLOSS_UINT8 = 3,
  TOPOLOSS_INT16 = 4,
  TOPOLOSS_UINT16 = 5,
  TOPOLOSS_INT32 = 6,
  TOPOLOSS_UINT32 = 7,
  TOPOLOSS_INT64 = 8,  /* magnitudes up to 2^53, else TOPOLOSS_ELIMIT */
  TOPOLOSS_UINT64 = 9, /* values up to 2^53, else TOPOLOSS_ELIMIT */
  TOPOLOSS_FLOAT16 = 10,
  TOPOLOSS_FLOAT32 = 11,
  TOPOLOSS_FLOAT64 = 12
};

/* A caller's array: any strides, also negative or zero; it is only read, and only
   during the call. */
typedef struct topoloss_array {
  size_t struct_size; /* sizeof(topoloss_array) */
  const void *data;   /* address of element (0, ..., 0); no alignment is needed */
  int32_t dtype;      /* TOPOLOSS_BOOL ... TOPOLOSS_FLOAT64 */
  int32_t byte_swapped; /* 1: elements are in the other byte order than this machine's */
  int32_t rank;         /* number of axes, 1 ... 64 */
  int32_t reserved;
  const int64_t *shape;   /* rank extents */
  const int64_t *strides; /* rank strides in bytes, or NULL for C order without gaps */
} topoloss_array;

/* ---------------------------------------------------------------- options */

enum { TOPOLOSS_SUPERLEVEL = 0, TOPOLOSS_SUBLEVEL = 1 };

enum {
  TOPOLOSS_TOP_CELLS = 0, /* T: voxels are top-dimensional cells (26-connected in 3-D) */
  TOPOLOSS_VERTICES = 1   /* V: voxels are vertices (6-connected in 3-D) */
};

/* Lets another thread, or a signal handler, stop a running call. */
typedef struct topoloss_cancellation topoloss_cancellation;

typedef struct topoloss_options {
  size_t struct_size;       /* sizeof(topoloss_options) */
  int32_t filtration;       /* TOPOLOSS_SUPERLEVEL or TOPOLOSS_SUBLEVEL */
  int32_t construction;     /* TOPOLOSS_TOP_CELLS or TOPOLOSS_VERTICES */
  uint32_t dimensions;      /* bit k set: compute H_k; 0: all of them. Less is faster. */
  int32_t threads;          /* 0: one per processor this process may use */
  int32_t zero_persistence; /* 1: also keep pairs whose voxels differ but whose values are equal */
  int32_t reserved;
  uint64_t max_memory; /* bytes one call may hold; 0: the machine's physical memory */
  topoloss_cancellation *cancellation; /* or NULL */
  /* Called from the calling thread only, about every 20 ms while a call runs; a
     non-zero answer cancels the call. Or NULL. */
  int32_t (*should_cancel)(void *context);
  void *context;
} topoloss_options;

/* Fills in the defaults: superlevel, top cells, all dimensions, all processors. */
void topoloss_options_init(topoloss_options *options);

/* NULL when memory is refused. */
topoloss_cancellation *topoloss_cancellation_create(void);
/* Safe in a signal handler, unless another thread destroys the token just then; calls that use the
   token return TOPOLOSS_ECANCELLED within about 50 ms. */
topoloss_status topoloss_cancellation_cancel(topoloss_cancellation *cancellation);
/* Makes a cancelled token usable again. */
topoloss_status topoloss_cancellation_reset(topoloss_cancellation *cancellation);
topoloss_status topoloss_cancellation_destroy(topoloss_cancellation *cancellation);

/* ---------------------------------------------------------------- persistence diagrams */

/* The diagrams of all volumes of one call. */
typedef struct topoloss_diagrams topoloss_diagrams;

/* Computes the persistence diagrams of every volume of `array`.
 *
 * The last `spatial_rank` axes (1 to 3) are one volume; leading axes are a batch. Each
 * extent is 1 ... 2^21, a volume has at most 2^31-1 voxels. NaN is an error, infinities
 * are values. On success *diagrams is a new handle for topoloss_diagrams_destroy. */
topoloss_status topoloss_persistence_diagrams(const topoloss_array *array, int32_t spatial_rank,
                                              const topoloss_options *options, /* NULL: defaults */
                                              topoloss_diagrams **diagrams,
                                              topoloss_error *error);

/* Number of volumes: the product of the leading axes. 0 for NULL or a handle that was destroyed. */
int64_t topoloss_diagrams_volumes(const topoloss_diagrams *diagrams);

/* Bit k set: H_k was computed. 0 for NULL or a handle that was destroyed. */
uint32_t topoloss_diagrams_dimensions(const topoloss_diagrams *diagrams);

/* Writes one diagram into the caller's buffers.
 *
 * First call with points = voxels = NULL: only *count is set, the number of pairs n.
 * Second call: points[2 i], points[2 i + 1] are birth and death of pair i;
 * voxels[2 i], voxels[2 i + 1] the flat index (C order, within the volume) of the voxel
 * that creates and of the one that destroys the feature. An essential class (it never
 * ends) has death -inf (superlevel) or +inf (sublevel) and destroyer -1. Either buffer
 * may be NULL; `capacity` is the number of pairs each can hold. */
topoloss_status topoloss_diagrams_copy(const topoloss_diagrams *diagrams, int64_t volume,
                                       int32_t dimension, double *points, int64_t *voxels,
                                       int64_t capacity, int64_t *count, topoloss_error *error);

/* Where the filtration of a volume ends: the extreme value (superlevel: the lowest) and the
 * voxel that enters last. Under TOPOLOSS_ESSENTIAL_EXTREME the essential class of H_0 ends
 * there. H_0 must have been computed. Each of value and voxel may be NULL. */
topoloss_status topoloss_diagrams_last(const topoloss_diagrams *diagrams, int64_t volume,
                                       double *value, int64_t *voxel, topoloss_error *error);

topoloss_status topoloss_diagrams_destroy(topoloss_diagrams *diagrams);

/* Bytes that a volume of this shape and type needs in any case (keys and star codes; the
   lists of critical cells come on top and depend on the data). Writes *bytes. */
topoloss_status topoloss_workspace_bytes(const int64_t *shape, int32_t rank, int32_t dtype,
                                         uint64_t *bytes, topoloss_error *error);

/* ---------------------------------------------------------------- distances of diagrams
 *
 * A diagram is an array of points in the caller's memory: points[2 i], points[2 i + 1] are
 * birth and death of point i, as topoloss_diagrams_copy writes them. An infinite death
 * marks an essential class. NaN (TOPOLOSS_ENAN) and infinite births (TOPOLOSS_EINF) are
 * refused; .index is then the coordinate's place in its diagram. Points with birth = death
 * count for nothing. A diagram without points may be NULL. */

/* The norm in which a point moves by (x, y). */
enum {
  TOPOLOSS_MAXIMUM_NORM = 0,  /* max(|x|, |y|); a point lies |death - birth| / 2 from the diagonal */
  TOPOLOSS_EUCLIDEAN_NORM = 1 /* sqrt(x^2 + y^2); |death - birth| / sqrt(2) from the diagonal */
};

/* What becomes of classes that never end. */
enum {
  TOPOLOSS_ESSENTIAL_MATCHED = 0, /* among themselves, by birth; different numbers: TOPOLOSS_ESHAPE */
  TOPOLOSS_ESSENTIAL_IGNORED = 1, /* they count for nothing */
  TOPOLOSS_ESSENTIAL_EXTREME = 2  /* in the loss: they end at the filtration's last value, and are then
                                     points like any other */
};

typedef struct topoloss_distance_options {
  size_t struct_size;        /* sizeof(topoloss_distance_options) */
  double order;              /* p of W_p, finite and at least 1; bottleneck and sliced take none */
  int32_t ground_norm;       /* TOPOLOSS_MAXIMUM_NORM or TOPOLOSS_EUCLIDEAN_NORM */
  int32_t essential_classes; /* TOPOLOSS_ESSENTIAL_MATCHED or TOPOLOSS_ESSENTIAL_IGNORED */
  int32_t threads;           /* 0: one per processor; a batch is shared out, one pair is not */
  int32_t reserved;
  uint64_t max_memory; /* as in topoloss_options, like the next three */
  topoloss_cancellation *cancellation;
  int32_t (*should_cancel)(void *context);
  void *context;
} topoloss_distance_options;

/* Fills in the defaults: order 2, maximum norm, essential classes matched. */
void topoloss_distance_options_init(topoloss_distance_options *options);

/* The exact Wasserstein distances of `pairs` pairs of diagrams:
 *   W_p = (min over matchings of the sum of norm^p)^(1/p), points may go to the diagonal.
 * first[k] with first_counts[k] points and second[k] with second_counts[k] are pair k.
 * Writes distances[0 .. pairs - 1]. */
topoloss_status topoloss_wasserstein(const double *const *first, const int64_t *first_counts,
                                     const double *const *second, const int64_t *second_counts,
                                     int64_t pairs,
                                     const topoloss_distance_options *options, /* NULL: defaults */
                                     double *distances, topoloss_error *error);

/* One distance with its matching and a certificate that it is optimal.
 *
 * partners[i] is the point of `second` that point i of `first` is matched with, or -1: it
 * goes to the diagonal. The potentials u (of first) and v (of second) prove optimality: u_i and
 * v_j are at most the cost of going to the diagonal, u_i + v_j is at most the cost of the pair, and
 * their sum is distance^p up to rounding. Of an essential class, u is the cost of its
 * pair and v is 0. Each output may be NULL. */
topoloss_status topoloss_wasserstein_matching(const double *first, int64_t first_count,
                                              const double *second, int64_t second_count,
                                              const topoloss_distance_options *options,
                                              double *distance, int64_t *partners,
                                              double *first_potentials, double *second_potentials,
                                              topoloss_error *error);

/* The exact bottleneck distances, W_p for p = infinity: the longest move, made as short as
 * can be. Arguments as for topoloss_wasserstein; the order is not read. */
topoloss_status topoloss_bottleneck(const double *const *first, const int64_t *first_counts,
                                    const double *const *second, const int64_t *second_counts,
                                    int64_t pairs, const topoloss_distance_options *options,
                                    double *distances, topoloss_error *error);

/* The sliced Wasserstein distances (Carriere, Cuturi, Oudot, 2017): the mean over `directions`
 * lines through the origin of W_1 between the projections, each diagram completed by the
 * other's points moved to the diagonal. Essential classes count for nothing; of the options,
 * only threads, memory and cancellation are read. */
topoloss_status topoloss_sliced_wasserstein(const double *const *first, const int64_t *first_counts,
                                            const double *const *second,
                                            const int64_t *second_counts, int64_t pairs,
                                            int32_t directions,
                                            const topoloss_distance_options *options,
                                            double *distances, topoloss_error *error);

/* Sum of |death - birth|^order over the points, essential classes left out; order > 0. */
topoloss_status topoloss_total_persistence(const double *points, int64_t count, double order,
                                           double *value, topoloss_error *error);

/* Entropy (natural logarithm) of the persistences divided by their sum; 0 for no points.
   Essential classes are left out. */
topoloss_status topoloss_persistent_entropy(const double *points, int64_t count, double *value,
                                            topoloss_error *error);

/* ---------------------------------------------------------------- the topological loss */

/* How the dimensions of one volume become one number. */
enum {
  TOPOLOSS_SUM = 0, /* sum over k of weight_k (W_p + Pers_p) */
  TOPOLOSS_ROOT = 1 /* (sum of weight_k W_p^p)^(1/p) + mean of weight_k Pers_p */
};

typedef struct topoloss_loss_options {
  size_t struct_size;          /* sizeof(topoloss_loss_options) */
  int32_t filtration;          /* TOPOLOSS_SUPERLEVEL or TOPOLOSS_SUBLEVEL */
  int32_t construction;        /* TOPOLOSS_TOP_CELLS or TOPOLOSS_VERTICES */
  uint32_t dimensions;         /* bit k set: H_k counts; at least one */
  int32_t essential_classes;   /* TOPOLOSS_ESSENTIAL_... */
  double order;                /* p of W_p and of total persistence, finite and at least 1 */
  int32_t total_persistence;   /* 1: add the prediction's sum of |death - birth|^p */
  int32_t dimension_reduction; /* TOPOLOSS_SUM or TOPOLOSS_ROOT */
  int64_t resolution[3];       /* extents the volumes are resampled to, one per spatial axis, by
                                  (tri)linear interpolation with aligned corners; 0, or more than
                                  the extent: the extent itself. Volumes are never enlarged. */
  double weights[3];           /* of H_0, H_1, H_2; finite, not negative */
  double minimum_persistence;  /* points with a smaller |death - birth| are left out; 0: none are.
                                  The third of `terms` bounds what that changes. */
  double gradient_scale;       /* the gradients are those of gradient_scale * value */
  int32_t gradient_at_resolution; /* 1: gradients with respect to the resampled volumes */
  int32_t gradient_is_zero;    /* 1: the gradient buffers hold zeros already, so that only
                                  voxels with a gradient are written */
  int32_t threads;             /* 0: one per processor */
  int32_t reserved;
  uint64_t max_memory; /* as in topoloss_options, like the next three */
  topoloss_cancellation *cancellation;
  int32_t (*should_cancel)(void *context);
  void *context;
} topoloss_loss_options;

/* Fills in the defaults: superlevel, top cells, H_2, order 2, with total persistence, 16 voxels
   along each axis, essential classes extreme, weights 1, sum, scale 1. */
void topoloss_loss_options_init(topoloss_loss_options *options);

/* The topological loss of every volume, and its gradients.
 *
 * Value of one volume: sum over the wanted dimensions k of
 *     weight_k (W_p(D_k(prediction), D_k(target)) + Pers_p(D_k(prediction)))
 * (Waibel et al., MICCAI 2022, eq. 3), or with TOPOLOSS_ROOT as stated there.
 *
 *  - prediction, target: the same shape; the last spatial_rank axes are one volume. NaN and
 *    infinities are errors. A gradient needs floating-point elements.
 *  - values: one per volume, or NULL.
 *  - terms: NULL, or 9 numbers per volume: for H_0, H_1, H_2 each W_p, Pers_p and the most
 *    by which minimum_persistence may have changed W_p; 0 for a dimension that does not count.
 *  - gradient, target_gradient: NULL, or a C-order buffer of the array's shape and type (of the
 *    resampled shape with gradient_at_resolution); must overlap no other buffer.
 *
 * W_p = 0 has gradient 0. Where the maximum norm is attained by both coordinates, each takes
 * half. Same bits for any number of threads. */
topoloss_status topoloss_topological_loss(const topoloss_array *prediction,
                                          const topoloss_array *target, int32_t spatial_rank,
                                          const topoloss_loss_options *options, /* NULL: defaults */
                                          double *values, double *terms, void *gradient,
                                          void *target_gradient, topoloss_error *error);

/* The same with the target's diagrams instead of the target, computed once and kept: of volume
 * v and the j-th wanted dimension (lowest first, n of them) points[v n + j] and
 * counts[v n + j]. last_values[v] is topoloss_diagrams_last of volume v; it may be NULL when H_0
 * does not count or essential classes are not `extreme`. The diagrams must be those of volumes
 * resampled to the resolution of the options, with their filtration and construction. */
topoloss_status topoloss_topological_loss_to_diagrams(
    const topoloss_array *prediction, int32_t spatial_rank, const double *const *points,
    const int64_t *counts, const double *last_values, const topoloss_loss_options *options,
    double *values, double *terms, void *gradient, topoloss_error *error);

/* Resamples volumes to `resolution` (spatial_rank entries, read as in topoloss_loss_options), as the
 * loss does; NaN and infinities are errors. `resampled` is a C-order buffer for the result: of
 * the array's type if that is floating-point, else double. */
topoloss_status topoloss_resample(const topoloss_array *array, int32_t spatial_rank,
                                  const int64_t *resolution, void *resampled,
                                  topoloss_error *error);

/* The adjoint: carries gradients at resampled voxels back to volumes of `extents` (spatial_rank
 * entries). Volume v is multiplied by factors[v], unless `factors` is NULL. `result` is a C-order
 * buffer of the array's type, which must be floating-point; with result_is_zero it holds zeros
 * already. */
topoloss_status topoloss_resample_adjoint(const topoloss_array *array, int32_t spatial_rank,
                                          const int64_t *extents, const double *factors,
                                          int32_t result_is_zero, void *result,
                                          topoloss_error *error);

/* ---------------------------------------------------------------- the trainer
 *
 * SHAPR (Waibel et al., MICCAI 2022): a network that makes the 3-D shape of a cell from one image, trained
 * with the topological loss. Settings are a JSON text with the keys of `shapr train --settings`, NUL-terminated
 * UTF-8; NULL: the defaults. A bad one is TOPOLOSS_EARGUMENT, .index its byte offset, the message begins with
 * line:column. Of `seeds` the first counts; keys of files and folders are read and ignored.
 *
 * Every number follows from settings, cells and split: not from threads, time or interruptions. The program
 * `shapr` computes the same bits from files that hold the same values.
 *
 * A handle serves one call at a time, else TOPOLOSS_EBUSY, and only in the process that made it: in a child
 * after fork() it can be destroyed, and a new one works. No thread is left behind when a call returns.
 *
 * Texts are copied out by two calls: with text = NULL only *length is set, the bytes without the closing NUL;
 * then with a buffer of `capacity` >= *length + 1 bytes (else TOPOLOSS_EBUFFER). */

/* With what means a call works. */
typedef struct topoloss_run_options {
  size_t struct_size; /* sizeof(topoloss_run_options) */
  int32_t threads;    /* 0: those of the settings, by default one per processor. Of a handle, the threads
                         and the memory are those that it was created with. */
  int32_t reserved;
  uint64_t max_memory; /* bytes that a handle, or a call without one, may hold; as in topoloss_options, like
                          the next three. A call that is cancelled stops within about 50 ms. */
  topoloss_cancellation *cancellation;
  int32_t (*should_cancel)(void *context);
  void *context;
} topoloss_run_options;

/* Fills in the defaults. */
void topoloss_run_options_init(topoloss_run_options *options);

/* Cells in the caller's memory: value / full scale is from 0 to 1. Full scale is 255 for UINT8, 65535 for
 * UINT16 and 1 for BOOL and floating point; other types are TOPOLOSS_EDTYPE. H and W are multiples of 4 (of 16
 * for the adversarial stage). Integers of which none is above 1 are refused: they were meant as truth values. */
typedef struct topoloss_cells {
  size_t struct_size;            /* sizeof(topoloss_cells) */
  const topoloss_array *images;  /* N x H x W */
  const topoloss_array *masks;   /* N x H x W: where the cell is */
  const topoloss_array *objects; /* N x 64 x H x W: the shapes to be found */
  const char *const *names;      /* N names; NULL: "0", "1", ... A name without the digits at its end is
                                    the cell's class. */
} topoloss_cells;

/* Indices of cells, each at most once in all three lists. */
typedef struct topoloss_split {
  size_t struct_size; /* sizeof(topoloss_split) */
  const int64_t *train;
  int64_t train_count; /* at least 1, like the next */
  const int64_t *validation; /* they decide which weights are the best, and when to stop */
  int64_t validation_count;
  const int64_t *test; /* or NULL; not read in training */
  int64_t test_count;
} topoloss_split;

/* The means over cells. */
typedef struct topoloss_losses {
  double dice;
  double cross_entropy;
  double geometric;   /* dice + cross_entropy / 2 */
  double topological; /* with its weight */
  double total;       /* geometric + topological */
  double adversarial; /* this and the next: of training in the adversarial stage, else 0 */
  double discriminator;
} topoloss_losses;

enum {
  TOPOLOSS_STEP_DONE = 0,    /* one batch was learned from; more of this epoch are to come, or its validation */
  TOPOLOSS_EPOCH_DONE = 1,   /* an epoch and its validation */
  TOPOLOSS_TRAINING_DONE = 2 /* nothing is left to do */
};

enum { TOPOLOSS_SUPERVISED = 0, TOPOLOSS_ADVERSARIAL = 1 };

/* Where a training stands. */
typedef struct topoloss_report {
  size_t struct_size; /* sizeof(topoloss_report) */
  int32_t event;      /* TOPOLOSS_STEP_DONE ... */
  int32_t stage;      /* TOPOLOSS_SUPERVISED or TOPOLOSS_ADVERSARIAL */
  int64_t epoch;      /* from 0, in its stage */
  int64_t epochs;     /* of the stage, at most */
  int64_t step;       /* steps of this epoch that are done, */
  int64_t steps;      /* of so many */
  int32_t is_best;    /* 1: no epoch before had a lower validation loss */
  int32_t reserved;
  double learning_rate;
  topoloss_losses train;      /* of the epoch so far; of TRAINING_DONE: 0 */
  topoloss_losses validation; /* of EPOCH_DONE; else 0 */
} topoloss_report;

/* The training of one network on one split. */
typedef struct topoloss_training topoloss_training;
/* A network with its weights. */
typedef struct topoloss_model topoloss_model;

/* Checks settings and arrays, every value of them, and begins a training on
 * *training. The arrays' elements are read again in every epoch: they must stay as they are until the
 * training is destroyed. All else may go. */
topoloss_status topoloss_training_create(const char *settings, const topoloss_cells *cells,
                                         const topoloss_split *split,
                                         const topoloss_run_options *options, /* NULL: defaults */
                                         topoloss_training **training, topoloss_error *error);

/* Goes on by one step; after an epoch's last one with its validation, too. `report` says what was done
 * (NULL: not wanted). A cancelled call (TOPOLOSS_ECANCELLED) takes the step it was in back; the next call goes on
 * from there. A loss that is no number is TOPOLOSS_ENAN, with the cells in the message. */
topoloss_status topoloss_training_step(topoloss_training *training,
                                       const topoloss_run_options *options, topoloss_report *report,
                                       topoloss_error *error);

/* Goes on to the end of the present epoch. */
topoloss_status topoloss_training_epoch(topoloss_training *training,
                                        const topoloss_run_options *options,
                                        topoloss_report *report, topoloss_error *error);

/* Goes on to the end. `progress` (or NULL) is called on the calling thread after each step and each epoch;
 * a non-zero answer cancels the call. There the training can be saved and its model taken. */
topoloss_status topoloss_training_fit(topoloss_training *training,
                                      const topoloss_run_options *options,
                                      int32_t (*progress)(const topoloss_report *report,
                                                          void *context),
                                      void *progress_context, topoloss_error *error);

/* Writes a checkpoint, atomically; the program's checkpoints have the same format. */
topoloss_status topoloss_training_save(topoloss_training *training, const char *path,
                                       topoloss_error *error);

/* Goes on from a checkpoint with the same settings, seed, names and split, to the same bits. After a failure
 * other than TOPOLOSS_EIO the training has to be loaded again, or destroyed. */
topoloss_status topoloss_training_load(topoloss_training *training, const char *path,
                                       topoloss_error *error);

/* The epochs that are done, as a text with one JSON object per line: the program's log.jsonl. */
topoloss_status topoloss_training_log(topoloss_training *training, char *text, int64_t capacity,
                                      int64_t *length, topoloss_error *error);

/* The weights with the lowest validation loss so far, as a new model. */
topoloss_status topoloss_training_model(topoloss_training *training, topoloss_model **model,
                                        topoloss_error *error);

topoloss_status topoloss_training_destroy(topoloss_training *training);

/* A model with fresh weights, drawn with the seed of the settings. */
topoloss_status topoloss_model_create(const char *settings, const topoloss_run_options *options,
                                      topoloss_model **model, topoloss_error *error);

/* Reads a safetensors file under the published names, such as the program's best.safetensors. */
topoloss_status topoloss_model_load(const char *path, const topoloss_run_options *options,
                                    topoloss_model **model, topoloss_error *error);

topoloss_status topoloss_model_save(topoloss_model *model, const char *path, topoloss_error *error);

/* The settings that the model was trained with, complete. */
topoloss_status topoloss_model_settings(topoloss_model *model, char *text, int64_t capacity,
                                        int64_t *length, topoloss_error *error);

/* Predicts the shapes of cells (`objects` and `names` are not read): `volumes` is a buffer of N x 64 x H x W
 * floats in C order, probabilities. */
topoloss_status topoloss_model_predict(topoloss_model *model, const topoloss_cells *cells,
                                       const topoloss_run_options *options, float *volumes,
                                       topoloss_error *error);

topoloss_status topoloss_model_destroy(topoloss_model *model);

/* Checks settings and writes them out complete, defaults included, as JSON. */
topoloss_status topoloss_settings(const char *settings, char *text, int64_t capacity,
                                  int64_t *length, topoloss_error *error);

/* The name of measure `index` of topoloss_evaluate, as in the header of scores.csv; NULL beyond the last. */
const char *topoloss_measure_name(int32_t index);

/* Compares predictions with true shapes, both N x D x H x W with values as in topoloss_cells: `scores` gets
 * N rows, one number per measure; NaN where the truth leaves a measure undefined. The settings say how
 * diagrams are made. */
topoloss_status topoloss_evaluate(const char *settings, const topoloss_array *predictions,
                                  const topoloss_array *truths, const topoloss_run_options *options,
                                  double *scores, topoloss_error *error);

/* Deals `count` cells out for a cross-validation, class by class (names NULL: all of one class), as the
 * program does for cells in this order (its own is that of the names' bytes): parts[i] is the
 * part, 0 ... folds - 1, that cell i is in. Fold k tests on part k and validates on part k + 1. */
topoloss_status topoloss_folds(const char *const *names, int64_t count, int32_t folds,
                               uint64_t seed, int32_t *parts, topoloss_error *error);

enum { TOPOLOSS_TEXT = 0, TOPOLOSS_CSV = 1, TOPOLOSS_MARKDOWN = 2 };

/* Two tables of scores (the text of scores.csv) on the same cells, set against each other: the paper's
 * Table 1, the paired test, effect sizes. `title` says what the cells are; NULL: "cells". */
topoloss_status topoloss_compare(const char *baseline, const char *candidate, const char *title,
                                 int32_t format, char *text, int64_t capacity, int64_t *length,
                                 topoloss_error *error);

#ifdef __cplusplus
}
#endif
#endif /* TOPOLOSS_H */
