/*
 * Reads a file of variables, such as the .env beside a Procfile. Each line is NAME=VALUE or export
 * NAME=VALUE. The value ends with the line, or is quoted; nothing is expanded. In double quotes \n
 * is a newline, and any other byte behind a backslash stands for itself. Lines that begin with #
 * are comments.
 */
#ifndef K3THREAD_CLI_SCRIPT_ENV_FILE_H
#define K3THREAD_CLI_SCRIPT_ENV_FILE_H

#include "cli/script/reader.h"
#include "cli/script/words.h"

/*
 * Reads the next variable as one word, NAME=VALUE. Returns as reader_next() does. The reader's
 * scope is not used.
 */
int env_file_next(struct reader *reader, struct words *ret, struct text *why);

#endif
