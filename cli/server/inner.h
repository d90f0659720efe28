/*
 * The threads inside an attached process, as the process tells of them. They serve `list`, patterns, events
 * and completion; a raise by name asks the process itself. The server's thread only.
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
 * Adds a copy of THREAD with NAME, or replaces what LIST has of the thread. Returns the copy; NULL if there are
 * too many threads, or no memory. *RET_NEW says whether LIST did not have it.
 */
const struct inner *inner_add(struct inner_list *list, const struct inner *thread, const char *name,
                              bool *ret_new);

/* Takes the thread ID out of LIST. Returns it, to be freed, or NULL. */
struct inner *inner_remove(struct inner_list *list, uint64_t id);

void inner_release(struct inner_list *list);

/* Returns true if NAME can be an inner thread's: a name for a shell, as the process escapes it. */
bool inner_is_name(const char *name);

/* Returns true if WORD, a name, an id, a pattern or an empty word, means THREAD. */
bool inner_fits(const struct inner *thread, const char *word);

/* Write THREAD of RECORD as the protocol shows it, and as a line of a table (inside a JSON string). */
void inner_write(struct text *text, const struct record *record, const struct inner *thread);
void inner_add_headings(struct text *text);
void inner_add_row(struct text *text, const struct record *record, const struct inner *thread);

/* Writes what a raise shows of a thread: its id and name. */
void inner_write_raised(struct text *text, const struct record *record, uint64_t id,
                        const char *name);

#endif
