#define _GNU_SOURCE /* sched_getaffinity */
#include "cprocessor.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

static int detected_level(void) {
  int best = CPROCESSOR_PORTABLE;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) best = CPROCESSOR_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    best = CPROCESSOR_AVX512;
#endif
  const char *wish = getenv("TOPOLOSS_INSTRUCTION_SET");
  for (int level = CPROCESSOR_PORTABLE; wish && level < best; level++)
    if (strcmp(wish, cprocessor_level_name(level)) == 0) return level;
  return best;
}

static atomic_int known_level = -1; /* -1: not asked yet */

int cprocessor_level(void) {
  int level = atomic_load_explicit(&known_level, memory_order_relaxed);
  if (level < 0) {
    level = detected_level();
    atomic_store_explicit(&known_level, level, memory_order_relaxed);
  }
  return level;
}

void cprocessor_limit_level(int level) {
  int best = detected_level();
  atomic_store_explicit(&known_level, level < best ? level : best, memory_order_relaxed);
}

const char *cprocessor_level_name(int level) {
  switch (level) {
    case CPROCESSOR_AVX512: return "avx512";
    case CPROCESSOR_AVX2: return "avx2";
    default: return "portable";
  }
}

int cprocessor_count(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

/* The row compare, written once with the compiler's vectors of 64 bytes: one register with
   AVX-512, two with AVX2, four with SSE2 or NEON. `KEY` is the type of a key, `WORDS` the
   unsigned type of the same size. */
#define LOWER_MASKS(NAME, KEY, WORD, TARGET)                                                  \
  TARGET static void NAME(const cprocessor_stencil *s, const KEY *row, int64_t count,         \
                          uint32_t *words) {                                                  \
    enum { LANES = 64 / sizeof(KEY) };                                                        \
    typedef KEY keys __attribute__((vector_size(64), aligned(sizeof(KEY))));                  \
    typedef WORD bits __attribute__((vector_size(64)));                                       \
    typedef uint32_t out __attribute__((vector_size(LANES * 4), aligned(4)));                 \
    for (int64_t x = 0; x < count; x += LANES) {                                              \
      const KEY *at = row + x;                                                                \
      const keys me = *(const keys *)at;                                                      \
      keys best = me;                                                                         \
      bits mask = {0}, root = {0};                                                            \
      int k = 0;                                                                              \
      for (; k < s->edges_before; k++) {                                                      \
        const keys n = *(const keys *)(at + s->offset_before[k]);                             \
        mask |= (bits)(n <= me) & ((WORD)1 << s->bit_before[k]);                              \
        const bits better = (bits)(n <= best);                                                \
        best = (keys)(((bits)n & better) | ((bits)best & ~better));                           \
        root = (better & ((WORD)s->bit_before[k] << 26)) | (root & ~better);                  \
      }                                                                                       \
      for (; k < s->before; k++)                                                              \
        mask |= (bits)(*(const keys *)(at + s->offset_before[k]) <= me) &                     \
                ((WORD)1 << s->bit_before[k]);                                                \
      for (k = 0; k < s->edges_after; k++) {                                                  \
        const keys n = *(const keys *)(at + s->offset_after[k]);                              \
        mask |= (bits)(n < me) & ((WORD)1 << s->bit_after[k]);                                \
        const bits better = (bits)(n < best);                                                 \
        best = (keys)(((bits)n & better) | ((bits)best & ~better));                           \
        root = (better & ((WORD)s->bit_after[k] << 26)) | (root & ~better);                   \
      }                                                                                       \
      for (; k < s->after; k++)                                                               \
        mask |= (bits)(*(const keys *)(at + s->offset_after[k]) < me) &                       \
                ((WORD)1 << s->bit_after[k]);                                                 \
      *(out *)(words + x) = __builtin_convertvector(mask | root, out);                        \
    }                                                                                         \
  }

LOWER_MASKS(masks_i32_portable, int32_t, uint32_t, )
LOWER_MASKS(masks_i64_portable, int64_t, uint64_t, )
#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,bmi2")))
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"), min_vector_width(512)))
LOWER_MASKS(masks_i32_avx2, int32_t, uint32_t, AVX2)
LOWER_MASKS(masks_i64_avx2, int64_t, uint64_t, AVX2)
LOWER_MASKS(masks_i32_avx512, int32_t, uint32_t, AVX512)
LOWER_MASKS(masks_i64_avx512, int64_t, uint64_t, AVX512)
#endif

void cprocessor_lower_masks_i32(int level, const cprocessor_stencil *stencil, const int32_t *row,
                                int64_t count, uint32_t *words) {
#if defined(__x86_64__)
  if (level >= CPROCESSOR_AVX512) return masks_i32_avx512(stencil, row, count, words);
  if (level >= CPROCESSOR_AVX2) return masks_i32_avx2(stencil, row, count, words);
#endif
  (void)level;
  masks_i32_portable(stencil, row, count, words);
}

void cprocessor_lower_masks_i64(int level, const cprocessor_stencil *stencil, const int64_t *row,
                                int64_t count, uint32_t *words) {
#if defined(__x86_64__)
  if (level >= CPROCESSOR_AVX512) return masks_i64_avx512(stencil, row, count, words);
  if (level >= CPROCESSOR_AVX2) return masks_i64_avx2(stencil, row, count, words);
#endif
  (void)level;
  masks_i64_portable(stencil, row, count, words);
}

#if defined(__x86_64__)
uint64_t cprocessor_default_floats(void) {
  unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(0x1f80); /* nearest, denormals kept, all exceptions masked, no flags */
  return before;
}

void cprocessor_restore_floats(uint64_t mode) { __builtin_ia32_ldmxcsr((unsigned)mode); }
#elif defined(__aarch64__)
/* The control register in the low half, the status flags above. */
uint64_t cprocessor_default_floats(void) {
  uint64_t control, status;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control), "=r"(status));
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %0" : : "r"((uint64_t)0) : "memory");
  return control | status << 32;
}

void cprocessor_restore_floats(uint64_t mode) {
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(mode & 0xffffffff), "r"(mode >> 32) : "memory");
}
#else
uint64_t cprocessor_default_floats(void) { return 0; }
void cprocessor_restore_floats(uint64_t mode) { (void)mode; }
#endif
