/* topoloss.h - the C interface of topoloss: exact cubical persistence diagrams.
 *
 * Plain C11; also compiles as C++17. Rules that hold for every function here:
 *
 *  - What can fail returns a topoloss_status and, when `error` is not NULL, fills the
 *    caller-owned topoloss_error. No input ends the process.
 *  - Structs that the caller fills begin with `struct_size`; set it with the
 *    `*_init` function or to sizeof(the struct). Unknown later fields are taken as 0.
 *  - Buffers belong to the caller. Only an opaque handle needs its `_destroy`.
 *  - Every function may be called from any thread; one handle must not be used by two
 *    threads at once while one of them destroys it. Calls work after fork().
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
  TOPOLOSS_EBUSY = -12,       /* another process owns the directory */
  TOPOLOSS_EPATH = -13,       /* name leaves its directory or holds forbidden characters */
  TOPOLOSS_ECANCELLED = -14,  /* cancelled by the caller */
  TOPOLOSS_EARGUMENT = -15,   /* NULL where a value is needed, unknown option value */
  TOPOLOSS_EINTERNAL = -16    /* a defect of this library: please report it */
};

/* Where and why a call failed. Owned by the caller; only written when a call fails. */
typedef struct topoloss_error {
  size_t struct_size; /* sizeof(topoloss_error) */
  topoloss_status code;
  int32_t reserved;
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
/* Safe in a signal handler; calls that use the token return TOPOLOSS_ECANCELLED within
   about 50 ms. */
void topoloss_cancellation_cancel(topoloss_cancellation *cancellation);
/* Makes a cancelled token usable again. */
void topoloss_cancellation_reset(topoloss_cancellation *cancellation);
void topoloss_cancellation_destroy(topoloss_cancellation *cancellation);

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

/* Number of volumes: the product of the leading axes. 0 for NULL. */
int64_t topoloss_diagrams_volumes(const topoloss_diagrams *diagrams);

/* Bit k set: H_k was computed. 0 for NULL. */
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

void topoloss_diagrams_destroy(topoloss_diagrams *diagrams);

/* Bytes that a volume of this shape and type needs in any case (keys and star codes; the
   lists of critical cells come on top and depend on the data). Writes *bytes. */
topoloss_status topoloss_workspace_bytes(const int64_t *shape, int32_t rank, int32_t dtype,
                                         uint64_t *bytes, topoloss_error *error);

#ifdef __cplusplus
}
#endif
#endif /* TOPOLOSS_H */
