/* Keeps the lines that a part of the server sends to its clients. */
#ifndef SENT_H
#define SENT_H

#include "tests/lib/test.h"

#include "cli/base/text.h"

static char sent[4000]; /* each line with a newline */

static inline void sent_add(const struct text *line)
{
    size_t used = strlen(sent);

    (void) snprintf(sent + used, sizeof(sent) - used, "%.*s\n", (int) line->size, line->data);
}

/* Checks that these lines were sent since the last check. */
#define CHECK_SENT(wanted)                                                                         \
    do {                                                                                           \
        if (strcmp(sent, wanted) != 0)                                                             \
            fprintf(stderr, "sent: %s", sent);                                                     \
        CHECK_TEXT(sent, wanted);                                                                  \
        sent[0] = '\0';                                                                            \
    } while (0)

#endif
