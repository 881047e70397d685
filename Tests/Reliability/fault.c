/* Preloaded into the program by the reliability tests. Counts every file operation that changes something,
   and by environment variables
     FAULT_LOG=FILE   appends each to FILE: "name TAB path TAB argument TAB bytes NEWLINE", then the bytes
     FAULT_KILL=K     ends the process at operation K (from 1) as kill -9 would; half of a write is done then
     FAULT_KEEP=1     unlink does nothing: every checkpoint stays
   The calls go to the kernel directly, so nothing is counted twice. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_FILES 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char is_written[MOST_FILES];
static long operations, kill_at;
static int log_file = -1, keeps;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_LOG");
  const char *count = getenv("FAULT_KILL");
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  if (path) log_file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0666);
  if (count) kill_at = atol(count);
  keeps = getenv("FAULT_KEEP") != NULL;
}

/* Logs the operation, which is about to be done, and ends the process if it is the one. For a write to
   `file`, `data` is what it writes. */
static void operation(const char *name, const char *path, const char *argument, int file,
                      const void *data, size_t size) {
  char place[64], named[4096] = "";
  pthread_mutex_lock(&lock);
  if (!path) {
    snprintf(place, sizeof place, "/proc/self/fd/%d", file);
    if (readlink(place, named, sizeof named - 1) < 0) named[0] = 0;
    path = named;
  }
  operations += 1;
  if (operations == kill_at) {
    if (data && syscall(SYS_write, file, data, size / 2) < 0) { /* ended all the same */ }
    syscall(SYS_exit_group, 137);
  }
  if (log_file >= 0) {
    char line[9000];
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%zu\n", name, path,
                          argument ? argument : "", data ? size : 0);
    if (syscall(SYS_write, log_file, line, (size_t)length) < 0 ||
        (data && syscall(SYS_write, log_file, data, size) < 0))
      syscall(SYS_exit_group, 99); /* a log with a gap would prove nothing */
  }
  pthread_mutex_unlock(&lock);
}

static int open_counted(const char *path, int flags, mode_t mode) {
  int writes = (flags & O_ACCMODE) != O_RDONLY;
  if (writes) operation("open", path, flags & O_TRUNC ? "truncate" : "", -1, NULL, 0);
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (file >= 0 && file < MOST_FILES) is_written[file] = (char)writes;
  return file;
}

#define OPEN(name)                                            \
  int name(const char *path, int flags, ...) {                \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                             \
    return open_counted(path, flags, mode);                   \
  }
OPEN(open)
OPEN(open64)

/* Writes to files that were not opened here are those to standard output and error. */
static int is_ours(int file) { return file >= 0 && file < MOST_FILES && is_written[file]; }

ssize_t write(int file, const void *data, size_t size) {
  if (is_ours(file)) operation("write", NULL, NULL, file, data, size);
  return syscall(SYS_write, file, data, size);
}

int close(int file) {
  if (is_ours(file)) is_written[file] = 0;
  return (int)syscall(SYS_close, file);
}

int ftruncate(int file, off_t size) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)size);
  operation("ftruncate", NULL, text, file, NULL, 0);
  return (int)syscall(SYS_ftruncate, file, size);
}

int fsync(int file) {
  operation("fsync", NULL, NULL, file, NULL, 0);
  return (int)syscall(SYS_fsync, file);
}

int rename(const char *path, const char *to) {
  operation("rename", path, to, -1, NULL, 0);
  return (int)syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
  operation("unlink", path, NULL, -1, NULL, 0);
  return keeps ? 0 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode) {
  operation("mkdir", path, NULL, -1, NULL, 0);
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
