/* Reads the list of machines of run --hosts: name[:slots], separated by commas, blanks or newlines, or @FILE. */
#ifndef K3THREAD_CLI_REMOTE_HOST_LIST_H
#define K3THREAD_CLI_REMOTE_HOST_LIST_H

#include "cli/base/text.h"

#include <stddef.h>

/* One machine. */
struct host_word {
    char    *name;
    unsigned slots; /* 0: as many as the machine has processors */
};

/* A list. All zeros: an empty list. */
struct host_list {
    struct host_word *hosts;
    size_t            count;
};

/* Reads LIST. Returns 0, or -errno with WHY. */
int host_list_read(struct host_list *ret, const char *list, struct text *why);

void host_list_release(struct host_list *list);

#endif
