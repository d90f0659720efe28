#include "cli/base/exceptions.h"

#include "cli/base/number.h"

#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
#define SIGNALS(X)                                                                             \
    X(SIGHUP) X(SIGINT) X(SIGQUIT) X(SIGILL) X(SIGTRAP) X(SIGABRT) X(SIGBUS) X(SIGFPE)         \
    X(SIGKILL) X(SIGUSR1) X(SIGSEGV) X(SIGUSR2) X(SIGPIPE) X(SIGALRM) X(SIGTERM) X(SIGSTKFLT)  \
    X(SIGCHLD) X(SIGCONT) X(SIGSTOP) X(SIGTSTP) X(SIGTTIN) X(SIGTTOU) X(SIGURG) X(SIGXCPU)     \
    X(SIGXFSZ) X(SIGVTALRM) X(SIGPROF) X(SIGWINCH) X(SIGIO) X(SIGPWR) X(SIGSYS)
/* clang-format on */

static const k3thread_exctype signal_base = {"Signal", &k3thread_BaseException};

static const k3thread_exctype signal_types[] = {
#define X(number) {#number, &signal_base},
    SIGNALS(X)
#undef X
};

static const int signal_numbers[] = {
#define X(number) number,
    SIGNALS(X)
#undef X
};

/* The real-time signals, from the first on that glibc, and with it shells and kill(1), count. musl's own is 35. */
#define FIRST_REAL_TIME 34

/* clang-format off */
static const k3thread_exctype real_time_types[] = {
    {"SIGRTMIN", &signal_base},
#define X(number) {"SIGRTMIN+" #number, &signal_base},
    X(1)  X(2)  X(3)  X(4)  X(5)  X(6)  X(7)  X(8)  X(9)  X(10) X(11) X(12) X(13) X(14) X(15)
    X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29)
#undef X
    {"SIGRTMAX", &signal_base},
};
/* clang-format on */

/* Other names of signals. */
static const struct {
    const char *name, *usual;
} aliases[] = {{"SIGIOT", "SIGABRT"}, {"SIGCLD", "SIGCHLD"}, {"SIGPOLL", "SIGIO"}};

