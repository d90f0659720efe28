/*
 * Reads a file of variables, such as the .env beside a Procfile. Each line is NAME=VALUE or export
 * NAME=VALUE. The value ends with the line, or is quoted; nothing is expanded. In double quotes \n
 * is a newline, and any other byte behind a backslash stands for itself. Lines that begin with #
 * are comments.
 */
#ifndef K3THREAD_CLI_BASE_ENV_FILE_H
#define K3THREAD_CLI_BASE_ENV_FILE_H

#include "cli/base/text.h"
#include "cli/base/variables.h"

#include <stddef.h>

/*
 * Adds the variables of FD to RET. Returns 0, -errno, or -EINVAL with a sentence in WHY if the line with the
 * number *RET_NUMBER is wrong.
 */
int env_file_read(int fd, struct variables *ret, size_t *ret_number, struct text *why);

/*
 * Adds the variables of the file NAME to RET. Returns 0, or -errno with a sentence in WHY that names the file,
 * and the line if a line is wrong.
 */
int env_file_load(const char *name, struct variables *ret, struct text *why);

#endif
