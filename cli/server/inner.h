/*
 * The threads inside an attached process, as the process has told of them. They serve `list`, patterns, events
 * and completion. A raise by name does not look here: the process itself finds the name. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_INNER_H
#define K3THREAD_CLI_SERVER_INNER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct record;

/* One thread inside a process. */
struct inner {
    uint64_t id; /* in its process */
    pid_t    tid;
    bool     daemon, delayed;
    char     name[];
};

/* The threads inside one process, in order of their ids. All zeros: none. */
struct inner_list {
    struct inner **threads;
    size_t         count;
};

/*
 * Adds a copy of THREAD with NAME, or replaces the copy that LIST has. Returns the copy; NULL if there are too many
 * threads, or without memory. *RET_NEW becomes true if LIST did not have the thread.
 */
const struct inner *inner_add(struct inner_list *list, const struct inner *thread, const char *name,
                              bool *ret_new);

/* Takes the thread ID out of LIST. Returns it, to be freed, or NULL. */
struct inner *inner_remove(struct inner_list *list, uint64_t id);

/* Frees the threads of LIST, which is empty then. */
void inner_release(struct inner_list *list);

/* Returns true if an inner thread can have NAME: a name for a shell, as the process escapes it. */
bool inner_is_name(const char *name);

/* Returns true if WORD, a name, an id, a pattern or an empty word, means THREAD. */
bool inner_fits(const struct inner *thread, const char *word);

/* Writes THREAD of RECORD as the protocol shows it. */
void inner_write(struct text *text, const struct record *record, const struct inner *thread);

/* Add the headings of a table of threads, and THREAD of RECORD as a line of it, inside a JSON string. */
void inner_add_headings(struct text *text);
void inner_add_row(struct text *text, const struct record *record, const struct inner *thread);

/* Writes an inner thread as the result of a raise shows it: its id and name. */
void inner_write_raised(struct text *text, const struct record *record, uint64_t id,
                        const char *name);

#endif
