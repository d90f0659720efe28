/* Text that has to fit: UTF-8 is not cut in mid-character. */
#ifndef K3THREAD_TEXT_H
#define K3THREAD_TEXT_H

#include <stddef.h>

/* Drops what the end of a full buffer, TEXT of LENGTH bytes, left of a character. */
void k3t_text_drop_partial(char *text, size_t length);

/* Copies TEXT, or as many whole characters as SIZE bytes have room for with the NUL. */
void k3t_text_copy(char *ret, size_t size, const char *text);

#endif
