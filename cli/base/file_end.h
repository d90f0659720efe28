/* Reads the end of a file. */
#ifndef K3THREAD_CLI_BASE_FILE_END_H
#define K3THREAD_CLI_BASE_FILE_END_H

#include <stddef.h>

/*
 * Reads the last SIZE bytes of the file at PATH into RET, or all of a shorter file. Returns the number of bytes; 0 if
 * the file cannot be read or is not a regular file.
 */
size_t file_end_read(const char *path, char *ret, size_t size);

#endif
