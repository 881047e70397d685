/* What libFuzzer calls, and the targets that go through the C interface. Bytes choose types, shapes and options
   first, then values; what a target is given can be freed by nobody but it, so that ASan sees every byte read
   beyond. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <topoloss.h>

/* In Targets.swift. */
void fuzz_tiff(const uint8_t *bytes, size_t count);
void fuzz_npy(const uint8_t *bytes, size_t count);
void fuzz_png(const uint8_t *bytes, size_t count);
void fuzz_safetensors(const uint8_t *bytes, size_t count);
void fuzz_settings(const uint8_t *bytes, size_t count);
void fuzz_split(const uint8_t *bytes, size_t count);
void fuzz_scores(const uint8_t *bytes, size_t count);

typedef struct {
  const uint8_t *bytes;
  size_t count;
} input;

static uint8_t byte(input *from) {
  if (!from->count) return 0;
  from->count -= 1;
  return *from->bytes++;
}

static int64_t below(input *from, int64_t end) { return byte(from) % end; }

/* A number that is small at times and anything at others. */
static int64_t number(input *from) {
  int64_t value = 0;
  if (byte(from) < 250) return below(from, 12);
  for (int place = 0; place < 8; place += 1) value = (int64_t)((uint64_t)value << 8 | byte(from));
  return value;
}

static void check(int is_right, const char *sentence) {
  if (is_right) return;
  fprintf(stderr, "fuzz: %s\n", sentence);
  abort();
}

static void check_status(topoloss_status status, const topoloss_error *error) {
  check(status == TOPOLOSS_OK || error->message[0], "an error without a message");
  check(status != TOPOLOSS_EINTERNAL, error->message);
  check(!strchr(error->message, '\n'), "a message of two lines");
}

static const int sizes[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};

/* An array of its own memory, as large as its shape and strides need; free its data. Extents may lie, when
   nothing may be read then. */
static topoloss_array array(input *from, int64_t shape[4], int64_t strides[4]) {
  topoloss_array array = {sizeof array, NULL, 0, 0, 0, 0, shape, NULL};
  array.dtype = (int32_t)(1 + below(from, 12));
  array.byte_swapped = (int32_t)below(from, 2);
  array.rank = (int32_t)(1 + below(from, 4));
  int64_t count = 1;
  for (int axis = 0; axis < array.rank; axis += 1) {
    shape[axis] = 1 + below(from, 7);
    count *= shape[axis];
  }
  size_t size = (size_t)(count * sizes[array.dtype]);
  uint8_t *data = malloc(size ? size : 1);
  for (size_t place = 0; place < size; place += 1) data[place] = byte(from);
  array.data = data;
  if (below(from, 4) == 0) {
    /* The same elements, from the last to the first. */
    int64_t stride = sizes[array.dtype];
    for (int axis = array.rank - 1; axis >= 0; axis -= 1) {
      strides[axis] = -stride;
      stride *= shape[axis];
    }
    array.data = data + size - sizes[array.dtype];
    array.strides = strides;
  }
  return array;
}

static void release(topoloss_array array) {
  int64_t count = 1;
  for (int axis = 0; axis < array.rank; axis += 1) count *= array.shape[axis];
  const uint8_t *data = array.data;
  if (array.strides) data -= (count - 1) * sizes[array.dtype];
  free((void *)data);
}

