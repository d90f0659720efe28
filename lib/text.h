/* Cuts text between two characters of UTF-8, and checks whether text is UTF-8. */
#ifndef K3THREAD_TEXT_H
#define K3THREAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Drops an incomplete character at the end of TEXT, which has LENGTH bytes. */
void k3t_text_drop_partial(char *text, size_t length);

/* Copies TEXT to RET, which has SIZE bytes: as many whole characters as there is room for, and a NUL. */
void k3t_text_copy(char *ret, size_t size, const char *text);

/*
 * Returns the size of the character of UTF-8 at TEXT, which ends with a NUL; 0 at its end, or if there is no such
 * character.
 */
size_t k3t_text_utf8_size(const char *text);

/* Returns true if TEXT is UTF-8. */
bool k3t_text_is_utf8(const char *text);

#endif
