/* Keeps the trace of a case: the letters that it notes, one for each place that it comes to, in order. */
#ifndef K3THREAD_TESTS_LIB_TRACE_H
#define K3THREAD_TESTS_LIB_TRACE_H

#include "test.h"

static char trace[64];

static inline void note(char letter)
{
    size_t length = strlen(trace);

    CHECK(length < sizeof(trace) - 1);
    trace[length] = letter;
    trace[length + 1] = '\0';
}

/* Checks that the letters since the last check are WANTED. */
static inline void check_trace(const char *wanted)
{
    if (strcmp(trace, wanted) != 0) {
        fprintf(stderr, "the trace is %s, not %s\n", trace, wanted);
        test_fail(__FILE__, __LINE__, "trace");
    }
    trace[0] = '\0';
}

#endif
