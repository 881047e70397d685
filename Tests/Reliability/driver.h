/* What the C programs of this folder have in common: chance, and cells as topoloss.h describes them. */
#include <stdint.h>

#include "topoloss.h"

static uint32_t draw(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

static topoloss_array array_of(const void *data, int32_t dtype, int32_t rank, const int64_t *shape) {
  return (topoloss_array){sizeof(topoloss_array), data, dtype, 0, rank, 0, shape, NULL};
}

/* Four cells, of which three train. */
enum { CELLS = 4 };
typedef struct {
  int64_t shapes[3][4];
  topoloss_array arrays[3];
  topoloss_cells cells;
  int64_t train[3], validation[1];
  topoloss_split split;
} Cells;

/* `pixels` holds images, masks and objects one after the other: 66 * CELLS * side * side bytes. */
static void describe_cells(Cells *all, const uint8_t *pixels, int64_t side) {
  *all = (Cells){.shapes = {{CELLS, side, side}, {CELLS, side, side}, {CELLS, 64, side, side}},
                 .train = {0, 1, 2}, .validation = {3}};
  for (int i = 0; i < 3; i++)
    all->arrays[i] = array_of(pixels + i * CELLS * side * side, TOPOLOSS_UINT8, i < 2 ? 3 : 4, all->shapes[i]);
  all->cells = (topoloss_cells){sizeof all->cells, &all->arrays[0], &all->arrays[1], &all->arrays[2], NULL};
  all->split = (topoloss_split){sizeof all->split, all->train, 3, all->validation, 1, NULL, 0};
}
