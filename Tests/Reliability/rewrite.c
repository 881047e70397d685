/* rewrite CASES SEED: a thread rewrites what a call reads, all the while it runs (test B5).
 *
 * A call ends with a result that some volume has, or with an error that the table knows. Prints `cases N wrong N` and
 * how many of them ended well; AddressSanitizer looks on when it is compiled with it. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { SIDE = 14, VOXELS = SIDE * SIDE * SIDE, POINTS = 400, PIXELS = 16 * 16 };

/* What is rewritten: numbers for volumes and points, bytes for cells. */
static double *numbers[2];
static uint8_t *pixels;
static _Atomic int stop;
static int odd_values; /* NaN and infinities among the numbers */
static long wrong, good;

static double some_number(uint64_t *state) {
  uint32_t word = draw(state);
  if (odd_values && word % 4096 == 0) return word & 4096 ? NAN : -INFINITY;
  return word % 2 ? word % 7 : word * 1e-3;
}

static void *rewrite(void *seed) {
  uint64_t state = (uintptr_t)seed;
  while (!stop) {
    for (int i = 0; i < 64; i++) {
      uint32_t place = draw(&state);
      ((volatile double *)numbers[place % 2])[place / 2 % VOXELS] = some_number(&state);
      ((volatile uint8_t *)pixels)[draw(&state) % (66 * CELLS * PIXELS)] = (uint8_t)draw(&state);
    }
  }
  return NULL;
}

static void expect(int holds, const char *what) {
  if (holds) return;
  wrong++;
  fprintf(stderr, "%s\n", what);
}

/* Counts a call; whether it ended well. */
static int ended_well(topoloss_status status, const char *what) {
  static const topoloss_status earned[] = {TOPOLOSS_OK, TOPOLOSS_ENAN, TOPOLOSS_EINF, TOPOLOSS_ESHAPE,
                                           TOPOLOSS_EARGUMENT};
  int known = 0;
  for (size_t i = 0; i < sizeof earned / sizeof *earned; i++) known |= status == earned[i];
  if (!known) fprintf(stderr, "%s\n", topoloss_status_name(status));
  expect(known, what);
  good += status == TOPOLOSS_OK;
  return status == TOPOLOSS_OK;
}

static const int64_t cube[3] = {SIDE, SIDE, SIDE};
static topoloss_array volume(int which) { return array_of(numbers[which], TOPOLOSS_FLOAT64, 3, cube); }

/* Diagrams that one volume has: each pair's birth is not below its death, one class never ends. */
static void diagrams(int threads) {
  topoloss_array array = volume(0);
  topoloss_options options;
  topoloss_options_init(&options);
  options.threads = threads;
  topoloss_diagrams *handle = NULL;
  if (!ended_well(topoloss_persistence_diagrams(&array, 3, &options, &handle, NULL), "diagrams")) return;
  for (int32_t k = 0; k < 3; k++) {
    int64_t count = 0, essential = 0;
    topoloss_diagrams_copy(handle, 0, k, NULL, NULL, 0, &count, NULL);
    double *points = malloc((size_t)count * 16 + 1);
    int64_t *voxels = malloc((size_t)count * 16 + 1);
    topoloss_diagrams_copy(handle, 0, k, points, voxels, count, &count, NULL);
    for (int64_t i = 0; i < count; i++) {
      expect(points[2 * i] >= points[2 * i + 1], "a pair dies before its birth");
      expect(voxels[2 * i] >= 0 && voxels[2 * i] < VOXELS && voxels[2 * i + 1] >= -1 && voxels[2 * i + 1] < VOXELS,
             "a voxel is outside the volume");
      essential += voxels[2 * i + 1] == -1;
    }
    expect(essential == (k == 0), "another number of classes never ends");
    free(points), free(voxels);
  }
  topoloss_diagrams_destroy(handle);
}

static void loss(int threads) {
  topoloss_array prediction = volume(0), target = volume(1);
  topoloss_loss_options options;
  topoloss_loss_options_init(&options);
  options.threads = threads;
  options.dimensions = 7;
  for (int i = 0; i < 3; i++) options.resolution[i] = threads % 2 ? 0 : 6;
  double value = NAN, *gradient = malloc(VOXELS * sizeof *gradient), *other = malloc(VOXELS * sizeof *other);
  if (ended_well(topoloss_topological_loss(&prediction, &target, 3, &options, &value, NULL, gradient, other, NULL),
                 "the loss")) {
    expect(isfinite(value) && value >= 0, "a loss that no volume has");
    for (int i = 0; i < VOXELS; i++) expect(isfinite(gradient[i]) && isfinite(other[i]), "a gradient is no number");
  }
  double *resampled = malloc(VOXELS * sizeof *resampled);
  ended_well(topoloss_resample(&prediction, 3, (const int64_t[]){5, 5, 5}, resampled, NULL), "resampling");
  free(gradient), free(other), free(resampled);
}

