#include "cli/quick/request.h"

#include "cli/base/limit_names.h"
#include "cli/quick/system.h"

#include <stddef.h>

#define PATH_ROOM 4096

/* What the program makes of the umask, too, while it asks for it. */
#define SOME_UMASK 077

static void begin_request(struct bytes *request, const char *method)
{
    bytes_put_word(request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"");
    bytes_put_word(request, method);
    bytes_put_word(request, "\",\"params\":{");
}

static void end_request(struct bytes *request)
{
    bytes_put_word(request, "}}\n");
}

/* An id is a number, a name a string. */
static void put_thread(struct bytes *request, const char *thread)
{
    unsigned long id;

    if (bytes_take_number(thread, bytes_length(thread), &id) < bytes_length(thread))
        bytes_put_string(request, thread);
    else if (*thread == '0')
        request->failed = true; /* however many of them there are */
    else
        bytes_put_number(request, id);
}

static bool is_assignment(const char *word)
{
    if (*word == '=')
        return false;
    while (*word != '\0' && *word != '=')
        word++;
    return *word == '=';
}

static void put_strings(struct bytes *request, char **words, bool assignments)
{
    bool first = true;

    bytes_put_word(request, "[");
    for (; *words != NULL; words++) {
        if (assignments && !is_assignment(*words))
            continue;
        if (!first)
            bytes_put_word(request, ",");
        bytes_put_string(request, *words);
        first = false;
    }
    bytes_put_word(request, "]");
}

static void put_here(struct bytes *request)
{
    static char here[PATH_ROOM];
    long        size = system_call(SYS_getcwd, (long) here, sizeof(here), 0, 0, 0, 0);

    request->failed |= size <= 0 || here[0] != '/';
    bytes_put_string(request, here);
}

static unsigned long current_umask(void)
{
    long mask = system_call(SYS_umask, SOME_UMASK, 0, 0, 0, 0, 0);

    system_call(SYS_umask, mask, 0, 0, 0, 0, 0);
    return (unsigned long) mask;
}

static void put_signed(struct bytes *request, long number)
{
    if (number < 0)
        bytes_put_word(request, "-");
    bytes_put_number(request, (unsigned long) (number < 0 ? -number : number));
}

/* NAME comes with what stands around it. */
static void put_limit(struct bytes *request, long resource, const char *name)
{
    struct rlimit limit;

    limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
    system_call(SYS_prlimit64, 0, resource, 0, (long) &limit, 0, 0);
    if (request->size > 0 && request->data[request->size - 1] != '{')
        bytes_put_word(request, ",");
    bytes_put_word(request, name);
    put_signed(request, limits_number(limit.rlim_cur));
    bytes_put_word(request, ",");
    put_signed(request, limits_number(limit.rlim_max));
    bytes_put_word(request, "]");
}

/* As limits_write() has it. The call's result is 20 less the niceness. */
static void put_limits(struct bytes *request)
{
    bytes_put_word(request, ",\"limits\":{");
#define X(resource, name) put_limit(request, RLIMIT_##resource, "\"" name "\":[");
    LIMITS(X)
#undef X
    bytes_put_word(request, "},\"nice\":");
    put_signed(request, 20 - system_call(SYS_getpriority, PRIO_PROCESS, 0, 0, 0, 0, 0));
}

