/* Catches what is written to standard error. */
#ifndef SAID_H
#define SAID_H

#include "tests/parts/written.h"

#include <sys/mman.h>

static int said_file, said_before;

/* Begins to catch. */
static inline void said_begin(void)
{
    said_file = memfd_create("said", MFD_CLOEXEC);
    said_before = dup(STDERR_FILENO);
    CHECK(said_file >= 0 && said_before >= 0);
    CHECK(dup2(said_file, STDERR_FILENO) >= 0);
}

/* Ends that, and checks that WANTED was written. */
static inline void said_check(const char *wanted)
{
    struct text text = {0};
    char        bytes[4096];
    ssize_t     size;

    CHECK(dup2(said_before, STDERR_FILENO) >= 0);
    size = pread(said_file, bytes, sizeof(bytes), 0);
    CHECK(size >= 0);
    close(said_before);
    close(said_file);
    text_append(&text, bytes, (size_t) size);
    check_written(&text, wanted);
}

/* Returns a file that holds the SIZE bytes of TEXT, at its beginning. */
static inline int file_of(const char *text, size_t size)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, size), size);
    CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

#endif