static void distances(int threads) {
  const double *first[2] = {numbers[0], numbers[1]}, *second[2] = {numbers[1], numbers[0] + 2 * POINTS};
  const int64_t counts[2] = {POINTS, POINTS - 9};
  topoloss_distance_options options;
  topoloss_distance_options_init(&options);
  options.threads = threads;
  options.essential_classes = TOPOLOSS_ESSENTIAL_IGNORED;
  double found[2], u[POINTS], v[POINTS];
  int64_t partners[POINTS];
  ended_well(topoloss_wasserstein(first, counts, second, counts, 2, &options, found, NULL), "distances");
  ended_well(topoloss_bottleneck(first, counts, second, counts, 2, &options, found, NULL), "bottleneck");
  ended_well(topoloss_sliced_wasserstein(first, counts, second, counts, 2, 9, &options, found, NULL), "sliced");
  ended_well(topoloss_total_persistence(first[0], POINTS, 2, found, NULL), "persistence");
  ended_well(topoloss_persistent_entropy(first[0], POINTS, found, NULL), "entropy");
  if (ended_well(topoloss_wasserstein_matching(first[0], POINTS, second[0], POINTS, &options, found, partners, u, v,
                                               NULL), "a matching"))
    for (int i = 0; i < POINTS; i++) expect(partners[i] >= -1 && partners[i] < POINTS, "a partner is none");
}

static void trainer(int threads) {
  Cells all;
  describe_cells(&all, pixels, 16);
  topoloss_run_options options;
  topoloss_run_options_init(&options);
  options.threads = threads;
  topoloss_training *training = NULL;
  topoloss_model *model = NULL;
  const char *settings = "{\"base_filters\": 2, \"epochs\": 1, \"batch_size\": 2, \"topological_resolution\": 8}";
  if (ended_well(topoloss_training_create(settings, &all.cells, &all.split, &options, &training, NULL), "a training") &&
      ended_well(topoloss_training_fit(training, NULL, NULL, NULL, NULL), "the fit") &&
      ended_well(topoloss_training_model(training, &model, NULL), "the model")) {
    float *volumes = malloc(sizeof *volumes * CELLS * 64 * PIXELS);
    if (ended_well(topoloss_model_predict(model, &all.cells, NULL, volumes, NULL), "a prediction"))
      for (int i = 0; i < CELLS * 64 * PIXELS; i++)
        expect(volumes[i] >= 0 && volumes[i] <= 1, "a prediction is no probability");
    double scores[12 * CELLS];
    ended_well(topoloss_evaluate(settings, &all.arrays[2], &all.arrays[2], &options, scores, NULL), "scores");
    free(volumes);
  }
  topoloss_training_destroy(training);
  topoloss_model_destroy(model);
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int cases = atoi(argv[1]);
  uint64_t state = (uint64_t)atol(argv[2]);
  for (int i = 0; i < 2; i++) {
    numbers[i] = malloc(VOXELS * sizeof **numbers);
    for (int j = 0; j < VOXELS; j++) numbers[i][j] = some_number(&state);
  }
  pixels = malloc(66 * CELLS * PIXELS);
  for (int i = 0; i < 66 * CELLS * PIXELS; i++) pixels[i] = (uint8_t)draw(&state);
  void (*const calls[])(int) = {diagrams, loss, distances, diagrams, loss, trainer};
  for (int i = 0; i < cases; i++) {
    odd_values = i % 4 == 3;
    for (int j = 0; j < VOXELS; j++) numbers[0][j] = some_number(&state), numbers[1][j] = some_number(&state);
    pthread_t thread;
    stop = 0;
    pthread_create(&thread, NULL, rewrite, (void *)(uintptr_t)(draw(&state) + 1));
    calls[i % 6](1 + i / 6 % 3);
    stop = 1;
    pthread_join(thread, NULL);
  }
  printf("cases %d wrong %ld good %ld\n", cases, wrong, good);
  return wrong != 0;
}
