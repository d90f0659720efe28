/* The words of the command line, and where they say that the supervisor is. No C library: see quick.h. */
#ifndef K3THREAD_CLI_QUICK_WORDS_H
#define K3THREAD_CLI_QUICK_WORDS_H

#include <stdbool.h>
#include <sys/un.h>

/* The words that are left, and the environment. */
struct words {
    char **next;
    char **environment;
};

/* Takes the next word if it is WORD. */
bool words_take(struct words *words, const char *word);

/* Takes the word behind the option WORD, if that is the next one. */
bool words_take_option(struct words *words, const char *word, const char **ret);

/* Is WORD none of those that the program has more to say about? */
bool words_is_plain(const char *word);

/* Takes the words before the command. False: the place is for the program to find. */
bool words_take_place(struct words *words, struct sockaddr_un *ret);

#endif
