/* Reads a whole text into memory. An endless input, such as /dev/zero, is refused. */
#ifndef K3THREAD_CLI_BASE_WHOLE_TEXT_H
#define K3THREAD_CLI_BASE_WHOLE_TEXT_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Appends what FD has up to its end to TEXT. Returns 0; -EINVAL if that holds a NUL byte; -EFBIG if it is longer than
 * LIMIT bytes; or another -errno. WHY says "it holds a NUL byte" or the like.
 */
int whole_text_read(int fd, size_t limit, struct text *text, struct text *why);

#endif
