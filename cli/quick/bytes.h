/* Bytes that are put one behind the other, into a place of a fixed size. No C library: see quick.h. */
#ifndef K3THREAD_CLI_QUICK_BYTES_H
#define K3THREAD_CLI_QUICK_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* gcc makes calls of memset and memcpy of loops, though told that there is no such function. */
#if defined __GNUC__ && !defined __clang__
/* clang-format off */
#pragma GCC optimize "no-tree-loop-distribute-patterns"
/* clang-format on */
#endif

/* It fails, and stays so, where there is no room, and at what is not for the quick way. */
struct bytes {
    char  *data;
    size_t size, capacity;
    bool   failed;
};

/* By assignment: of an initialiser a compiler would make data with a pointer in it. */
static inline void bytes_open(struct bytes *ret, char *data, size_t capacity)
{
    ret->data = data;
    ret->size = 0;
    ret->capacity = capacity;
    ret->failed = false;
}

void bytes_put(struct bytes *bytes, const char *data, size_t size);
void bytes_repeat(struct bytes *bytes, char byte, size_t times);

/* A word; its NUL is not put. */
void bytes_put_word(struct bytes *bytes, const char *word);

void bytes_put_number(struct bytes *bytes, unsigned long number);

/* WORD as a string of JSON, escaped as write.c has it. Fails where it is not ASCII. */
void bytes_put_string(struct bytes *bytes, const char *word);

size_t bytes_length(const char *word);
bool   bytes_are(const char *word, const char *other);

/* Does TEXT, of SIZE bytes, begin with the word START? */
bool bytes_begin(const char *text, size_t size, const char *start);

/* How many digits TEXT, of SIZE bytes, begins with; their value into *RET. 0 if they are too many. */
size_t bytes_take_number(const char *text, size_t size, unsigned long *ret);

#endif
