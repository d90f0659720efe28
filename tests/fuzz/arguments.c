/* Fuzzes the command line: the words, divided by newlines, go to each command's parser; no command is run. */
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/program_options.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS_MAX = 40 };

static int split(char *string, char **words)
{
    int count = 0;

    while (count < WORDS_MAX && string != NULL)
        words[count++] = strsep(&string, "\n");
    words[count] = NULL;
    return count;
}

static void parse_command(const struct command *command, int count, char **words)
{
    struct argp argp = command_argp(command);
    unsigned    order = (command->flags & COMMAND_IN_ORDER) ? ARGP_IN_ORDER : 0;
    void       *options = calloc(1, command->options_size + 1);

    MUST(options != NULL);
    (void) command_parse(&argp, order, command->name, count, words, options);
    if (command->release != NULL)
        command->release(options);
    free(options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                 *string = fuzz_string(data, size);
    char                 *words[WORDS_MAX + 1];
    int                   count = split(string, words);
    struct session        session = {0};
    struct program_words  program = {.session = &session};
    const struct command *command = command_find(words[0]);

    if (command != NULL)
        parse_command(command, count, words);
    else
        (void) command_parse(&program_argp, ARGP_IN_ORDER, NULL, count, words, &program);
    free(string);
    return 0;
}
