/* How far two diagrams lie apart, and the topological loss of a volume with its gradient, in
 * C11 (and C++17).
 *
 *   cc examples/c/distance.c $(pkg-config --cflags --libs topoloss) -o distance && ./distance
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <topoloss.h>

static void fail(const topoloss_error *error) {
  fprintf(stderr, "%s: %s\n", topoloss_status_name(error->code), error->message);
  exit(EXIT_FAILURE);
}

/* A 5 x 5 x 5 volume with a bright box around one darker voxel: a cavity. */
static void make_cell(float volume[5][5][5], float skin, float cavity) {
  for (int z = 0; z < 5; z++)
    for (int y = 0; y < 5; y++)
      for (int x = 0; x < 5; x++) {
        int inside = z > 0 && z < 4 && y > 0 && y < 4 && x > 0 && x < 4;
        volume[z][y][x] = inside ? skin : 0;
      }
  volume[2][2][2] = cavity;
}

int main(void) {
  topoloss_error error = {sizeof error, TOPOLOSS_OK, 0, -1, ""};

  /* Birth, death. (5, 1) is matched with (5, 2); (3, 2.5) goes to the diagonal. */
  const double one[] = {5, 1, 3, 2.5}, other[] = {5, 2};
  const double *first[] = {one}, *second[] = {other};
  const int64_t first_counts[] = {2}, second_counts[] = {1};
  double distance = 0;
  if (topoloss_wasserstein(first, first_counts, second, second_counts, 1, NULL, &distance, &error))
    fail(&error);
  printf("W_2 = %.4f\n", distance);

  /* Both cells have the same skin, but the predicted cavity is half filled. */
  float prediction[5][5][5], target[5][5][5], gradient[5][5][5];
  make_cell(prediction, 1, 0.5f);
  make_cell(target, 1, 0);
  const int64_t shape[3] = {5, 5, 5};
  topoloss_array predicted = {sizeof predicted, prediction, TOPOLOSS_FLOAT32, 0, 3, 0, shape, NULL};
  topoloss_array truth = {sizeof truth, target, TOPOLOSS_FLOAT32, 0, 3, 0, shape, NULL};
  topoloss_loss_options options;
  topoloss_loss_options_init(&options); /* cavities, superlevel, W_2 */
  options.total_persistence = 0;
  double value = 0;
  if (topoloss_topological_loss(&predicted, &truth, 3, &options, &value, NULL, gradient, NULL, &error))
    fail(&error);
  printf("loss = %.4f\n", value);
  const float *slopes = &gradient[0][0][0];
  for (int64_t voxel = 0; voxel < 125; voxel++)
    if (slopes[voxel] != 0) printf("voxel %" PRId64 "  gradient %g\n", voxel, slopes[voxel]);
  return EXIT_SUCCESS;
}
