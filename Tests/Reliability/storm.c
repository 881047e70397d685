/* storm THREADS CALLS SEED: threads make mixed calls at once (test T4): diagrams, distances and losses whose answers
 * must be the serial ones; and handles that all of them use, exchange, cancel and destroy.
 *
 * Prints `calls N wrong N`. ThreadSanitizer looks on when it is compiled with it. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { VOLUMES = 6, SIDE = 7, VOXELS = SIDE * SIDE * SIDE, SHARED = 4, PIXELS = 16 * 16, MOST = 3 * VOXELS };

typedef struct {
  double points[2 * MOST];
  int64_t pairs;
  double distance, value;
  float gradient[VOXELS];
} Answer;

static float fields[VOLUMES][VOXELS];
static Answer expected[VOLUMES];
static uint8_t pixels[4 * 66 * PIXELS];
static _Atomic(topoloss_diagrams *) shared[SHARED];
static _Atomic(topoloss_training *) training;
static _Atomic(topoloss_model *) model;
static topoloss_cancellation *token;
static atomic_long wrong, done;
static int calls;

static void check(int holds, const char *what) {
  if (holds) return;
  atomic_fetch_add(&wrong, 1);
  fprintf(stderr, "%s\n", what);
}

static const int64_t cube[3] = {SIDE, SIDE, SIDE};

static topoloss_status diagrams_of(int volume, topoloss_cancellation *stop, int threads, topoloss_diagrams **made) {
  topoloss_array array = array_of(fields[volume], TOPOLOSS_FLOAT32, 3, cube);
  topoloss_options options;
  topoloss_options_init(&options);
  options.threads = threads;
  options.cancellation = stop;
  return topoloss_persistence_diagrams(&array, 3, &options, made, NULL);
}

/* Computes all there is of one volume. */
static void compute(int volume, int threads, Answer *answer) {
  topoloss_diagrams *diagrams = NULL;
  int64_t pairs[3] = {0, 0, 0}, count = 0;
  memset(answer, 0, sizeof *answer);
  check(diagrams_of(volume, NULL, threads, &diagrams) == TOPOLOSS_OK, "diagrams fail");
  for (int32_t k = 0; k < 3; k++) {
    check(topoloss_diagrams_copy(diagrams, 0, k, answer->points + 2 * answer->pairs, NULL, MOST - answer->pairs,
                                 &count, NULL) == TOPOLOSS_OK, "a diagram is not copied");
    pairs[k] = count;
    answer->pairs += count;
  }
  check(topoloss_diagrams_destroy(diagrams) == TOPOLOSS_OK, "diagrams are not destroyed");

  topoloss_distance_options distance;
  topoloss_distance_options_init(&distance);
  distance.threads = threads;
  distance.essential_classes = TOPOLOSS_ESSENTIAL_IGNORED;
  const double *first = answer->points, *second = answer->points + 2 * pairs[0];
  check(topoloss_wasserstein(&first, &pairs[0], &second, &pairs[1], 1, &distance, &answer->distance, NULL) ==
        TOPOLOSS_OK, "a distance fails");

  topoloss_loss_options loss;
  topoloss_loss_options_init(&loss);
  loss.threads = threads;
  loss.dimensions = 7;
  memset(loss.resolution, 0, sizeof loss.resolution);
  topoloss_array prediction = array_of(fields[volume], TOPOLOSS_FLOAT32, 3, cube);
  topoloss_array target = array_of(fields[(volume + 1) % VOLUMES], TOPOLOSS_FLOAT32, 3, cube);
  check(topoloss_topological_loss(&prediction, &target, 3, &loss, &answer->value, NULL, answer->gradient, NULL, NULL) ==
        TOPOLOSS_OK, "a loss fails");
}

/* Reads a handle that another thread may destroy meanwhile: the whole answer, or a refusal. */
static void read_shared(int place) {
  topoloss_diagrams *handle = atomic_load(&shared[place]);
  double points[2 * MOST];
  int64_t count = 0;
  topoloss_status status = topoloss_diagrams_copy(handle, 0, 0, points, NULL, MOST, &count, NULL);
  check(status == TOPOLOSS_OK || status == TOPOLOSS_EARGUMENT, "a shared handle gives another error");
  if (status == TOPOLOSS_OK)
    check(memcmp(points, expected[place].points, (size_t)count * 16) == 0, "a shared handle gives another answer");
}

