/* What this processor can do, and the one loop that needs it: the row compare of the
   discrete gradient. The same source is compiled for several instruction sets and the
   best one is chosen when the library first runs. */
#ifndef CPROCESSOR_H
#define CPROCESSOR_H

#include <stdint.h>

enum { CPROCESSOR_PORTABLE = 0, CPROCESSOR_AVX2 = 1, CPROCESSOR_AVX512 = 2 };

/* The best level of this machine, or a lower one when the environment variable
   TOPOLOSS_INSTRUCTION_SET (portable, avx2, avx512) or the test hook below says so. */
int cprocessor_level(void);

/* Test hook: use at most this level from now on. */
void cprocessor_limit_level(int level);

const char *cprocessor_level_name(int level);

/* Asks for the memory at `address`, which will be needed soon. */
static inline void cprocessor_prefetch(const void *address) { __builtin_prefetch(address); }

/* How many processors this process may use, at least 1. */
int cprocessor_count(void);

/* Rounds to nearest, keeps denormal numbers and traps nothing on the calling thread, and on threads that it
   starts from now on. Returns what was before, status flags included, for cprocessor_restore_floats. */
uint64_t cprocessor_default_floats(void);
void cprocessor_restore_floats(uint64_t mode);

/* The neighbours of a voxel that a volume has, in four groups:
   before/after: whether the neighbour's index is lower or higher than the voxel's;
   the first edges_before / edges_after of each group are the edge neighbours. */
typedef struct {
  int32_t edges_before, before, edges_after, after;
  int32_t offset_before[13], offset_after[13]; /* in elements */
  uint32_t bit_before[13], bit_after[13];      /* 0 ... 25; edges are bits 0 ... 5 */
} cprocessor_stencil;

/* Adds a neighbour; edges (bits 0 ... 5) must come before all others, from low to high offset. */
static inline void cprocessor_add_neighbour(cprocessor_stencil *stencil, int32_t offset, uint32_t bit) {
  int32_t *count = offset < 0 ? &stencil->before : &stencil->after;
  int32_t *edges = offset < 0 ? &stencil->edges_before : &stencil->edges_after;
  (offset < 0 ? stencil->offset_before : stencil->offset_after)[*count] = offset;
  (offset < 0 ? stencil->bit_before : stencil->bit_after)[*count] = bit;
  *count += 1;
  *edges += bit < 6;
}

/* For each of `count` keys at `row`: bits 0 ... 25 of words[x] say which neighbours are
   lower (a neighbour with an equal key is lower when it comes before), bits 26 ... 28 the
   number of the lowest edge neighbour (0 when none is lower).
   Reads up to 15 keys past the row at every offset, writes up to 15 words past `count`. */
void cprocessor_lower_masks_i32(int level, const cprocessor_stencil *stencil, const int32_t *row,
                                int64_t count, uint32_t *words);
void cprocessor_lower_masks_i64(int level, const cprocessor_stencil *stencil, const int64_t *row,
                                int64_t count, uint32_t *words);

#endif
