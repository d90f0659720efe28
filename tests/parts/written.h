/* A check that the tests of functions that write into a struct text share. */
#ifndef WRITTEN_H
#define WRITTEN_H

#include "tests/lib/test.h"

#include "cli/base/text.h"

/* Checks the contents of TEXT, and empties it. */
static inline void check_written(struct text *text, const char *wanted)
{
    text_byte(text, '\0', 1);
    CHECK(!text->failed);
    if (strcmp(text->data, wanted) != 0) {
        fprintf(stderr, "'%s', not '%s'\n", text->data, wanted);
        test_fail(__FILE__, __LINE__, "as it should be");
    }
    text_release(text);
}

#endif