/* [-d] [-n NAME] [--] COMMAND… */
static bool put_start(struct bytes *request, struct words *words, bool daemon)
{
    const char *name = NULL;
    bool        more = true;

    while (more) {
        bool set = words_take(words, "-d") || words_take(words, "--daemon");

        daemon |= set;
        more = set || words_take_option(words, "-n", &name) ||
               words_take_option(words, "--name", &name);
    }
    if (*words->next == NULL || (!words_take(words, "--") && !words_is_plain(*words->next)))
        return false;
    if (*words->next == NULL)
        return false;
    begin_request(request, "start");
    bytes_put_word(request, "\"command\":");
    put_strings(request, words->next, false);
    bytes_put_word(request, ",\"environment\":");
    put_strings(request, words->environment, true);
    put_limits(request);
    bytes_put_word(request, ",\"members\":[\"id\"],\"directory\":");
    put_here(request);
    bytes_put_word(request, ",\"umask\":");
    bytes_put_number(request, current_umask());
    if (daemon)
        bytes_put_word(request, ",\"daemon\":true");
    if (name != NULL) {
        bytes_put_word(request, ",\"name\":");
        bytes_put_string(request, name);
    }
    end_request(request);
    return true;
}

/* THREAD */
static bool put_join(struct bytes *request, struct words *words)
{
    const char *thread = *words->next;

    if (thread == NULL || !words_is_plain(thread) || words->next[1] != NULL)
        return false;
    for (const char *c = thread; *c != '\0'; c++)
        if (*c == '*' || *c == '?' || *c == '[')
            return false;
    begin_request(request, "join");
    bytes_put_word(request, "\"thread\":");
    put_thread(request, thread);
    bytes_put_word(request, ",\"members\":[\"id\",\"name\",\"runs\",\"exit_code\",\"signal\","
                            "\"exception\",\"message\",\"unended\"]");
    end_request(request);
    return true;
}

/* Of the others, and the ways to write them, the program knows. */
static bool is_usual_exception(const char *name)
{
    static const char usual[] = "SystemExit\0KeyboardInterrupt\0SIGTERM\0SIGINT\0SIGKILL\0SIGHUP\0"
                                "SIGUSR1\0SIGUSR2\0SIGSTOP\0SIGCONT\0";

    for (const char *word = usual; *word != '\0'; word += bytes_length(word) + 1)
        if (bytes_are(name, word))
            return true;
    return false;
}

/* THREAD [EXCEPTION] */
static bool put_raise(struct bytes *request, struct words *words)
{
    const char *thread = *words->next;
    const char *exception = "SystemExit";

    if (thread == NULL || !words_is_plain(thread))
        return false;
    if (*++words->next != NULL)
        exception = *words->next++;
    if (!is_usual_exception(exception) || *words->next != NULL)
        return false;
    begin_request(request, "raise");
    bytes_put_word(request, "\"exception\":");
    bytes_put_string(request, exception);
    bytes_put_word(request, ",\"thread\":");
    put_thread(request, thread);
    bytes_put_word(request, ",\"members\":[\"id\"]");
    end_request(request);
    return true;
}

/* [THREAD…] */
static bool put_list(struct bytes *request, struct words *words)
{
    const char *thread = *words->next;

    begin_request(request, "list");
    if (thread != NULL)
        bytes_put_word(request, "\"threads\":[");
    while (thread != NULL) {
        if (!words_is_plain(thread))
            return false;
        put_thread(request, thread);
        thread = *++words->next;
        bytes_put_word(request, thread != NULL ? "," : "],");
    }
    bytes_put_word(request, "\"table\":true");
    end_request(request);
    return true;
}

enum quick_command request_take_command(struct words *words)
{
    if (words_take(words, "start"))
        return QUICK_START;
    if (words_take(words, "daemon"))
        return QUICK_DAEMON;
    if (words_take(words, "join"))
        return QUICK_JOIN;
    if (words_take(words, "raise"))
        return QUICK_RAISE;
    return words_take(words, "list") || words_take(words, "ls") ? QUICK_LIST : QUICK_OTHER;
}

bool request_put(struct bytes *request, struct words *words, enum quick_command command)
{
    switch (command) {
    case QUICK_START:
    case QUICK_DAEMON:
        return put_start(request, words, command == QUICK_DAEMON);
    case QUICK_JOIN:
        return put_join(request, words);
    case QUICK_RAISE:
        return put_raise(request, words);
    case QUICK_LIST:
        return put_list(request, words);
    default:
        return false;
    }
}
