/* misuse SEQUENCES SEED: calls the whole C interface in random order with arguments of which some are wrong
 * (test B4): NULL, misaligned pointers, destroyed handles and handles of another kind, structs of wrong
 * sizes, options, shapes and texts of all sorts. Buffers have the sizes that topoloss.h asks for, so that
 * AddressSanitizer sees every byte outside.
 *
 * Prints `failures N`, then each function with its calls and how many were right. Ends with 1 if a call with a
 * wrong pointer or handle was taken, a status is none that a caller may earn, or a good call fails afterwards. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "topoloss.h"

/* ---------------------------------------------------------------- chance */

static uint64_t state;

static uint32_t draw(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  uint32_t word = (uint32_t)((state >> 18 ^ state) >> 27), turn = (uint32_t)(state >> 59);
  return word >> turn | word << (-turn & 31);
}
static int below(int n) { return (int)(draw() % (uint32_t)n); }
static int percent(int p) { return below(100) < p; }

/* ---------------------------------------------------------------- judgement */

static long failures, sequence;
static int wrong;      /* the call has an argument that must be refused */
static int wrong_handle; /* and that is its handle, which is looked at first */

typedef struct { const char *name; long calls, successes; } Coverage;
static Coverage coverage[64];

static Coverage *of(const char *name) {
  Coverage *entry = coverage;
  while (entry->name != NULL && strcmp(entry->name, name) != 0) entry++;
  entry->name = name;
  return entry;
}

static void fail(const char *name, int32_t status, const char *why) {
  failures++;
  fprintf(stderr, "sequence %ld: %s gave %s: %s\n", sequence, name, topoloss_status_name(status), why);
}

static topoloss_status judge(const char *name, topoloss_status status) {
  Coverage *entry = of(name);
  entry->calls++;
  entry->successes += status == TOPOLOSS_OK;
  if (status > TOPOLOSS_OK || status < TOPOLOSS_EARGUMENT) fail(name, status, "no status for a caller");
  if (wrong && status == TOPOLOSS_OK) fail(name, status, "a wrong pointer was taken");
  if (wrong_handle && status != TOPOLOSS_EARGUMENT) fail(name, status, "a wrong handle was not named");
  wrong = wrong_handle = 0;
  return status;
}
#define CALL(function, ...) judge(#function, function(__VA_ARGS__))

/* ---------------------------------------------------------------- pointers and handles */

/* A pointer that must be there: now and then NULL or misaligned. */
static void *needed(void *pointer) {
  if (percent(96)) return pointer;
  wrong = 1;
  return percent(50) ? NULL : (char *)pointer + 1;
}

/* A pointer that may be NULL: now and then misaligned. */
static void *optional(void *pointer) {
  if (percent(25)) return NULL;
  if (percent(97)) return pointer;
  wrong = 1;
  return (char *)pointer + 1;
}

enum { DIAGRAMS, TRAINING, MODEL, TOKEN, KINDS, KEPT = 8 };
typedef struct { void *handle; int alive; } Held;
static Held held[KINDS][KEPT];

static topoloss_status destroy_held(int kind, Held *one) {
  one->alive = 0;
  switch (kind) {
    case DIAGRAMS: return CALL(topoloss_diagrams_destroy, one->handle);
    case TRAINING: return CALL(topoloss_training_destroy, one->handle);
    case MODEL: return CALL(topoloss_model_destroy, one->handle);
    default: return CALL(topoloss_cancellation_destroy, one->handle);
  }
}

static void keep(int kind, void *handle) {
  Held *place = &held[kind][below(KEPT)];
  if (place->alive) { /* make room */
    topoloss_status status = destroy_held(kind, place);
    if (status != TOPOLOSS_OK) fail("destroy", status, "a living handle was refused");
  }
  *place = (Held){handle, 1};
}

/* Destroys what is left, so that a checker of leaks finds nothing. */
static void let_go(void) {
  for (int kind = 0; kind < KINDS; kind++)
    for (int i = 0; i < KEPT; i++)
      if (held[kind][i].alive) destroy_held(kind, &held[kind][i]);
}

