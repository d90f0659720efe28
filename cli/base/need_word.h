/*
 * The word that says what a thread needs: the name or id of another thread and a condition, as in
 * "db:ready". Clients and the supervisor share it.
 */
#ifndef K3THREAD_CLI_BASE_NEED_WORD_H
#define K3THREAD_CLI_BASE_NEED_WORD_H

#include <stddef.h>

/* X(name, the end of a word that names the condition). No name of a thread has such an end. */
#define NEED_CONDITIONS(X)                                                                         \
    X(READY, ":ready")                                                                             \
    X(ENDED, ":ended")                                                                             \
    X(SUCCEEDED, ":succeeded")

enum need_condition {
#define X(name, suffix) NEED_##name,
    NEED_CONDITIONS(X)
#undef X
};

/*
 * Returns the length of the name in WORD, and puts the condition behind it into *RET: NEED_READY if
 * there is none.
 */
size_t need_word_split(const char *word, enum need_condition *ret);

#endif
