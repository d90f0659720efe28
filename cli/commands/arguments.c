#include "cli/commands/arguments.h"

#include "cli/base/duration.h"
#include "cli/base/env_file.h"
#include "cli/base/number.h"
#include "cli/commands/thread_word.h"
#include "cli/rpc/protocol.h"
#include "cli/view/message.h"

#include <stdarg.h>
#include <string.h>
#include <sys/sysinfo.h>

/*
 * Finds the name in argv[0], which is "k3thread: start", perhaps with a script's "FILE:LINE: " before it: see
 * command_line.c.
 */
const char *command_of(const struct argp_state *state)
{
    const char *colon = strrchr(state->argv[0], ':');

    return colon != NULL ? colon + 2 : NULL;
}

error_t command_usage(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(command_of(state), NULL, format, arguments);
    va_end(arguments);
    return ARGUMENTS_WRONG;
}

error_t command_refuse(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(command_of(state), "ValueError", format, arguments);
    va_end(arguments);
    return ARGUMENTS_REFUSED;
}

error_t command_whole_threads(const struct argp_state *state, char *const *words)
{
    for (; *words != NULL; words++)
        if (strchr(*words, '/') != NULL)
            return command_refuse(
                state, "'%s' means threads inside a process; only list and raise take them",
                *words);
    return 0;
}

error_t command_one_thread(const struct argp_state *state, const char *word, const char **ret)
{
    if (strchr(word, '/') != NULL)
        return command_whole_threads(state, (char *[]){(char *) word, NULL});
    if (thread_is_pattern(word))
        return command_refuse(state, "'%s' is a pattern; give one name or id", word);
    *ret = word;
    return 0;
}

bool command_set(bool *flag, const char **word, const char *argument)
{
    if (flag != NULL)
        *flag = true;
    if (word != NULL)
        *word = argument;
    return flag != NULL || word != NULL;
}

error_t command_duration(const struct argp_state *state, const char *option, const char *text,
                         double *ret)
{
    if (duration_parse(text, ret) == 0)
        return 0;
    return command_refuse(state, "%s: '%s' is no time; seconds, or 200ms, 1.5s, 2m, 1h", option,
                          text);
}

error_t command_number(const struct argp_state *state, const char *option, const char *text,
                       unsigned least, unsigned most, const char *wanted, unsigned *ret)
{
    uint64_t number;

    if (!number_parse(text, least, most, &number))
        return command_refuse(state, "%s takes a number %s, not '%s'", option, wanted, text);
    *ret = (unsigned) number;
    return 0;
}

error_t command_slots_option(const struct argp_state *state, const char *text, unsigned *ret)
{
    return command_number(state, "--slots", text, 1, PROTOCOL_SLOTS_MAX, "of 1 or more", ret);
}

error_t command_env_file(const struct argp_state *state, const char *name, struct variables *ret)
{
    struct text why = {0};
    error_t     result;

    if (env_file_load(name, ret, &why) == 0)
        return 0;
    result =
        command_refuse(state, "--env-file: %.*s", (int) why.size, why.data != NULL ? why.data : "");
    text_release(&why);
    return result;
}

unsigned command_slots_default(unsigned slots, bool limited)
{
    return slots == 0 && limited ? (unsigned) get_nprocs() : slots;
}