/* One of the handles, most often one that lives; or what never was one. */
static Held *some(int kind) {
  static double memory[4];
  static Held nothing;
  if (percent(4)) {
    void *others[] = {NULL, memory, (void *)(uintptr_t)(((uint64_t)draw() << 32) | draw()),
                      held[(kind + 1 + below(3)) % KINDS][below(KEPT)].handle,
                      (void *)((uintptr_t)held[kind][below(KEPT)].handle ^ (uintptr_t)1 << below(64))};
    nothing = (Held){others[below(5)], 0};
    for (int i = 0; i < KEPT; i++)
      if (held[kind][i].alive && held[kind][i].handle == nothing.handle) return &held[kind][i];
    return &nothing;
  }
  Held *found = &held[kind][below(KEPT)];
  for (int tries = 0; !found->alive && tries < 4 && percent(90); tries++) found = &held[kind][below(KEPT)];
  return found;
}

/* The same for a call whose first argument it is. */
static void *use(Held *one) {
  if (!one->alive) wrong = wrong_handle = 1;
  return one->handle;
}

/* ---------------------------------------------------------------- structs */

static size_t size_of(size_t size) {
  if (percent(97)) return percent(90) ? size : size + 64;
  wrong = 1;
  return percent(50) ? 0 : size - 1 - (size_t)below((int)size - 1);
}

static topoloss_error error;
static topoloss_error *some_error(void) {
  error.struct_size = percent(90) ? sizeof error : (size_t)below(sizeof error);
  return percent(10) ? NULL : percent(3) ? (topoloss_error *)((char *)&error + 1) : &error;
}

static int32_t ask(void *context) { return (void)context, percent(10); }

/* The last fields of every options struct, which have the same names. */
#define MEANS(options)                                                              \
  do {                                                                              \
    (options).threads = percent(2) ? -1 : 1 + below(3);                             \
    (options).max_memory = percent(90) ? 0 : (uint64_t)below(1 << 20);              \
    Held *token = percent(20) ? some(TOKEN) : NULL;                                 \
    (options).cancellation = token != NULL ? token->handle : NULL;                  \
    wrong |= token != NULL && token->handle != NULL && !token->alive;               \
    (options).should_cancel = percent(20) ? ask : NULL;                             \
    (options).struct_size = size_of(sizeof(options));                               \
  } while (0)

