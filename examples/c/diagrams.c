/* The persistence diagrams of a small volume, in C11 (and C++17).
 *
 * The volume is a 5 x 5 x 5 box of brightness 1 to 3 with a dark voxel inside: in the default
 * superlevel filtration one component (H0) that never ends, and one cavity (H2).
 *
 *   cc examples/c/diagrams.c $(pkg-config --cflags --libs topoloss) -o diagrams && ./diagrams
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <topoloss.h>

static void fail(const topoloss_error *error) {
  fprintf(stderr, "%s: %s\n", topoloss_status_name(error->code), error->message);
  exit(EXIT_FAILURE);
}

static void print_diagram(const topoloss_diagrams *diagrams, int32_t dimension, topoloss_error *error) {
  int64_t count = 0; /* first call: how many pairs */
  if (topoloss_diagrams_copy(diagrams, 0, dimension, NULL, NULL, 0, &count, error)) fail(error);
  double *points = (double *)malloc((size_t)(count + 1) * 2 * sizeof *points);
  int64_t *voxels = (int64_t *)malloc((size_t)(count + 1) * 2 * sizeof *voxels);
  if (!points || !voxels) exit(EXIT_FAILURE);
  /* second call: the pairs themselves */
  if (topoloss_diagrams_copy(diagrams, 0, dimension, points, voxels, count, &count, error)) fail(error);
  for (int64_t i = 0; i < count; i++)
    printf("H%" PRId32 "  birth %g  death %g  creator %" PRId64 "  destroyer %" PRId64 "\n", dimension,
           points[2 * i], points[2 * i + 1], voxels[2 * i], voxels[2 * i + 1]);
  free(points);
  free(voxels);
}

int main(void) {
  float volume[5][5][5] = {{{0}}};
  for (int z = 1; z < 4; z++)
    for (int y = 1; y < 4; y++)
      for (int x = 1; x < 4; x++) volume[z][y][x] = (float)x; /* brighter to the right */
  volume[2][2][2] = 0.5f;                                     /* the cavity */

  const int64_t shape[3] = {5, 5, 5};
  topoloss_array array = {sizeof array, volume, TOPOLOSS_FLOAT32, 0, 3, 0, shape, NULL};
  topoloss_options options;
  topoloss_options_init(&options);
  topoloss_error error = {sizeof error, TOPOLOSS_OK, 0, -1, ""};

  topoloss_diagrams *diagrams = NULL;
  if (topoloss_persistence_diagrams(&array, 3, &options, &diagrams, &error)) fail(&error);
  for (int32_t dimension = 0; dimension < 3; dimension++) print_diagram(diagrams, dimension, &error);
  topoloss_diagrams_destroy(diagrams);
  return EXIT_SUCCESS;
}
