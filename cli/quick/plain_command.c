#include "cli/quick/plain_command.h"

#include "cli/base/thread_name.h"
#include "cli/client/current_directory.h"

#include <stdlib.h>
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
static bool read_start(struct start_request *ret, char **words, char **environment, bool daemon)
{
    bool more = true;

    request_init_start(ret);
    while (more) {
        bool set = take(&words, "-d") || take(&words, "--daemon");

        daemon |= set;
        more = set || take_option(&words, "-n", &ret->name) ||
               take_option(&words, "--name", &ret->name);
    }
    if (!take(&words, "--") && !is_plain(*words))
        return false;
    ret->command = words;
    ret->environment = environment;
    ret->daemon = daemon;
    return *words != NULL;
}

/* Reads THREAD, which must not be a pattern. */
static bool read_join(struct join_request *ret, char **words)
{
    *ret = (struct join_request){.thread = words[0], .timeout = -1};
    return is_plain(words[0]) && words[1] == NULL &&
           strpbrk(words[0], THREAD_PATTERN_BYTES) == NULL;
}

/*
 * Returns true if NAME can be an exception's name. Only the supervisor knows which exceptions there are, and only
 * the program reports that it refuses one.
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
static bool read_raise(struct raise_request *ret, char **words)
{
    *ret = (struct raise_request){.thread = words[0], .exception = "SystemExit"};
    if (!is_plain(words[0]))
        return false;
    if (*++words != NULL)
        ret->exception = *words++;
    return is_exception_name(ret->exception) && *words == NULL;
}

/* Reads [THREAD...]. */
static bool read_list(struct list_request *ret, char **words)
{
    *ret = (struct list_request){.threads = words[0] != NULL ? words : NULL};
    for (; *words != NULL; words++)
        if (!is_plain(*words))
            return false;
    return true;
}

static bool read_command(struct plain_command *ret, char **words, char **environment)
{
    bool daemon = take(&words, "daemon");

    if (daemon || take(&words, "start")) {
        ret->command = QUICK_START;
        ret->method = "start";
        return read_start(&ret->request.start, words, environment, daemon);
    }
    if (take(&words, "join")) {
        ret->command = QUICK_JOIN;
        ret->method = "join";
        return read_join(&ret->request.join, words);
    }
    if (take(&words, "raise")) {
        ret->command = QUICK_RAISE;
        ret->method = "raise";
        return read_raise(&ret->request.raise, words);
    }
    ret->command = QUICK_LIST;
    ret->method = "list";
    return (take(&words, "list") || take(&words, "ls")) && read_list(&ret->request.list, words);
}

/* Returns true if K3THREAD_HOST may name the machine of the supervisor. */
static bool is_elsewhere(const struct plain_command *command)
{
    return command->label == NULL && command->socket == NULL && getenv("K3THREAD_HOST") != NULL;
}

bool plain_command_read(struct plain_command *ret, char **words, char **environment)
{
    ret->label = ret->socket = NULL;
    while (take_option(&words, "-S", &ret->socket) || take_option(&words, "-L", &ret->label))
        ;
    return !is_elsewhere(ret) && read_command(ret, words, environment);
}

bool plain_command_write(struct plain_command *command, struct text *params)
{
    switch (command->command) {
    case QUICK_START:
        command->request.start.here = current_directory_find(false);
        if (command->request.start.here == NULL)
            return false;
        request_write_start(params, &command->request.start);
        break;
    case QUICK_JOIN:
        request_write_join(params, &command->request.join);
        break;
    case QUICK_RAISE:
        request_write_raise(params, &command->request.raise);
        break;
    case QUICK_LIST:
        request_write_list(params, &command->request.list);
        break;
    }
    return !params->failed;
}
