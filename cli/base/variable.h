/* Words that set a variable: NAME=VALUE, as an environment holds them. Needs no C library. */
#ifndef K3THREAD_CLI_BASE_VARIABLE_H
#define K3THREAD_CLI_BASE_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The variables with which the supervisor tells a command which thread it is. It gets them from nowhere else. */
#define OWN_VARIABLES(X)                                                                           \
    X(ID, "K3THREAD_ID")                                                                           \
    X(NAME, "K3THREAD_NAME")                                                                       \
    X(SOCKET, "K3THREAD_SOCKET")                                                                   \
    X(SLOT, "K3THREAD_SLOT")                                                                       \
    X(HOSTNAME, "K3THREAD_HOSTNAME")

/* Returns true if WORD sets a variable. An environment may hold other words; they set none. */
static inline bool variable_is_assignment(const char *word)
{
    if (*word == '=')
        return false;
    while (*word != '\0' && *word != '=')
        word++;
    return *word == '=';
}

/* Returns the value in WORD if it sets the variable whose name is the LENGTH bytes at NAME; else NULL. */
static inline const char *variable_value(const char *word, const char *name, size_t length)
{
    for (; length > 0 && *word == *name && *word != '\0'; length--) {
        word++;
        name++;
    }
    return length == 0 && *word == '=' ? word + 1 : NULL;
}

#endif
