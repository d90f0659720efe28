/*
 * Reads a Procfile: "name: command" lines, as foreman reads them, and the .env beside it.
 *
 * The whole file is read and checked before anything runs. Each entry then becomes the words of a
 * command of the table: start --name NAME --input --env PORT=… -- /bin/sh -c COMMAND.
 */
#ifndef K3THREAD_CLI_SCRIPT_PROCFILE_H
#define K3THREAD_CLI_SCRIPT_PROCFILE_H

#include "cli/base/variables.h"
#include "cli/script/words.h"

#include <stddef.h>

struct procfile_entry {
    size_t   line;
    char    *name, *command;
    unsigned port;
};

/* One Procfile. */
struct procfile {
    char                  *directory; /* of the commands; NULL: the caller's directory */
    struct procfile_entry *entries;
    size_t                 count;
    struct variables       variables; /* of .env */
};

/* The port of the first entry, if neither --port nor the variable PORT gives one. */
#define PROCFILE_PORT     5000
#define PROCFILE_PORT_MAX 65535

/*
 * Reads the Procfile NAME, which is open as FD, and the .env in its directory (for a pipe or
 * standard input: in the caller's directory). NAMES, up to a NULL, are the wanted entries; without
 * names, all entries are wanted. PORT is the first entry's port. If it is 0, the port comes from
 * the variable PORT of .env or of the environment, or else is PROCFILE_PORT. If VARIABLES is not NULL,
 * they are used, and .env is not read.
 *
 * Returns 0, or an exit status after reporting the failure. The caller releases PROCFILE in both
 * cases.
 */
int procfile_read(struct procfile *procfile, const char *name, int fd, char *const *names,
                  unsigned port, const struct variables *variables);

/*
 * Makes the words of the command that starts entry INDEX. The caller releases them. Returns 0 or
 * -ENOMEM.
 */
int procfile_words(const struct procfile *procfile, size_t index, struct words *ret);

void procfile_release(struct procfile *procfile);

#endif
