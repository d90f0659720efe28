/* The manual pages, each under the word by which `help` knows it, and man(1) to show them. */
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

/* In the order in which help shows them; NULL past the end. */
const struct manual_page *manual_at(size_t index);

/* By its topic; NULL if there is none. */
const struct manual_page *manual_find(const char *topic);

/*
 * Has man show PAGE, through its pager on a terminal: the page that belongs to this program, as
 * built or installed, else the one that man finds. Returns man's exit status, or -errno when it
 * could not be run.
 */
int manual_show(const struct manual_page *page);

#endif
