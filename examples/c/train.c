/* Trains a small network on made-up cells and predicts one of them, in C11 (and C++17).
 *
 *   cc examples/c/train.c $(pkg-config --cflags --libs topoloss) -o train && ./train
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <topoloss.h>

enum { CELLS = 8, SIDE = 16, DEPTH = 64 };

static uint8_t images[CELLS][SIDE][SIDE], masks[CELLS][SIDE][SIDE];
static uint8_t objects[CELLS][DEPTH][SIDE][SIDE];
static float volumes[CELLS][DEPTH][SIDE][SIDE];

static void check(topoloss_status status, const topoloss_error *error) {
  if (status == TOPOLOSS_OK) return;
  fprintf(stderr, "%s: %s\n", topoloss_status_name(status), error->message);
  exit(EXIT_FAILURE);
}

static int32_t show(const topoloss_report *report, void *context) {
  (void)context;
  if (report->event == TOPOLOSS_EPOCH_DONE)
    printf("epoch %" PRId64 ": %.4f, validation %.4f\n", report->epoch, report->train.total,
           report->validation.total);
  return 0; /* anything else stops the training */
}

int main(void) {
  for (int n = 0; n < CELLS; n++) /* boxes of different heights; the higher, the brighter */
    for (int y = 4; y < 12; y++)
      for (int x = 4; x < 12; x++) {
        images[n][y][x] = (uint8_t)(100 + 16 * n);
        masks[n][y][x] = 255;
        for (int z = 30 - n; z < 34 + n; z++) objects[n][z][y][x] = 255;
      }
  const int64_t flat[3] = {CELLS, SIDE, SIDE}, deep[4] = {CELLS, DEPTH, SIDE, SIDE};
  topoloss_array image = {sizeof image, images, TOPOLOSS_UINT8, 0, 3, 0, flat, NULL};
  topoloss_array mask = {sizeof mask, masks, TOPOLOSS_UINT8, 0, 3, 0, flat, NULL};
  topoloss_array object = {sizeof object, objects, TOPOLOSS_UINT8, 0, 4, 0, deep, NULL};
  topoloss_cells cells = {sizeof cells, &image, &mask, &object, NULL};
  const int64_t train[] = {0, 1, 3, 4, 6, 7}, validation[] = {2, 5};
  topoloss_split split = {sizeof split, train, 6, validation, 2, NULL, 0};

  topoloss_error error = {sizeof error, TOPOLOSS_OK, 0, -1, ""};
  topoloss_training *training = NULL;
  topoloss_model *model = NULL;
  const char *settings = "{\"base_filters\": 2, \"epochs\": 3, \"topological_resolution\": 8}";
  check(topoloss_training_create(settings, &cells, &split, NULL, &training, &error), &error);
  check(topoloss_training_fit(training, NULL, show, NULL, &error), &error);
  check(topoloss_training_model(training, &model, &error), &error);
  check(topoloss_model_predict(model, &cells, NULL, &volumes[0][0][0][0], &error), &error);
  printf("probability in the middle of cell 0: %.3f\n", volumes[0][DEPTH / 2][SIDE / 2][SIDE / 2]);
  topoloss_model_destroy(model);
  topoloss_training_destroy(training);
  return EXIT_SUCCESS;
}