static void fuzz_diagrams(input from) {
  int64_t shape[4], strides[4], lies[4];
  topoloss_array field = array(&from, shape, strides);
  topoloss_options options;
  topoloss_options_init(&options);
  options.filtration = (int32_t)below(&from, 3);
  options.construction = (int32_t)below(&from, 3);
  options.dimensions = (uint32_t)below(&from, 9);
  options.threads = (int32_t)below(&from, 3);
  options.zero_persistence = (int32_t)below(&from, 2);
  options.max_memory = (uint64_t)1 << (10 + below(&from, 20));
  topoloss_error error = {sizeof error, TOPOLOSS_OK, 0, -1, ""};
  topoloss_diagrams *diagrams = NULL;
  topoloss_status status =
      topoloss_persistence_diagrams(&field, (int32_t)below(&from, 5), &options, &diagrams, &error);
  check_status(status, &error);
  check((status == TOPOLOSS_OK) == (diagrams != NULL), "diagrams and status disagree");
  for (int64_t volume = -1; diagrams && volume <= topoloss_diagrams_volumes(diagrams); volume += 1)
    for (int32_t dimension = -1; dimension <= 3; dimension += 1) {
      int64_t count = 0;
      if (topoloss_diagrams_copy(diagrams, volume, dimension, NULL, NULL, 0, &count, &error)) continue;
      double *points = malloc(sizeof *points * 2 * (size_t)(count + 1));
      int64_t *voxels = malloc(sizeof *voxels * 2 * (size_t)(count + 1));
      check(!topoloss_diagrams_copy(diagrams, volume, dimension, points, voxels, count, &count, &error),
            "diagrams are not copied");
      free(points);
      free(voxels);
    }
  topoloss_diagrams_destroy(diagrams);
  /* The bytes that a shape needs, of extents that overflow. */
  uint64_t bytes;
  for (int axis = 0; axis < 4; axis += 1) lies[axis] = number(&from);
  topoloss_workspace_bytes(lies, (int32_t)below(&from, 5), field.dtype, &bytes, &error);
  release(field);
}

/* A diagram of at most 24 points: coordinates are small fractions, or any bits. Free it. */
static double *points(input *from, int64_t *count) {
  *count = below(from, 25);
  double *found = malloc(sizeof *found * 2 * (size_t)(*count + 1));
  for (int64_t place = 0; place < 2 * *count; place += 1) {
    uint8_t kind = byte(from);
    uint64_t bits = 0;
    found[place] = (double)kind / 16;
    if (kind == 255) found[place] = INFINITY;
    if (kind != 254) continue;
    for (int next = 0; next < 8; next += 1) bits = bits << 8 | byte(from);
    memcpy(&found[place], &bits, sizeof bits);
  }
  return found;
}

static void fuzz_distances(input from) {
  static const double orders[] = {1, 2, 3, 1.5, 100, 0.5, INFINITY, NAN};
  topoloss_distance_options options;
  topoloss_distance_options_init(&options);
  options.order = orders[below(&from, 8)];
  options.ground_norm = (int32_t)below(&from, 3);
  options.essential_classes = (int32_t)below(&from, 3);
  options.threads = 1;
  options.max_memory = (uint64_t)1 << (10 + below(&from, 20));
  int64_t counts[2];
  double *first = points(&from, &counts[0]), *second = points(&from, &counts[1]);
  const double *one = first, *other = second;
  double distance = -1;
  topoloss_error error = {sizeof error, TOPOLOSS_OK, 0, -1, ""};
  topoloss_status status =
      topoloss_wasserstein(&one, &counts[0], &other, &counts[1], 1, &options, &distance, &error);
  check_status(status, &error);
  check(status || distance >= 0, "a distance that is none");
  size_t room = (size_t)(counts[0] + counts[1] + 1);
  int64_t *partners = malloc(sizeof *partners * room);
  double *potentials[2] = {malloc(sizeof(double) * room), malloc(sizeof(double) * room)};
  topoloss_status matched = topoloss_wasserstein_matching(
      first, counts[0], second, counts[1], &options, &distance, partners, potentials[0], potentials[1], &error);
  check_status(matched, &error);
  check_status(topoloss_bottleneck(&one, &counts[0], &other, &counts[1], 1, &options, &distance, &error), &error);
  check_status(topoloss_sliced_wasserstein(&one, &counts[0], &other, &counts[1], 1, (int32_t)number(&from) % 64,
                                           &options, &distance, &error), &error);
  check_status(topoloss_total_persistence(first, counts[0], options.order, &distance, &error), &error);
  check_status(topoloss_persistent_entropy(first, counts[0], &distance, &error), &error);
  free(partners);
  free(potentials[0]);
  free(potentials[1]);
  free(first);
  free(second);
}

