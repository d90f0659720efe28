/*
 * Pages through a log: finds the lines of a file of any size, without reading all of it.
 *
 * A position is the offset at which a line begins. A very long line counts as several.
 */
#ifndef K3THREAD_CLI_TOP_PAGER_H
#define K3THREAD_CLI_TOP_PAGER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <sys/types.h>

/* One log. */
struct pager {
    char *path;
    int   fd; /* -1: there is no log yet */
    dev_t device;
    ino_t inode;
    off_t begin, size; /* of the log, when pager_look() last looked */
};

/* Opens the log at PATH, which need not exist yet. Returns 0 or -ENOMEM. */
int pager_open(struct pager *pager, const char *path);

/*
 * Looks at the file again. Returns true if it has changed. *RET_IS_OTHER becomes true if it is another log: the
 * path names another file now, or the file has become smaller.
 */
bool pager_look(struct pager *pager, bool *ret_is_other);

/* Returns the position behind the line at POSITION; behind the last line, the size of the file. */
off_t pager_next(const struct pager *pager, off_t position);

/* Returns the position of the line before POSITION, or the beginning. */
off_t pager_previous(const struct pager *pager, off_t position);

/* Returns the position LINES lines before the end. */
off_t pager_end(const struct pager *pager, size_t lines);

/* Adds the line at POSITION, as line_text_add() does. */
void pager_add_line(const struct pager *pager, off_t position, struct text *text);

/*
 * Returns the position of the first line at or behind POSITION that has TEXT among its bytes, or -1.
 * Upper and lower case are the same.
 */
off_t pager_find(const struct pager *pager, off_t position, const char *text);

void pager_close(struct pager *pager);

#endif
