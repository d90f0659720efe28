/*
 * Reads the commands of a script, one after the other: from the lines of a script, from the words of --each, or from
 * a plan that was made of these. A Procfile is read as a whole: see procfile.h.
 */
#ifndef K3THREAD_CLI_SCRIPT_COMMAND_SOURCE_H
#define K3THREAD_CLI_SCRIPT_COMMAND_SOURCE_H

#include "cli/base/file_lines.h"
#include "cli/base/text.h"
#include "cli/script/reader.h"
#include "cli/script/script_input.h"
#include "cli/script/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct plan;

/* The commands of one script, and the position in them. */
struct command_source {
    const struct script *script;
    struct words_scope   scope;
    struct file_lines    file;
    struct reader        reader;
    size_t               next; /* the index of the next command of a plan */
    size_t line;   /* the line in which the last command, or the error, begins; from 1 */
    off_t  behind; /* of a source that looks ahead: the position to which the other one returns */
};

/* Begins to read SCRIPT, which is borrowed. Its lines can use the variables of ENVIRONMENT. */
void command_source_open(struct command_source *source, const struct script *script,
                         char *const *environment);

/*
 * Reads the next command. Returns 1 with at least one word, which the caller releases; 0 at the end; -EINVAL
 * with a sentence in WHY if there is something wrong in a line; or -errno.
 */
int command_source_next(struct command_source *source, struct words *ret, struct text *why);

/*
 * Adds all commands up to the end to PLAN. Returns 0; -EINVAL with a sentence in WHY if there is something wrong
 * in a line, and then PLAN has the commands before it; or -errno.
 */
int command_source_read_plan(struct command_source *source, struct plan *plan, struct text *why);

/*
 * Reports the reason why there is no next command. ERROR and WHY come from command_source_next() or
 * command_source_read_plan(). Returns the script's exit status.
 */
int command_source_explain(const struct command_source *source, int error, struct text *why);

void command_source_close(struct command_source *source);

/*
 * Opens AHEAD, which reads the commands that SOURCE will return, while SOURCE stays where it is. Until AHEAD is closed,
 * SOURCE cannot be read. Returns false if that is not possible: SOURCE reads no regular file, or memory is lacking.
 */
bool command_source_open_ahead(struct command_source *ahead, const struct command_source *source);
void command_source_close_ahead(struct command_source *ahead, const struct command_source *source);

#endif
