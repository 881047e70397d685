/* libtiff as a decoder of memory: it sees a header and a directory of our own making, and of the
   file only the bytes between them. (Swift cannot call or be called with C's variable arguments,
   so this small part is C.) */
#ifndef CTIFF_H
#define CTIFF_H

#include <stdio.h>
#include <string.h>
#include <tiffio.h>

/* Three pieces that together look like one file. `head` replaces the first bytes of `body`; `tail`
   follows after it. All belong to the caller and must stay until ctiff_close. */
typedef struct {
  const uint8_t *head, *body, *tail;
  uint64_t head_count, body_count, tail_count;
  uint64_t position;
  char message[160]; /* the first error, or empty */
} ctiff_source;

static inline tmsize_t ctiff_read(thandle_t handle, void *buffer, tmsize_t wanted) {
  ctiff_source *source = (ctiff_source *)handle;
  tmsize_t done = 0;
  while (done < wanted) {
    uint64_t place = source->position, end = source->body_count;
    const uint8_t *from;
    if (place < source->head_count) {
      from = source->head + place;
      end = source->head_count;
    } else if (place < end) {
      from = source->body + place;
    } else if (place - end < source->tail_count) {
      from = source->tail + (place - end);
      end += source->tail_count;
    } else {
      break;
    }
    tmsize_t count = wanted - done;
    if ((uint64_t)count > end - place) count = (tmsize_t)(end - place);
    memcpy((uint8_t *)buffer + done, from, (size_t)count);
    source->position += (uint64_t)count;
    done += count;
  }
  return done;
}

static inline tmsize_t ctiff_write(thandle_t handle, void *buffer, tmsize_t count) {
  (void)handle, (void)buffer, (void)count;
  return -1;
}

static inline toff_t ctiff_size(thandle_t handle) {
  const ctiff_source *source = (const ctiff_source *)handle;
  return source->body_count + source->tail_count;
}

static inline toff_t ctiff_seek(thandle_t handle, toff_t offset, int whence) {
  ctiff_source *source = (ctiff_source *)handle;
  if (whence == SEEK_CUR) offset += source->position;
  if (whence == SEEK_END) offset += ctiff_size(handle);
  return source->position = offset;
}

static inline int ctiff_end(thandle_t handle) {
  (void)handle;
  return 0;
}

/* Keeps the first message, and the process's own handlers out of it. */
static inline int ctiff_keep(TIFF *tiff, void *handle, const char *module, const char *format,
                             va_list arguments) {
  (void)tiff, (void)module;
  ctiff_source *source = (ctiff_source *)handle;
  if (source->message[0] == 0) vsnprintf(source->message, sizeof source->message, format, arguments);
  return 1;
}

static inline int ctiff_ignore(TIFF *tiff, void *handle, const char *module, const char *format,
                               va_list arguments) {
  (void)tiff, (void)handle, (void)module, (void)format, (void)arguments;
  return 1;
}

/* Opens the directory that the head points to; NULL, and a message, when that fails. No single
   allocation of libtiff is larger than `largest`. */
static inline TIFF *ctiff_open(ctiff_source *source, tmsize_t largest) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, largest);
  TIFFOpenOptionsSetErrorHandlerExtR(options, ctiff_keep, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, ctiff_ignore, source);
  /* m: through the functions above, not by mapping memory; c: strips stay as they are, while by default
     large ones of plain values are cut into several. */
  TIFF *tiff = TIFFClientOpenExt("memory", "rmc", source, ctiff_read, ctiff_write, ctiff_seek, ctiff_end,
                                 ctiff_size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

#endif
