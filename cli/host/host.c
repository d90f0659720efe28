/*
 * k3thread-host: the process of a thread that `start --call LIBRARY:FUNCTION` starts. It loads the library, calls
 * the function in a thread of libk3thread, and exits with the status that the function returns.
 *
 *     k3thread-host FD LIBRARY:FUNCTION [ARG...]
 *
 * To the descriptor FD, a pipe, it writes one message for the worker that has started it: "0" when the function
 * was found and the process is attached; or its exit status, a space, and the reason why it cannot call the
 * function. It uses the shared libk3thread, so that it and the loaded library share one libk3thread.
 */
#include "k3thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Exit statuses: 126 and 127 are those of a shell for a command that it cannot run, and that it does not find. */
enum { USAGE = 2, NOT_LOADABLE = 126, NOT_FOUND = 127 };

/* The call of the function, which the new thread makes. */
struct call {
    int (*function)(int argc, char **argv);
    int    argc;
    char **argv;
    sem_t  go; /* the process is attached */
};

/* Ends the process with STATUS, and gives the reason to the worker or, without a worker, to the user. */
static __attribute__((format(printf, 3, 4))) _Noreturn void fail(int fd, int status,
                                                                 const char *format, ...)
{
    char    reason[PIPE_BUF / 2];
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    if (fd < 0 || dprintf(fd, "%d %s", status, reason) < 0)
        (void) fprintf(stderr, "k3thread-host: %s\n", reason);
    _exit(status);
}

/* Returns the descriptor that TEXT names, or -1. Makes sure that no other program inherits it. */
static int take_descriptor(const char *text)
{
    char *end;
    long  number = strtol(text, &end, 10);

    if (end == text || *end != '\0' || number < 0 || number > INT_MAX)
        return -1;
    return fcntl((int) number, F_SETFD, FD_CLOEXEC) == 0 ? (int) number : -1;
}

/* Returns true if the loader's WORDS say that the file LIBRARY is missing, and not a library that it needs. */
static bool says_missing(const char *words, const char *library)
{
    size_t length = strlen(library);

    return strncmp(words, library, length) == 0 && words[length] == ':' &&
           strstr(words + length, strerror(ENOENT)) != NULL;
}

/*
 * Ends the process because LIBRARY cannot be loaded. WORDS are the loader's reason; the loader says that there is no
 * file also if the file is for another processor.
 */
static _Noreturn void fail_loading(int fd, const char *library, const char *words)
{
    bool missing = says_missing(words, library);

    if (missing && strchr(library, '/') != NULL && access(library, F_OK) == 0)
        fail(fd, NOT_LOADABLE, "--call: %s (the file is there: it is for another processor)",
             words);
    fail(fd, missing ? NOT_FOUND : NOT_LOADABLE, "--call: %s", words);
}

/* Returns the function NAME of LIBRARY. */
static void *find(int fd, const char *library, const char *name)
{
    void       *handle = dlopen(library, RTLD_NOW);
    void       *symbol;
    const char *words;

    if (handle == NULL)
        fail_loading(fd, library, dlerror());
    symbol = dlsym(handle, name);
    if (symbol == NULL) {
        words = dlerror();
        fail(fd, NOT_FOUND, "--call: %s", words != NULL ? words : "the symbol has no address");
    }
    return symbol;
}

/* Calls the function, once the process is attached. Waits by sem_wait(), which leaves exceptions to the function. */
static void *call_function(void *argument)
{
    struct call *call = argument;

    while (sem_wait(&call->go) < 0)
        ; /* a signal has interrupted it */
    return (void *) (intptr_t) call->function(call->argc, call->argv);
}

/* Starts the thread, under its name in the supervisor if the library allows that name too. */
static k3thread *start(int fd, struct call *call)
{
    struct k3thread_options options = {.name = getenv("K3THREAD_NAME")};
    k3thread               *thread;
    int                     error = k3thread_start(&thread, call_function, call, &options);

    if (error == K3THREAD_VALUE_ERROR) {
        options.name = call->argv[0];
        error = k3thread_start(&thread, call_function, call, &options);
    }
    if (error == K3THREAD_VALUE_ERROR)
        error = k3thread_start(&thread, call_function, call, NULL);
    if (error != 0)
        fail(fd, NOT_LOADABLE, "--call: cannot start a thread: %s", k3thread_error_name(error));
    return thread;
}

/* Attaches the process, so that exceptions for it are raised in THREAD. */
static void attach(int fd, k3thread *thread)
{
    int error;

    (void) k3thread_detach(); /* the library may have attached the process when it was loaded */
    error = k3thread_attach_as_(thread);
    if (error != 0)
        fail(fd, NOT_LOADABLE, "--call: cannot attach to the supervisor: %s",
             k3thread_error_name(error));
}

int main(int argc, char **argv)
{
    struct call call = {0};
    k3thread   *thread;
    char       *colon = argc > 2 ? strrchr(argv[2], ':') : NULL;
    void       *symbol;
    int         fd;

    if (colon == NULL) {
        (void) fputs("k3thread-host: it is for \"k3thread start --call LIBRARY:FUNCTION\"\n",
                     stderr);
        return USAGE;
    }
    *colon = '\0';
    fd = take_descriptor(argv[1]);
    k3thread_set_mask(K3THREAD_NEVER); /* of this thread, which only waits */
    symbol = find(fd, argv[2], colon + 1);
    memcpy(&call.function, &symbol, sizeof(symbol));
    call.argc = argc - 2;
    call.argv = argv + 2;
    call.argv[0] = colon + 1;
    (void) sem_init(&call.go, 0, 0);
    thread = start(fd, &call);
    attach(fd, thread);
    if (fd >= 0) {
        (void) dprintf(fd, "0");
        close(fd);
    }
    (void) sem_post(&call.go);
    (void) k3thread_join(thread, INFINITY, NULL);
    exit(k3thread_exit_status_(
        thread)); /* if the function has called exit() itself, the library returns that status */
}