static void fuzz_loss(input from) {
  int64_t shape[4], strides[4], other_shape[4], other_strides[4];
  topoloss_array prediction = array(&from, shape, strides), target = array(&from, other_shape, other_strides);
  topoloss_loss_options options;
  topoloss_loss_options_init(&options);
  options.filtration = (int32_t)below(&from, 3);
  options.construction = (int32_t)below(&from, 3);
  options.dimensions = (uint32_t)below(&from, 9);
  options.essential_classes = (int32_t)below(&from, 4);
  options.order = (double)byte(&from) / 16;
  options.total_persistence = (int32_t)below(&from, 2);
  options.dimension_reduction = (int32_t)below(&from, 3);
  for (int axis = 0; axis < 3; axis += 1) options.resolution[axis] = number(&from);
  options.minimum_persistence = (double)byte(&from) / 64;
  options.gradient_at_resolution = (int32_t)below(&from, 2);
  options.threads = 1;
  options.max_memory = (uint64_t)1 << (10 + below(&from, 20));
  int32_t spatial_rank = (int32_t)below(&from, 5);
  int64_t count = 1, others = 1;
  for (int axis = 0; axis < prediction.rank; axis += 1) count *= shape[axis];
  for (int axis = 0; axis < target.rank; axis += 1) others *= other_shape[axis];
  double *values = malloc(sizeof *values * (size_t)count), *terms = malloc(sizeof *terms * 9 * (size_t)count);
  void *gradient = malloc(8 * (size_t)count), *target_gradient = malloc(8 * (size_t)others);
  topoloss_error error = {sizeof error, TOPOLOSS_OK, 0, -1, ""};
  check_status(topoloss_topological_loss(&prediction, &target, spatial_rank, &options, values, terms, gradient,
                                         byte(&from) % 2 ? target_gradient : NULL, &error), &error);
  /* At most one volume, so that one list of diagrams is enough. */
  int64_t counts[3] = {0, 0, 0};
  double *lists[3];
  for (int dimension = 0; dimension < 3; dimension += 1) lists[dimension] = points(&from, &counts[dimension]);
  const double *const diagrams[3] = {lists[0], lists[1], lists[2]};
  double last = (double)byte(&from) / 16;
  if (spatial_rank == prediction.rank)
    check_status(topoloss_topological_loss_to_diagrams(&prediction, spatial_rank, diagrams, counts, &last, &options,
                                                       values, terms, gradient, &error), &error);
  for (int dimension = 0; dimension < 3; dimension += 1) free(lists[dimension]);
  free(values);
  free(terms);
  free(gradient);
  free(target_gradient);
  release(prediction);
  release(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const struct {
    const char *name;
    void (*of_bytes)(const uint8_t *, size_t);
    void (*of_input)(input);
  } targets[] = {
      {"tiff", fuzz_tiff, NULL},         {"npy", fuzz_npy, NULL},
      {"png", fuzz_png, NULL},           {"safetensors", fuzz_safetensors, NULL},
      {"settings", fuzz_settings, NULL}, {"split", fuzz_split, NULL},
      {"scores", fuzz_scores, NULL},     {"diagrams", NULL, fuzz_diagrams},
      {"distances", NULL, fuzz_distances}, {"loss", NULL, fuzz_loss},
  };
  static size_t chosen = sizeof targets / sizeof *targets;
  const char *name = getenv("FUZZ_TARGET");
  for (size_t place = 0; name && place < sizeof targets / sizeof *targets; place += 1)
    if (!strcmp(targets[place].name, name)) chosen = place;
  check(chosen < sizeof targets / sizeof *targets, "FUZZ_TARGET is none of the targets");
  if (targets[chosen].of_bytes) targets[chosen].of_bytes(bytes, count);
  else targets[chosen].of_input((input){bytes, count});
  return 0;
}
