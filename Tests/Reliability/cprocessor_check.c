/* The row compare against a plain one, on memory that ends where the contract says: under AddressSanitizer
   a read or a write beyond it is a report. Prints how many words it has compared. */
#include <stdint.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cprocessor.h"

enum { SLACK = 15, REACH = 40 };

static uint64_t state = 0x5DEECE66Du;

static uint32_t next_random(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

/* Bits 0 to 25: which neighbours are lower; 26 to 28: the lowest edge neighbour. */
static uint32_t plain_word(const cprocessor_stencil *s, const int64_t *at) {
  uint32_t mask = 0, root = 0;
  int64_t best = *at;
  for (int k = 0; k < s->before; k++) {
    int64_t key = at[s->offset_before[k]];
    if (key <= *at) mask |= 1u << s->bit_before[k];
    if (k < s->edges_before && key <= best) best = key, root = s->bit_before[k];
  }
  for (int k = 0; k < s->after; k++) {
    int64_t key = at[s->offset_after[k]];
    if (key < *at) mask |= 1u << s->bit_after[k];
    if (k < s->edges_after && key < best) best = key, root = s->bit_after[k];
  }
  return mask | root << 26;
}

static void fill(cprocessor_stencil *s, int neighbours) {
  memset(s, 0, sizeof *s);
  int32_t offset = -REACH;
  for (int32_t edge = 0; edge < 6; edge++, offset += 2 * REACH / 5) cprocessor_add_neighbour(s, offset, (uint32_t)edge);
  for (int i = 6; i < neighbours; i++)
    cprocessor_add_neighbour(s, (int32_t)(next_random() % REACH + 1) * (i % 2 ? 1 : -1), (uint32_t)i);
}

static int compare(int level, int64_t count, const cprocessor_stencil *s) {
  int64_t keys = 2 * REACH + count + SLACK;
  int64_t *wide = malloc((size_t)keys * sizeof *wide);
  int32_t *narrow = malloc((size_t)keys * sizeof *narrow);
  uint32_t *words = malloc((size_t)(count + SLACK) * sizeof *words);
  if (wide == NULL || narrow == NULL || words == NULL) exit(2);
  for (int64_t i = 0; i < keys; i++) wide[i] = narrow[i] = (int32_t)(next_random() % 7) - 3;
  if (keys > 50) wide[50] = narrow[50] = INT32_MIN, wide[20] = narrow[20] = INT32_MAX;
  int wrong = 0;
  for (int is_wide = 0; is_wide < 2; is_wide++) {
    if (is_wide)
      cprocessor_lower_masks_i64(level, s, wide + REACH, count, words);
    else
      cprocessor_lower_masks_i32(level, s, narrow + REACH, count, words);
    for (int64_t x = 0; x < count; x++) wrong += words[x] != plain_word(s, wide + REACH + x);
  }
  free(wide), free(narrow), free(words);
  return wrong;
}

/* Whether numbers are rounded up now. */
static int rounds_up(void) {
  volatile float one = 1, little = 0x1p-30f;
  return one + little > 1;
}

/* In between, the mode is the default; afterwards, it is the caller's. */
static int check_floats(void) {
  fesetround(FE_UPWARD);
  int wrong = !rounds_up();
  uint64_t mode = cprocessor_default_floats();
  wrong += rounds_up();
  cprocessor_restore_floats(mode);
  wrong += !rounds_up();
  fesetround(FE_TONEAREST);
  return wrong;
}

int main(void) {
  int wrong = (cprocessor_count() < 1) + check_floats(), compared = 0;
  for (int level = CPROCESSOR_PORTABLE; level <= cprocessor_level(); level++) {
    if (strcmp(cprocessor_level_name(level), "") == 0) wrong++;
    for (int64_t count = 1; count <= 70; count++)
      for (int neighbours = 6; neighbours <= 26; neighbours += 10, compared += 2 * (int)count) {
        cprocessor_stencil stencil;
        fill(&stencil, neighbours);
        wrong += compare(level, count, &stencil);
      }
  }
  cprocessor_limit_level(CPROCESSOR_PORTABLE);
  wrong += cprocessor_level() != CPROCESSOR_PORTABLE;
  cprocessor_limit_level(CPROCESSOR_AVX512);
  if (wrong) return fprintf(stderr, "%d words are wrong\n", wrong), 1;
  return printf("%d\n", compared) < 0;
}
