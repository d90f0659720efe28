/* The manual pages: each has a topic, the word that `help` takes, and man(1) shows it. */
#ifndef K3THREAD_CLI_COMMANDS_MANUAL_H
#define K3THREAD_CLI_COMMANDS_MANUAL_H

#include <stddef.h>

#define MANUAL_PAGES(X)                                                                            \
    X("manual", "k3thread", "1", "All commands and options")                                       \
    X("concepts", "k3thread", "7",                                                                 \
      "What threads are, what can be relied on, and services in bats")                             \
    X("script", "k3thread-script", "5", "Scripts and Procfiles")                                   \
    X("protocol", "k3thread-protocol", "7", "The supervisor's socket")                             \
    X("library", "libk3thread", "3", "Threads and exceptions in C")

struct manual_page {
    const char *topic, *name, *section, *summary;
};

/* Returns the page at INDEX, in the order in which help shows them; NULL past the end. */
const struct manual_page *manual_at(size_t index);

/* Returns the page of that topic; NULL if there is none. */
const struct manual_page *manual_find(const char *topic);

/*
 * Has man show PAGE, through its pager on a terminal: the page that was built or installed with this
 * program, else the page that man finds. Returns man's exit status, or -errno if man cannot be run.
 */
int manual_show(const struct manual_page *page);

#endif
