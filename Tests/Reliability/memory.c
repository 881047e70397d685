/* Preloaded into Python by the tests of refused memory. Large allocations, those of at least 64 KiB, are
   counted, and the k-th of them, or each from the k-th on, is refused. Small ones are as they always are. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LARGE ((size_t)1 << 16)
#define MOST_BLOCKS 16384

/* The allocator of the C library, by the names that cannot be preloaded. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static long asked, refused, refuse_at;
static int is_sticky;

/* The large blocks that are in use. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { uintptr_t address; size_t size; char is_old, is_known; } blocks[MOST_BLOCKS];
static int count;

/* From now on the k-th large allocation is refused, or each from there on; none if k is 0. */
void memory_refuse(long k, int sticky) {
  is_sticky = sticky;
  __atomic_store_n(&asked, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&refused, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&refuse_at, k, __ATOMIC_SEQ_CST);
}

/* Large allocations since then: all, and those that were refused. */
long memory_asked(void) { return __atomic_load_n(&asked, __ATOMIC_SEQ_CST); }
long memory_refused(void) { return __atomic_load_n(&refused, __ATOMIC_SEQ_CST); }

/* Nothing that is in use now counts as lost later. */
void memory_begin(void) {
  for (int i = 0; i < count; i++) blocks[i].is_old = 1;
}

/* Marks blocks whose addresses stand in the variables of our library: those it keeps for the next call. */
static int look_into(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size, (void)data;
  if (!strstr(object->dlpi_name, "topoloss")) return 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || !(part->p_flags & PF_W)) continue;
    const uintptr_t *word = (const uintptr_t *)((object->dlpi_addr + part->p_vaddr + 7) & ~(uintptr_t)7);
    for (size_t n = part->p_memsz / sizeof *word - 1; n > 0; n--, word++)
      for (int block = 0; block < count; block++) blocks[block].is_known |= blocks[block].address == *word;
  }
  return 0;
}

/* Bytes of the blocks since `memory_begin` that are in use, and that our library does not know any more. */
long memory_lost(void) {
  long lost = 0;
  for (int i = 0; i < count; i++) blocks[i].is_known = 0;
  dl_iterate_phdr(look_into, NULL);
  for (int i = 0; i < count; i++)
    if (!blocks[i].is_old && !blocks[i].is_known) lost += (long)blocks[i].size;
  return lost;
}

static int is_refused(size_t size) {
  if (size < LARGE) return 0;
  long k = __atomic_load_n(&refuse_at, __ATOMIC_SEQ_CST);
  long number = __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
  if (!k || number < k || (number > k && !is_sticky)) return 0;
  __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
  errno = ENOMEM;
  return 1;
}

static void *added(void *block) {
  size_t size = block ? malloc_usable_size(block) : 0;
  if (size < LARGE) return block;
  pthread_mutex_lock(&lock);
  if (count == MOST_BLOCKS) abort();
  memset(&blocks[count], 0, sizeof *blocks);
  blocks[count].address = (uintptr_t)block;
  blocks[count++].size = size;
  pthread_mutex_unlock(&lock);
  return block;
}

static void *removed(void *block) {
  if (!block || malloc_usable_size(block) < LARGE) return block;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < count; i++)
    if (blocks[i].address == (uintptr_t)block) {
      blocks[i] = blocks[--count];
      break;
    }
  pthread_mutex_unlock(&lock);
  return block;
}

void *malloc(size_t size) { return is_refused(size) ? NULL : added(__libc_malloc(size)); }

void *calloc(size_t number, size_t size) {
  size_t all;
  if (__builtin_mul_overflow(number, size, &all) || is_refused(all)) return NULL;
  return added(__libc_calloc(number, size));
}

void *realloc(void *block, size_t size) {
  if (is_refused(size)) return NULL;
  return added(__libc_realloc(removed(block), size));
}

void *memalign(size_t alignment, size_t size) {
  return is_refused(size) ? NULL : added(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (is_refused(size)) return ENOMEM;
  *block = added(__libc_memalign(alignment, size));
  return *block ? 0 : ENOMEM;
}

void free(void *block) { __libc_free(removed(block)); }
