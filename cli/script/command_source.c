#include "cli/script/command_source.h"

#include "cli/base/status.h"
#include "cli/commands/unknown_command.h"
#include "cli/script/each.h"
#include "cli/script/plan.h"
#include "cli/view/message.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

void command_source_open(struct command_source *source, const struct script *script,
                         char *const *environment)
{
    *source = (struct command_source){
        .script = script,
        .scope = script->scope,
        .file = {.fd = script->fd},
    };
    source->scope.environment = environment;
    source->reader = (struct reader){
        .next_line = file_lines_next,
        .context = &source->file,
        .scope = &source->scope,
    };
}

static int take_from_plan(struct command_source *source, struct words *ret)
{
    struct plan         *plan = source->script->plan;
    struct plan_command *command;

    while (source->next < plan->count) {
        command = &plan->commands[source->next++];
        if (command->words.count == 0)
            continue;
        source->line = command->line;
        *ret = command->words;
        command->words = (struct words){0};
        return 1;
    }
    return 0;
}

int command_source_next(struct command_source *source, struct words *ret, struct text *why)
{
    const struct script *script = source->script;
    int                  found;

    if (script->plan != NULL)
        return take_from_plan(source, ret);
    if (script->each != NULL) {
        found = each_next(script->each, ret, why);
        source->line = script->each->line;
    } else {
        found = reader_next(&source->reader, ret, why);
        source->line = source->reader.line;
    }
    return found;
}

/* Returns true if NAME is the usual name of a Procfile, whose lines need not even be words of a script. */
static bool is_called_procfile(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strncmp(slash != NULL ? slash + 1 : name, "Procfile", strlen("Procfile")) == 0;
}

int command_source_read_plan(struct command_source *source, struct plan *plan, struct text *why)
{
    struct words words = {0};
    int          found, error = 0;

    while (error == 0 && (found = command_source_next(source, &words, why)) != 0)
        error = found > 0 ? plan_add(plan, &words, source->line) : found;
    return error;
}

int command_source_explain(const struct command_source *source, int error, struct text *why)
{
    const char *name = source->script->name;

    if (error == -EINVAL) {
        message_set_origin(name, source->line);
        if (is_called_procfile(name))
            text_add(why, "; " PROCFILE_ADVICE);
        message_print_text(NULL, NULL, why);
        return STATUS_USAGE;
    }
    message_set_origin(NULL, 0);
    message_print("run", NULL, "%s: %s", name, strerror(-error));
    return STATUS_INTERNAL;
}

void command_source_close(struct command_source *source)
{
    file_lines_release(&source->file);
}

bool command_source_open_ahead(struct command_source *ahead, const struct command_source *source)
{
    struct line_buffer *buffer = &ahead->file.buffer;
    off_t               behind = lseek(source->file.fd, 0, SEEK_CUR);

    if (source->script->plan != NULL || source->script->each != NULL || behind < 0)
        return false;
    *ahead = *source;
    ahead->behind = behind;
    ahead->reader.context = &ahead->file;
    ahead->reader.scope = &ahead->scope;
    buffer->bytes = (struct text){0};
    text_append(&buffer->bytes, source->file.buffer.bytes.data, source->file.buffer.bytes.size);
    if (!buffer->bytes.failed)
        return true;
    command_source_close(ahead);
    return false;
}

void command_source_close_ahead(struct command_source *ahead, const struct command_source *source)
{
    (void) lseek(source->file.fd, ahead->behind, SEEK_SET);
    command_source_close(ahead);
}