/* clang-format off */
static const k3thread_exctype *const library_types[] = {
    &k3thread_BaseException,
#define X(name, base) &k3thread_##name,
    K3THREAD_EXCEPTION_MAP(X)
#undef X
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const k3thread_exctype *exceptions_at(size_t index)
{
    if (index < COUNT(library_types))
        return library_types[index];
    index -= COUNT(library_types);
    if (index == 0)
        return &signal_base;
    index--;
    return index < COUNT(signal_types) ? &signal_types[index] : NULL;
}

/* Returns true if NAME means SIGNAL_NAME: "SIGHUP", "HUP" and "hup" are the same name. */
static bool is_signal_name(const char *name, const char *signal_name)
{
    size_t prefix = strlen("SIG");

    return strcasecmp(name, signal_name) == 0 || strcasecmp(name, signal_name + prefix) == 0;
}

/* Reads a whole number from 0 to MAX; returns -1 if TEXT is no such number. */
static int parse_number(const char *text, int max)
{
    uint64_t number;

    return number_parse(text, 0, (uint64_t) max, &number) ? (int) number : -1;
}

/* Returns the number of the real-time signal "SIGRTMIN+3", "rtmax-1" or "37", or 0. */
static int parse_real_time(const char *text)
{
    const char *name = strncasecmp(text, "SIG", strlen("SIG")) == 0 ? text + 3 : text;
    int         last = (int) COUNT(real_time_types) - 1, number = parse_number(text, SIGRTMAX);
    bool        is_first = strncasecmp(name, "RTMIN", strlen("RTMIN")) == 0;

    if (number >= FIRST_REAL_TIME)
        return number;
    if (!is_first && strncasecmp(name, "RTMAX", strlen("RTMAX")) != 0)
        return 0;
    name += strlen("RTMIN");
    number = *name == '\0' ? 0 : -1;
    if (*name == (is_first ? '+' : '-'))
        number = parse_number(name + 1, last);
    if (number < 0)
        return 0;
    return FIRST_REAL_TIME + (is_first ? number : last - number);
}

const k3thread_exctype *exceptions_find(const char *name)
{
    int number = parse_number(name, SIGRTMAX), real_time = parse_real_time(name);

    if (real_time != 0)
        return &real_time_types[real_time - FIRST_REAL_TIME];
    for (size_t i = 0; i < COUNT(aliases); i++)
        if (is_signal_name(name, aliases[i].name))
            name = aliases[i].usual;

    for (size_t i = 0; i < COUNT(library_types); i++)
        if (strcmp(library_types[i]->name, name) == 0)
            return library_types[i];
    if (strcmp(signal_base.name, name) == 0)
        return &signal_base;
    for (size_t i = 0; i < COUNT(signal_types); i++)
        if (signal_numbers[i] == number || is_signal_name(name, signal_types[i].name))
            return &signal_types[i];
    return NULL;
}

/* A type that a program has defined. */
struct learned {
    k3thread_exctype type;
    char             name[];
};

/* The most types of all programs, three megabytes, and of one program, 48 KiB. */
#define LEARNED_MAX  16384
#define LEARNED_EACH 256

/* A name has letters, digits, '_' and '.', at most 64, and no digit first. */
bool exceptions_is_name(const char *name)
{
    size_t length = strlen(name);

    return length <= 64 &&
           strchr("0123456789.", name[0]) == NULL && /* it finds the NUL of an empty name, too */
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.") ==
               length;
}

/* Orders types by their names, and types with the same name by their bases. */
static int compare_types(const void *a, const void *b)
{
    const k3thread_exctype *x = a, *y = b;
    int                     order = strcmp(x->name, y->name);

    if (order != 0)
        return order;
    return ((uintptr_t) x->base > (uintptr_t) y->base) -
           ((uintptr_t) x->base < (uintptr_t) y->base);
}

static k3thread_exctype *new_type(const char *name, const k3thread_exctype *base)
{
    struct learned *type = malloc(sizeof(*type) + strlen(name) + 1);

    if (type == NULL)
        return NULL;
    strcpy(type->name, name);
    type->type = (k3thread_exctype){.name = type->name, .base = base};
    return &type->type;
}

const k3thread_exctype *exceptions_learn(const char *name, const k3thread_exctype *base,
                                         unsigned *count)
{
    static void             *types; /* a tree of tsearch() */
    static size_t            total;
    const k3thread_exctype   key = {.name = name, .base = base};
    const k3thread_exctype  *known = exceptions_find(name);
    k3thread_exctype *const *found;
    k3thread_exctype        *type;

    if (known != NULL || !exceptions_is_name(name))
        return known;
    found = tfind(&key, &types, compare_types);
    if (found != NULL)
        return *found;
    type = total < LEARNED_MAX && *count < LEARNED_EACH ? new_type(name, base) : NULL;
    if (type == NULL || tsearch(type, &types, compare_types) == NULL) {
        free(type);
        return NULL;
    }
    total++;
    (*count)++;
    return type;
}

int exceptions_signal(const k3thread_exctype *type)
{
    if (type >= real_time_types && type < real_time_types + COUNT(real_time_types))
        return FIRST_REAL_TIME + (int) (type - real_time_types);
    if (type < signal_types || type >= signal_types + COUNT(signal_types))
        return 0;
    return signal_numbers[type - signal_types];
}

int exceptions_parse_signal(const char *text)
{
    const k3thread_exctype *type;
    int                     number = parse_number(text, SIGRTMAX);

    if (number >= 0)
        return number;
    type = exceptions_find(text);
    return type != NULL ? exceptions_signal(type) : 0;
}

const char *exceptions_signal_name(int signal)
{
    for (size_t i = 0; i < COUNT(signal_numbers); i++)
        if (signal_numbers[i] == signal)
            return signal_types[i].name;
    if (signal >= FIRST_REAL_TIME && signal < FIRST_REAL_TIME + (int) COUNT(real_time_types))
        return real_time_types[signal - FIRST_REAL_TIME].name;
    return NULL;
}
