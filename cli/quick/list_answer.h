/*
 * The answer to a plain list: a table, which comes in any number of parts and the reply, each a line. Each line is
 * measured when it comes, while the supervisor writes the next one. When all have come, they are printed.
 */
#ifndef K3THREAD_CLI_QUICK_LIST_ANSWER_H
#define K3THREAD_CLI_QUICK_LIST_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define LIST_ANSWER_COLUMNS 16

struct list_answer {
    bool   is_odd;  /* it is not plain: the program handles it */
    size_t columns; /* 0: there is no row yet */
    size_t widths[LIST_ANSWER_COLUMNS];
};

/* Measures LINE, of SIZE bytes without its newline. Returns true if it is a part, and the reply comes later. */
bool list_answer_measure(struct list_answer *answer, const char *line, size_t size);

/*
 * Prints the table in LINES, all lines that were measured. Returns the exit status, or -1 if the answer is not
 * plain or cannot be printed: the program then handles it.
 */
int list_answer_print(const struct list_answer *answer, const char *lines, size_t size);

#endif