static void exchange_shared(int place) {
  topoloss_diagrams *made = NULL;
  topoloss_status status = diagrams_of(place, token, 1, &made);
  check(status == TOPOLOSS_OK || status == TOPOLOSS_ECANCELLED, "neither done nor cancelled");
  if (status == TOPOLOSS_OK)
    check(topoloss_diagrams_destroy(atomic_exchange(&shared[place], made)) == TOPOLOSS_OK, "destroyed by another");
}

static int is_expected_of_shared(topoloss_status status) {
  return status == TOPOLOSS_OK || status == TOPOLOSS_EBUSY || status == TOPOLOSS_ECANCELLED;
}

static void use_trainer(uint32_t choice) {
  Cells all;
  describe_cells(&all, pixels, 16);
  topoloss_run_options options;
  topoloss_run_options_init(&options);
  options.cancellation = choice & 8 ? token : NULL;
  char text[1 << 14];
  int64_t length;
  if (choice % 3 == 0) {
    check(is_expected_of_shared(topoloss_training_step(training, &options, NULL, NULL)), "a step fails");
  } else if (choice % 3 == 1) {
    check(is_expected_of_shared(topoloss_training_log(training, text, sizeof text, &length, NULL)), "no log");
  } else {
    float *volumes = malloc(sizeof *volumes * 4 * 64 * PIXELS);
    check(is_expected_of_shared(topoloss_model_predict(model, &all.cells, &options, volumes, NULL)), "no prediction");
    free(volumes);
  }
}

static void *storm(void *seed) {
  uint64_t state = (uintptr_t)seed;
  Answer *answer = malloc(sizeof *answer);
  for (int call = 0; call < calls; call++) {
    uint32_t choice = draw(&state), volume = choice / 32 % VOLUMES;
    switch (choice % 16) {
      case 0: topoloss_cancellation_cancel(token); break;
      case 1: topoloss_cancellation_reset(token); break;
      case 2: use_trainer(choice / 512); break;
      case 3: case 4: exchange_shared(volume % SHARED); break;
      case 5: case 6: case 7: read_shared(volume % SHARED); break;
      default:
        compute((int)volume, 1 + (int)(choice / 1024 % 3), answer);
        check(memcmp(answer, &expected[volume], sizeof *answer) == 0, "not the serial answer");
    }
    atomic_fetch_add(&done, 1);
  }
  free(answer);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  int count = atoi(argv[1]);
  calls = atoi(argv[2]);
  uint64_t state = (uint64_t)atol(argv[3]);
  for (int v = 0; v < VOLUMES; v++)
    for (int i = 0; i < VOXELS; i++) fields[v][i] = (float)(draw(&state) % 1009);
  for (int v = 0; v < VOLUMES; v++) compute(v, 1, &expected[v]);
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (i % 16 / 4 == 1) * 255;
  token = topoloss_cancellation_create();
  for (int i = 0; i < SHARED; i++) {
    topoloss_diagrams *made = NULL;
    check(diagrams_of(i, NULL, 1, &made) == TOPOLOSS_OK, "no diagrams to share");
    shared[i] = made;
  }
  Cells all;
  describe_cells(&all, pixels, 16);
  const char *settings = "{\"base_filters\": 2, \"epochs\": 1000, \"batch_size\": 2, \"topological_resolution\": 4,"
                         " \"threads\": 2}";
  topoloss_training *new_training = NULL;
  topoloss_model *new_model = NULL;
  check(topoloss_training_create(settings, &all.cells, &all.split, NULL, &new_training, NULL) == TOPOLOSS_OK &&
        topoloss_model_create(settings, NULL, &new_model, NULL) == TOPOLOSS_OK, "no trainer");
  training = new_training, model = new_model;

  pthread_t *threads = malloc((size_t)count * sizeof *threads);
  for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, storm, (void *)(uintptr_t)(draw(&state) + 1));
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  free(threads);
  for (int i = 0; i < SHARED; i++) check(topoloss_diagrams_destroy(shared[i]) == TOPOLOSS_OK, "a shared handle is lost");
  check(topoloss_training_destroy(training) == TOPOLOSS_OK && topoloss_model_destroy(model) == TOPOLOSS_OK &&
        topoloss_cancellation_destroy(token) == TOPOLOSS_OK, "a handle is lost");
  printf("calls %ld wrong %ld\n", (long)done, (long)wrong);
  return wrong != 0;
}
