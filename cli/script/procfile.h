/*
 * A Procfile: "name: command" lines, as foreman reads them.
 *
 * An entry becomes the words of a command of the table: start --name NAME -- /bin/sh -c COMMAND.
 */
#ifndef K3THREAD_CLI_SCRIPT_PROCFILE_H
#define K3THREAD_CLI_SCRIPT_PROCFILE_H

#include "cli/script/reader.h"
#include "cli/script/words.h"

/*
 * Reads the next entry; reader->scope->name is the Procfile's path, in whose directory the
 * commands run. Returns as reader_next() does.
 */
int procfile_next(struct reader *reader, struct words *ret);

#endif
