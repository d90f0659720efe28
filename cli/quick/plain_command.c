#include "cli/quick/plain_command.h"

#include "cli/base/thread_name.h"
#include "cli/client/here.h"
#include "cli/client/request.h"

#include <string.h>

/* Takes the next word if it is WORD. */
static bool take(char ***words, const char *word)
{
    if (**words == NULL || strcmp(**words, word) != 0)
        return false;
    ++*words;
    return true;
}

/* Takes the option WORD and the word behind it. */
static bool take_option(char ***words, const char *word, const char **ret)
{
    if (**words == NULL || strcmp(**words, word) != 0 || (*words)[1] == NULL)
        return false;
    *ret = (*words)[1];
    *words += 2;
    return true;
}

/* Returns true if WORD is not an option, and needs no check or message of the program. */
static bool is_plain(const char *word)
{
    if (word == NULL || word[0] == '-' || word[0] == '\0')
        return false;
    while ((unsigned char) *word >= ' ')
        word++;
    return *word == '\0';
}

/* Reads [-d] [-n NAME] [--] COMMAND... */
static bool read_start(struct text *params, char **words, char **environment, bool daemon)
{
    struct start_request request;
    bool                 more = true;

    request_init_start(&request);
    while (more) {
        bool set = take(&words, "-d") || take(&words, "--daemon");

        daemon |= set;
        more = set || take_option(&words, "-n", &request.name) ||
               take_option(&words, "--name", &request.name);
    }
    if (!take(&words, "--") && !is_plain(*words))
        return false;
    request.command = words;
    request.environment = environment;
    request.daemon = daemon;
    request.here = here_find(false);
    if (*words == NULL || request.here == NULL)
        return false;
    request_write_start(params, &request);
    return true;
}

/* Reads THREAD, which must not be a pattern. */
static bool read_join(struct text *params, char **words)
{
    struct join_request request = {.thread = words[0], .timeout = -1};

    if (!is_plain(words[0]) || words[1] != NULL || strpbrk(words[0], THREAD_PATTERN_BYTES) != NULL)
        return false;
    request_write_join(params, &request);
    return true;
}

/*
 * Returns true if NAME can be an exception's name. The supervisor knows which there are; the program words its
 * refusal.
 */
static bool is_exception_name(const char *name)
{
    const char *c = name;

    while ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' ||
           (c > name && ((*c >= '0' && *c <= '9') || *c == '.')))
        c++;
    return c > name && *c == '\0';
}

/* Reads THREAD [EXCEPTION]. */
static bool read_raise(struct text *params, char **words)
{
    struct raise_request request = {.thread = words[0], .exception = "SystemExit"};

    if (!is_plain(words[0]))
        return false;
    if (*++words != NULL)
        request.exception = *words++;
    if (!is_exception_name(request.exception) || *words != NULL)
        return false;
    request_write_raise(params, &request);
    return true;
}

/* Reads [THREAD...]. */
static bool read_list(struct text *params, char **words)
{
    struct list_request request = {.threads = words[0] != NULL ? words : NULL};

    for (; *words != NULL; words++)
        if (!is_plain(*words))
            return false;
    request_write_list(params, &request);
    return true;
}

static bool read_command(struct plain_command *ret, char **words, char **environment)
{
    bool daemon = take(&words, "daemon");

    if (daemon || take(&words, "start")) {
        ret->command = QUICK_START;
        ret->method = "start";
        return read_start(&ret->params, words, environment, daemon);
    }
    if (take(&words, "join")) {
        ret->command = QUICK_JOIN;
        ret->method = "join";
        return read_join(&ret->params, words);
    }
    if (take(&words, "raise")) {
        ret->command = QUICK_RAISE;
        ret->method = "raise";
        return read_raise(&ret->params, words);
    }
    ret->command = QUICK_LIST;
    ret->method = "list";
    return (take(&words, "list") || take(&words, "ls")) && read_list(&ret->params, words);
}

bool plain_command_read(struct plain_command *ret, char **words, char **environment)
{
    ret->label = ret->socket = NULL;
    ret->params = (struct text){0};
    while (take_option(&words, "-S", &ret->socket) || take_option(&words, "-L", &ret->label))
        ;
    return read_command(ret, words, environment) && !ret->params.failed;
}