/* NULL means the defaults; what is wrong in the struct then counts for nothing. */
#define OPTIONS(type, options, ...)                                                 \
  static type options;                                                              \
  int wrong_before##options = wrong;                                                \
  type##_init(&options);                                                            \
  __VA_ARGS__;                                                                      \
  MEANS(options);                                                                   \
  type *options##_given = percent(15) ? NULL : percent(2) ? (wrong = 1, (type *)((char *)&options + 1)) : &options; \
  if (options##_given == NULL) wrong = wrong_before##options

static double numbers[1024]; /* an array's elements lie around the middle */
typedef struct { topoloss_array array; int64_t shape[4], strides[4]; } Array;

static topoloss_array *some_array(Array *array, int rank) {
  static const int sizes[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
  int dtype = percent(70) ? TOPOLOSS_FLOAT64 : percent(3) ? -1 + 14 * below(2) : 1 + below(12);
  int size = dtype > 0 && dtype < 13 ? sizes[dtype] : 8;
  array->array = (topoloss_array){size_of(sizeof array->array), numbers + 512, dtype, percent(3), rank, 0,
                                  needed(array->shape), percent(70) ? NULL : optional(array->strides)};
  for (int i = 0; i < 4; i++) {
    array->shape[i] = percent(97) ? 1 + below(4) : -1 + 2 * below(1 << 30);
    array->strides[i] = (below(33) - 16) * size;
  }
  /* Strides that may lead anywhere need small extents; so does the memory of the results. */
  for (int i = 0; i < 4; i++)
    if (array->shape[i] > 4) array->shape[i] = array->array.strides == NULL ? INT64_MAX >> below(8) : 0;
  return needed(&array->array);
}

static void new_numbers(void) {
  for (int i = 0; i < 1024; i++)
    numbers[i] = percent(99) ? below(9) : percent(50) ? 1e308 * below(99) : -0.0 / below(2);
}

/* ---------------------------------------------------------------- diagrams, distances, the loss */

enum { VOLUMES = 256, POINTS = 8 };
static double *points_out, *values, *terms, *gradient, *other_gradient; /* from malloc: a red zone behind each */
static int64_t *voxels_out;
static double diagram_points[4][2 * POINTS];
static const double *lists[3 * VOLUMES];
static int64_t counts[3 * VOLUMES];

static void new_lists(void) {
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 2 * POINTS; j++) diagram_points[i][j] = percent(2) ? 0.0 / 0.0 : below(9);
  for (int i = 0; i < 3 * VOLUMES; i++) {
    int null = below(200) == 0;
    lists[i] = null ? NULL : diagram_points[below(4)];
    counts[i] = below(200) == 0 ? -1 : below(POINTS + 1);
  }
}

static int some_rank(void) { return percent(90) ? 3 : 1 + below(4); }
static int some_spatial(void) { return percent(90) ? 1 + below(3) : below(6) - 1; }

static void persistence(void) {
  Array array;
  OPTIONS(topoloss_options, options, options.filtration = percent(97) ? below(2) : 2,
          options.construction = percent(97) ? below(2) : -1,
          options.dimensions = percent(80) ? 0 : 1u << below(5));
  topoloss_diagrams *made = NULL;
  topoloss_array *given = some_array(&array, some_rank());
  void *place = needed(&made);
  if (CALL(topoloss_persistence_diagrams, given, some_spatial(), options_given, place, some_error()) == TOPOLOSS_OK)
    keep(DIAGRAMS, made);
  else if (made != NULL) fail("topoloss_persistence_diagrams", 0, "a handle in spite of the failure");
}

static void look_at_diagrams(void) {
  Held *one = some(DIAGRAMS);
  int64_t volumes = topoloss_diagrams_volumes(one->handle);
  uint32_t dimensions = topoloss_diagrams_dimensions(one->handle);
  if (one->alive ? volumes < 1 || dimensions == 0 : volumes != 0 || dimensions != 0)
    fail("topoloss_diagrams_volumes", 0, "a number that cannot be");
  of("topoloss_diagrams_volumes")->calls++, of("topoloss_diagrams_volumes")->successes++;
  of("topoloss_diagrams_dimensions")->calls++, of("topoloss_diagrams_dimensions")->successes++;
  int64_t count = 0;
  void *handle = use(one);
  CALL(topoloss_diagrams_copy, handle, below(3), below(3), optional(points_out), optional(voxels_out),
       percent(80) ? 300 : below(4), optional(&count), some_error());
  handle = use(one);
  CALL(topoloss_diagrams_last, handle, below(2), optional(points_out), optional(voxels_out), some_error());
}

static void distances(void) {
  static const double **first, **second;
  first = lists + below(8), second = lists + below(8);
  OPTIONS(topoloss_distance_options, options, options.order = percent(90) ? 1 + below(3) : below(9) - 4,
          options.ground_norm = percent(95) ? below(2) : 7,
          options.essential_classes = percent(95) ? below(3) : 9);
  int64_t pairs = percent(95) ? below(4) : -1;
  int w = wrong;
#define PAIRS pairs > 0 ? needed(first) : first, pairs > 0 ? needed(counts) : counts,                   \
  pairs > 0 ? needed(second) : second, pairs > 0 ? needed(counts + 4) : counts, pairs
  CALL(topoloss_wasserstein, PAIRS, options_given, pairs > 0 ? needed(values) : values, some_error());
  wrong = w;
  CALL(topoloss_bottleneck, PAIRS, options_given, pairs > 0 ? needed(values) : values, some_error());
  wrong = w;
  CALL(topoloss_sliced_wasserstein, PAIRS, percent(95) ? 1 + below(9) : -below(2), options_given,
       pairs > 0 ? needed(values) : values, some_error());
  wrong = w;
  int64_t partners[POINTS];
  CALL(topoloss_wasserstein_matching, lists[0], counts[0], lists[1], counts[1], options_given,
       optional(values), optional(partners), optional(points_out), optional(gradient), some_error());
  CALL(topoloss_total_persistence, lists[2], counts[2], below(4), optional(values), some_error());
  CALL(topoloss_persistent_entropy, lists[3], counts[3], optional(values), some_error());
}

static void loss(void) {
  Array prediction, target;
  OPTIONS(topoloss_loss_options, options, options.dimensions = (uint32_t)below(9),
          options.resolution[below(3)] = below(6) - percent(5), options.order = 1 + below(3),
          options.gradient_at_resolution = percent(20), options.minimum_persistence = below(3),
          options.dimension_reduction = percent(95) ? below(2) : 2);
  topoloss_array *one = some_array(&prediction, some_rank()), *other = some_array(&target, some_rank());
  if (percent(80)) memcpy(target.shape, prediction.shape, sizeof target.shape);
  int spatial = some_spatial();
  /* Gradients may lie anywhere. */
  void *to = percent(30) ? NULL : (char *)gradient + below(8), *and_to = percent(70) ? NULL : other_gradient;
  CALL(topoloss_topological_loss, one, other, spatial, options_given, optional(values), optional(terms), to,
       and_to, some_error());
  wrong = 0;
  one = some_array(&prediction, some_rank());
  wrong |= options_given != NULL && options_given != &options;
  CALL(topoloss_topological_loss_to_diagrams, one, spatial, needed(lists), needed(counts), optional(numbers),
       options_given, optional(values), optional(terms), to, some_error());
}

static void resampling(void) {
  Array array;
  int64_t extents[3] = {1 + below(6), 1 + below(6), percent(95) ? 1 + below(6) : -1};
  topoloss_array *given = some_array(&array, 3 + below(2));
  CALL(topoloss_resample, given, some_spatial(), needed(extents), percent(3) ? (wrong = 1, NULL) : gradient,
       some_error());
  given = some_array(&array, 3 + below(2));
  CALL(topoloss_resample_adjoint, given, some_spatial(), needed(extents), optional(numbers), percent(10),
       percent(3) ? (wrong = 1, NULL) : gradient, some_error());
  uint64_t bytes;
  CALL(topoloss_workspace_bytes, needed(extents), some_spatial(), below(14), needed(&bytes), some_error());
}

static void tokens(void) {
  Held *one = some(TOKEN);
  void *handle = one->handle != NULL ? use(one) : NULL;
  CALL(topoloss_cancellation_cancel, handle);
  handle = one->handle != NULL ? use(one) : NULL;
  CALL(topoloss_cancellation_reset, handle);
  keep(TOKEN, topoloss_cancellation_create());
  of("topoloss_cancellation_create")->calls++, of("topoloss_cancellation_create")->successes++;
}

/* Destroys a handle, alive or not. */
static void destroy(void) {
  int kind = percent(60) ? DIAGRAMS : below(KINDS);
  Held *one = some(kind);
  int alive = one->alive;
  if (!alive && one->handle != NULL) use(one);
  topoloss_status status = destroy_held(kind, one);
  if ((alive || one->handle == NULL) && status != TOPOLOSS_OK)
    fail("destroy", status, "a living handle was refused");
}

#include "misuse_trainer.h"

/* ---------------------------------------------------------------- the whole */

/* After whatever came before, a good call is right. */
static void check_that_it_still_works(void) {
  const float ring[9] = {1, 1, 1, 1, 0, 1, 1, 1, 1};
  const int64_t shape[2] = {3, 3};
  topoloss_array array = {sizeof array, ring, TOPOLOSS_FLOAT32, 0, 2, 0, shape, NULL};
  topoloss_diagrams *diagrams = NULL;
  int64_t count = 0;
  topoloss_status status = topoloss_persistence_diagrams(&array, 2, NULL, &diagrams, NULL);
  if (status != TOPOLOSS_OK || topoloss_diagrams_copy(diagrams, 0, 1, NULL, NULL, 0, &count, NULL) != TOPOLOSS_OK ||
      count != 1 || topoloss_diagrams_destroy(diagrams) != TOPOLOSS_OK)
    fail("a good call", status, "it fails, or its answer is wrong");
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  long sequences = atol(argv[1]);
  state = (uint64_t)atol(argv[2]) * 1000003 + 1;
  points_out = malloc(600 * sizeof *points_out), voxels_out = malloc(600 * sizeof *voxels_out);
  values = malloc(VOLUMES * sizeof *values), terms = malloc(9 * VOLUMES * sizeof *terms);
  gradient = malloc(16 << 10), other_gradient = malloc(16 << 10);
  void (*const acts[])(void) = {persistence, look_at_diagrams, distances, loss, resampling, tokens, destroy,
                                texts, trainer};
  const int share[] = {20, 18, 9, 14, 9, 10, 8, 4, 8};
  for (sequence = 0; sequence < sequences; sequence++) {
    new_numbers();
    new_lists();
    for (int call = 0; call < 8; call++) {
      int place = below(100), act = 0;
      while (place >= share[act]) place -= share[act++];
      acts[act]();
    }
    check_that_it_still_works();
  }
  let_go();
  printf("failures %ld\n", failures);
  for (Coverage *entry = coverage; entry->name != NULL; entry++)
    printf("%s %ld %ld\n", entry->name, entry->calls, entry->successes);
  return failures != 0;
}
