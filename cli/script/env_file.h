/*
 * A file of variables, as the .env beside a Procfile: a line each, NAME=VALUE or export NAME=VALUE.
 * The value is bare, up to the end of the line, or in quotes; nothing is expanded. In double quotes
 * \n is a newline, and a backslash takes the meaning of what follows it. Lines that begin with # are
 * comments.
 */
#ifndef K3THREAD_CLI_SCRIPT_ENV_FILE_H
#define K3THREAD_CLI_SCRIPT_ENV_FILE_H

#include "cli/script/reader.h"
#include "cli/script/words.h"

/*
 * Reads the next variable as one word, NAME=VALUE. Returns as reader_next() does; the reader's scope
 * is not used.
 */
int env_file_next(struct reader *reader, struct words *ret);

#endif
