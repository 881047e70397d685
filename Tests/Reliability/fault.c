/* Preloaded into the program by the reliability tests. Counts every file operation that changes something,
   and by environment variables
     FAULT_LOG=FILE   appends each to FILE: "name TAB path TAB argument TAB bytes NEWLINE", then the bytes
     FAULT_KILL=K     ends the process at operation K (from 1) as kill -9 would; half of a write is done then
     FAULT_KEEP=1     unlink does nothing: every checkpoint stays
     FAULT_ERROR=K:NAME[:sticky]  operation K, or each from K on, fails with the error of this name and is not
                      done; SHORT: half of a write is done, and it says so; EINTR: each is done when it is
                      tried again
     FAULT_MORE=1     counts the opening of folders and the closing of written files, too
     FAULT_NO_ROOM=1  statvfs does not tell how much room there is
     FAULT_CLOCK=K    from the K-th look at it on, the clock of the day is one day back
   The calls go to the kernel directly, so nothing is counted twice. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define MOST_FILES 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char is_written[MOST_FILES];
static long operations, kill_at, fail_at, back_at, looks;
static int log_file = -1, keeps, counts_more, has_no_room, is_sticky, was_interrupted, error;

/* What `operation` returns for a write that is to be done in half. */
#define SHORT (-1)
static const struct { const char *name; int number; } errors[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},     {"EDQUOT", EDQUOT},
    {"EROFS", EROFS},   {"EINTR", EINTR}, {"SHORT", SHORT},
};

static void begin_errors(const char *order) {
  char name[16] = "", sticky[16] = "";
  if (sscanf(order, "%ld:%15[^:]:%15s", &fail_at, name, sticky) < 2) _exit(98);
  is_sticky = !strcmp(sticky, "sticky");
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (!strcmp(name, errors[i].name)) error = errors[i].number;
  if (!error) _exit(98);
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_LOG");
  const char *count = getenv("FAULT_KILL");
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  if (path) log_file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0666);
  const char *order = getenv("FAULT_ERROR");
  const char *clock = getenv("FAULT_CLOCK");
  if (count) kill_at = atol(count);
  if (order) begin_errors(order);
  if (clock) back_at = atol(clock);
  counts_more = getenv("FAULT_MORE") != NULL;
  has_no_room = getenv("FAULT_NO_ROOM") != NULL;
  keeps = getenv("FAULT_KEEP") != NULL;
}

/* The error that this operation, the newest one, is to fail with; 0 for none. */
static int failure(int is_write) {
  if (!fail_at || operations < fail_at || (operations > fail_at && !is_sticky)) return 0;
  if (error == SHORT && !is_write) return 0;
  if (error != EINTR) return error;
  /* Tried again, it is the same operation. */
  was_interrupted = !was_interrupted;
  operations -= was_interrupted && is_sticky;
  return was_interrupted ? EINTR : 0;
}

static void append(const char *name, const char *path, const char *argument, const void *data, size_t size) {
  char line[9000];
  int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%zu\n", name, path, argument ? argument : "",
                        data ? size : 0);
  if (syscall(SYS_write, log_file, line, (size_t)length) < 0 ||
      (data && syscall(SYS_write, log_file, data, size) < 0))
    syscall(SYS_exit_group, 99); /* a log with a gap would prove nothing */
}

/* Logs the operation, which is about to be done, and ends the process if it is the one. For a write to
   `file`, `data` is what it writes. Not 0 if it is to fail instead, or SHORT; errno is set then. */
static int operation(const char *name, const char *path, const char *argument, int file,
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
  int failed = failure(data != NULL);
  if (log_file >= 0 && failed <= 0) append(name, path, argument, data, failed ? (size + 1) / 2 : size);
  pthread_mutex_unlock(&lock);
  if (failed > 0) errno = failed;
  return failed;
}

static int open_counted(const char *path, int flags, mode_t mode) {
  int writes = (flags & O_ACCMODE) != O_RDONLY;
  const char *how = flags & O_TRUNC ? "truncate" : flags & O_DIRECTORY ? "folder" : "";
  if ((writes || (counts_more && flags & O_DIRECTORY)) &&
      operation("open", path, how, -1, NULL, 0))
    return -1;
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
  int failed = is_ours(file) ? operation("write", NULL, NULL, file, data, size) : 0;
  if (failed > 0) return -1;
  return syscall(SYS_write, file, data, failed == SHORT ? (size + 1) / 2 : size);
}

/* Closed in any case, as Linux does it. */
int close(int file) {
  int failed = 0;
  if (is_ours(file)) {
    if (counts_more) failed = operation("close", NULL, NULL, file, NULL, 0);
    is_written[file] = 0;
  }
  int closed = (int)syscall(SYS_close, file);
  if (failed <= 0) return closed;
  errno = failed;
  return -1;
}

int ftruncate(int file, off_t size) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)size);
  if (operation("ftruncate", NULL, text, file, NULL, 0)) return -1;
  return (int)syscall(SYS_ftruncate, file, size);
}

int fsync(int file) {
  if (operation("fsync", NULL, NULL, file, NULL, 0)) return -1;
  return (int)syscall(SYS_fsync, file);
}

int rename(const char *path, const char *to) {
  if (operation("rename", path, to, -1, NULL, 0)) return -1;
  return (int)syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
  if (operation("unlink", path, NULL, -1, NULL, 0)) return -1;
  return keeps ? 0 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode) {
  if (operation("mkdir", path, NULL, -1, NULL, 0)) return -1;
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int statvfs(const char *path, struct statvfs *status) {
  struct statfs found;
  if (statfs(path, &found)) return -1;
  memset(status, 0, sizeof *status);
  if (has_no_room) return 0;
  status->f_bsize = (unsigned long)found.f_bsize;
  status->f_frsize = (unsigned long)(found.f_frsize ? found.f_frsize : found.f_bsize);
  status->f_blocks = found.f_blocks;
  status->f_bavail = found.f_bavail;
  status->f_files = found.f_files;
  status->f_favail = found.f_ffree;
  return 0;
}

static time_t seconds_back(void) {
  if (!back_at || __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED) < back_at) return 0;
  return 24 * 60 * 60;
}

int clock_gettime(clockid_t clock, struct timespec *found) {
  int failed = (int)syscall(SYS_clock_gettime, clock, found);
  if (!failed && clock == CLOCK_REALTIME) found->tv_sec -= seconds_back();
  return failed;
}

int gettimeofday(struct timeval *restrict found, void *restrict zone) {
  int failed = (int)syscall(SYS_gettimeofday, found, zone);
  if (!failed) found->tv_sec -= seconds_back();
  return failed;
}

time_t time(time_t *place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place) *place = now.tv_sec;
  return now.tv_sec;
}
