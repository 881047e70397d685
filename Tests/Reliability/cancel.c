/* cancel CASES SEED: how long a call goes on after it was told to stop (test T11).
 *
 * A token that another thread cancels, or a deadline that should_cancel looks at, at a random moment of a call that
 * takes much longer. Prints `cases N wrong N worst MILLISECONDS`. A call is right if it ends with
 * TOPOLOSS_ECANCELLED at most 100 ms after the moment, and a small call after it with its usual answer. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver.h"

enum { SIDE = 112, VOXELS = SIDE * SIDE * SIDE, POINTS = 20000, PIXELS = 64 * 64 };
static const double allowed = 0.100;
/* Other programs may take the processors away for a moment. */
enum { ATTEMPTS = 4 };

static float *noise[2];
static double *points[2];
static uint8_t *pixels;
static double expected;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* When a call is to stop, and by what. */
typedef struct {
  topoloss_cancellation *token;
  double deadline;
  _Atomic double cancelled; /* when the token was */
} Stop;

static int32_t is_late(void *context) { return now() >= ((Stop *)context)->deadline; }

static void *cancel(void *context) {
  Stop *stop = context;
  double left = stop->deadline - now();
  if (left > 0) nanosleep(&(struct timespec){0, (long)(left * 1e9)}, NULL);
  stop->cancelled = now();
  topoloss_cancellation_cancel(stop->token);
  return NULL;
}

#define MEANS(options)                                    \
  options.threads = threads;                              \
  options.cancellation = stop->token;                     \
  options.should_cancel = stop->token ? NULL : is_late;   \
  options.context = stop

static const int64_t cube[3] = {SIDE, SIDE, SIDE};

static topoloss_status diagrams(Stop *stop, int threads) {
  topoloss_array array = array_of(noise[0], TOPOLOSS_FLOAT32, 3, cube);
  topoloss_options options;
  topoloss_options_init(&options);
  MEANS(options);
  topoloss_diagrams *made = NULL;
  topoloss_status status = topoloss_persistence_diagrams(&array, 3, &options, &made, NULL);
  topoloss_diagrams_destroy(made);
  return status;
}

static topoloss_status loss(Stop *stop, int threads) {
  topoloss_array one = array_of(noise[0], TOPOLOSS_FLOAT32, 3, cube);
  topoloss_array other = array_of(noise[1], TOPOLOSS_FLOAT32, 3, cube);
  topoloss_loss_options options;
  topoloss_loss_options_init(&options);
  options.dimensions = 7;
  memset(options.resolution, 0, sizeof options.resolution);
  MEANS(options);
  static float gradient[VOXELS];
  return topoloss_topological_loss(&one, &other, 3, &options, NULL, NULL, gradient, NULL, NULL);
}

static topoloss_status distance(Stop *stop, int threads) {
  const double *first = points[0], *second = points[1];
  const int64_t count = POINTS;
  topoloss_distance_options options;
  topoloss_distance_options_init(&options);
  MEANS(options);
  double found;
  return topoloss_wasserstein(&first, &count, &second, &count, 1, &options, &found, NULL);
}

static topoloss_status bottleneck(Stop *stop, int threads) {
  const double *first = points[0], *second = points[1];
  const int64_t count = POINTS;
  topoloss_distance_options options;
  topoloss_distance_options_init(&options);
  MEANS(options);
  double found;
  topoloss_status status = TOPOLOSS_OK; /* one is quick */
  while (status == TOPOLOSS_OK)
    status = topoloss_bottleneck(&first, &count, &second, &count, 1, &options, &found, NULL);
  return status;
}

/* Steps until one is stopped: most of the time is spent inside one. */
static topoloss_status step(Stop *stop, int threads) {
  static topoloss_training *training;
  topoloss_run_options options;
  topoloss_run_options_init(&options);
  if (training == NULL) {
    Cells all;
    describe_cells(&all, pixels, 64);
    topoloss_status status = topoloss_training_create("{\"epochs\": 100000, \"batch_size\": 3}", &all.cells,
                                                      &all.split, &options, &training, NULL);
    if (status != TOPOLOSS_OK) return status;
    stop->deadline += now();
  }
  MEANS(options);
  topoloss_status status = TOPOLOSS_OK;
  while (status == TOPOLOSS_OK) status = topoloss_training_step(training, &options, NULL, NULL);
  return status;
}

static double small_call(void) {
  double found = NAN;
  topoloss_wasserstein_matching(points[0], 50, points[1], 50, NULL, &found, NULL, NULL, NULL, NULL);
  return found;
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int cases = atoi(argv[1]);
  uint64_t state = (uint64_t)atol(argv[2]);
  for (int i = 0; i < 2; i++) {
    noise[i] = malloc(VOXELS * sizeof **noise);
    points[i] = malloc(2 * POINTS * sizeof **points);
    for (int j = 0; j < VOXELS; j++) noise[i][j] = (float)draw(&state);
    for (int j = 0; j < 2 * POINTS; j++) points[i][j] = draw(&state) / 2147483648.0;
  }
  pixels = malloc(66 * CELLS * PIXELS);
  for (int i = 0; i < 66 * CELLS * PIXELS; i++) pixels[i] = (uint8_t)((i / 16 % 4 == 1) * 255);
  expected = small_call();
  static const struct {
    const char *name;
    topoloss_status (*run)(Stop *stop, int threads);
  } calls[] = {{"diagrams", diagrams}, {"loss", loss}, {"distance", distance}, {"bottleneck", bottleneck}, {"step", step}};
  enum { KINDS = sizeof calls / sizeof *calls };
  long wrong = 0;
  double worst = 0;
  Stop first = {.deadline = 0};
  step(&first, 1); /* makes the training */
  for (int i = 0; i < cases; i++) {
    int kind = i % KINDS, by_token = i / KINDS % 2, threads = 1 + i / KINDS / 2 % 2;
    double late = INFINITY;
    topoloss_status status = TOPOLOSS_OK;
    for (int attempt = 0; attempt < ATTEMPTS && late > allowed; attempt++) {
      Stop stop = {.token = by_token ? topoloss_cancellation_create() : NULL};
      stop.deadline = now() + draw(&state) % 1000 * 1e-4;
      pthread_t thread;
      if (by_token) pthread_create(&thread, NULL, cancel, &stop);
      status = calls[kind].run(&stop, threads);
      double end = now();
      if (by_token) pthread_join(thread, NULL);
      late = end - (by_token ? stop.cancelled : stop.deadline);
      topoloss_cancellation_destroy(stop.token);
    }
    if (late > worst) worst = late;
    if (status != TOPOLOSS_ECANCELLED || late > allowed || late < 0 || small_call() != expected) {
      wrong++;
      fprintf(stderr, "case %d, %s: %s, %.0f ms late\n", i, calls[kind].name, topoloss_status_name(status), late * 1e3);
    }
  }
  printf("cases %d wrong %ld worst %.1f\n", cases, wrong, worst * 1e3);
  return wrong != 0;
}
