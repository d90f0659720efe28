/* Options of a follow of all logs that fit a pattern: the part of each log that is shown. */
#ifndef K3THREAD_CLI_COMMANDS_FOLLOW_ALL_OPTIONS_H
#define K3THREAD_CLI_COMMANDS_FOLLOW_ALL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The part of the log to show, for each thread that matches at the beginning. */
struct follow_all_options {
    bool     timestamps; /* print the time before each line */
    bool     some_lines; /* begin with the last LINES lines */
    uint64_t lines;
    double   since; /* only the output of the last seconds; negative: all */
};

#endif
