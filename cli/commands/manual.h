/*
 * Finds and shows the manual pages. Each page has a topic, the word that `help` takes. man(1) shows the page.
 */
#ifndef K3THREAD_CLI_COMMANDS_MANUAL_H
#define K3THREAD_CLI_COMMANDS_MANUAL_H

#include <stddef.h>

#define MANUAL_PAGES(X)                                                                            \
    X("manual", "k3thread", "1", "All commands and options")                                       \
    X("concepts", "k3thread", "7",                                                                 \
      "What threads are, what can be relied on, and services in bats")                             \
    X("script", "k3thread-script", "5", "Scripts and Procfiles")                                   \
    X("protocol", "k3thread-protocol", "7", "The supervisor's socket")                             \
    X("library", "libk3thread", "3", "Threads and exceptions in C")                                \
    X("hosts", "k3thread-hosts", "7", "The commands of one run on several machines")               \
    X("python", "k3thread-python", "7", "Threads and exceptions in Python")

/* One page. */
struct manual_page {
    const char *topic, *name, *section, *summary;
};

/* Returns the page at INDEX, in the order of help, or NULL past the end. */
const struct manual_page *manual_at(size_t index);

/* Returns the page with that topic, or NULL. */
const struct manual_page *manual_find(const char *topic);

/*
 * Makes man show PAGE, on a terminal through its pager. Prefers the page that was built or installed
 * with this program to the page that man finds. Returns man's exit status, or -errno if man cannot
 * be run.
 */
int manual_show(const struct manual_page *page);

#endif
