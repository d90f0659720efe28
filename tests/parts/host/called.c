/*
 * Tests k3thread-host (cli/host/host.c) alone: the loader and the library of threads are the test's. Its main() is
 * __real_main() here.
 */
#include "tests/lib/test.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKER 12 /* the descriptor by which the worker is told */

static const char *loader_error; /* of the library; NULL: it is loaded */
static const char *symbol_error; /* of the function; NULL: it is found */
static bool        has_symbol = true;
static int         start_errors[3], attach_error;
static int         starts;
static char        steps[256]; /* what has happened, a word each */
static sem_t      *go;
static bool        has_gone;

static void step(const char *word)
{
    (void) snprintf(steps + strlen(steps), sizeof(steps) - strlen(steps), "%s ", word);
}

/* The function. */
static int function(int argc, char **argv)
{
    CHECK(has_gone);
    CHECK_EQUAL(fcntl(WORKER, F_GETFD), -1); /* the worker sees the end */
    step("called");
    for (int i = 0; i < argc; i++)
        step(argv[i]);
    CHECK(argv[argc] == NULL);
    puts(steps);
    return 7;
}

/* The loader */

void *__wrap_dlopen(const char *library, int mode);
void *__wrap_dlopen(const char *library, int mode)
{
    CHECK_EQUAL(mode, RTLD_NOW);
    step(library);
    return loader_error == NULL ? steps : NULL;
}

void *__wrap_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name)
{
    int (*found)(int, char **) = function;
    void *ret;

    CHECK(handle == steps);
    step(name);
    memcpy(&ret, &found, sizeof(ret));
    return has_symbol ? ret : NULL;
}

char *__wrap_dlerror(void);
char *__wrap_dlerror(void)
{
    return (char *) (loader_error != NULL ? loader_error : symbol_error);
}

/* The library of threads */

static k3thread_target target;
static void           *target_arg;
#define THREAD ((k3thread *) steps)

enum k3thread_mask k3thread_set_mask(enum k3thread_mask mask)
{
    CHECK_EQUAL(mask, K3THREAD_NEVER);
    step("masked");
    return K3THREAD_IMMEDIATE;
}

int k3thread_start(k3thread **ret, k3thread_target given, void *arg,
                   const struct k3thread_options *options)
{
    step(options == NULL ? "unnamed" : options->name != NULL ? options->name : "null");
    target = given;
    target_arg = arg;
    *ret = THREAD;
    return start_errors[starts++];
}

int k3thread_detach(void)
{
    step("detached");
    return 0;
}

int k3thread_attach_as_(k3thread *thread);
int k3thread_attach_as_(k3thread *thread)
{
    int value;

    CHECK(thread == THREAD);
    CHECK(sem_getvalue(go, &value) == 0 && value == 0); /* the function waits for this */
    step("attached");
    return attach_error;
}

int k3thread_join(k3thread *thread, double timeout, struct k3thread_result *result)
{
    CHECK(thread == THREAD && timeout == INFINITY && result == NULL);
    CHECK_EQUAL((intptr_t) target(target_arg), 7);
    return 0;
}

int k3thread_exit_status_(const k3thread *thread);
int k3thread_exit_status_(const k3thread *thread)
{
    CHECK(thread == THREAD);
    return 9;
}

const char *k3thread_error_name(int error)
{
    return error == K3THREAD_TYPE_ERROR ? "TypeError" : "ValueError";
}

int __real_sem_init(sem_t *sem, int shared, unsigned value);
int __wrap_sem_init(sem_t *sem, int shared, unsigned value);
int __wrap_sem_init(sem_t *sem, int shared, unsigned value)
{
    go = sem;
    return __real_sem_init(sem, shared, value);
}

int __real_sem_wait(sem_t *sem);
int __wrap_sem_wait(sem_t *sem);
int __wrap_sem_wait(sem_t *sem)
{
    static bool is_interrupted;

    if (!is_interrupted) {
        is_interrupted = true;
        errno = EINTR;
        return -1;
    }
    has_gone = __real_sem_wait(sem) == 0;
    return has_gone ? 0 : -1;
}

/* The program */

int __real_main(int argc, char **argv);

static const char *descriptor = "12", *word = "./a.so:f";
static int         count = 4; /* of the words */

static void run_host(void)
{
    static char copies[2][64];
    char       *argv[] = {(char *) "k3thread-host", copies[0], copies[1], (char *) "x", NULL};

    argv[count] = NULL;
    (void) snprintf(copies[0], sizeof(copies[0]), "%s", descriptor);
    (void) snprintf(copies[1], sizeof(copies[1]), "%s", word);
    (void) setenv("K3THREAD_NAME", "web", 1);
    exit(__real_main(count, argv));
}

/* Runs the program. Checks its exit status, its output, and what it tells the worker. */
static void check_host(int status, const char *output, const char *told)
{
    char    got[8192], message[8192];
    int     ends[2], result;
    ssize_t n;

    CHECK_EQUAL(pipe(ends), 0);
    CHECK(dup2(ends[1], WORKER) == WORKER);
    result = test_child(run_host, got, sizeof(got));
    close(WORKER);
    close(ends[1]);
    n = read(ends[0], message, sizeof(message) - 1);
    CHECK(n >= 0);
    message[n] = '\0';
    close(ends[0]);
    if (strcmp(got, output) != 0 || strcmp(message, told) != 0)
        fprintf(stderr, "'%s' '%s'\n", got, message);
    CHECK_TEXT(got, output);
    CHECK_TEXT(message, told);
    CHECK(WIFEXITED(result));
    CHECK_EQUAL(WEXITSTATUS(result), status);
}

static void a_function_is_called_in_an_attached_thread(void)
{
    check_host(9, "masked ./a.so f web detached attached called f x \n", "0");
    word = "a:b.so:g";
    check_host(9, "masked a:b.so g web detached attached called g x \n", "0");
    count = 3;
    check_host(9, "masked a:b.so g web detached attached called g \n", "0");
}

/* The thread has the name of the supervisor's thread, or else that of the function, if the library allows them. */
static void a_thread_has_an_allowed_name(void)
{
    start_errors[0] = K3THREAD_VALUE_ERROR;
    check_host(9, "masked ./a.so f web f detached attached called f x \n", "0");
    start_errors[1] = K3THREAD_VALUE_ERROR;
    check_host(9, "masked ./a.so f web f unnamed detached attached called f x \n", "0");
    start_errors[2] = K3THREAD_TYPE_ERROR;
    check_host(126, "", "126 --call: cannot start a thread: TypeError");
    start_errors[2] = K3THREAD_VALUE_ERROR;
    check_host(126, "", "126 --call: cannot start a thread: ValueError");
    start_errors[0] = K3THREAD_TYPE_ERROR;
    check_host(126, "", "126 --call: cannot start a thread: TypeError");
}

static void a_process_that_cannot_attach_calls_nothing(void)
{
    attach_error = K3THREAD_TYPE_ERROR;
    check_host(126, "", "126 --call: cannot attach to the supervisor: TypeError");
}

static void a_user_is_told_what_the_program_is_for(void)
{
    static const char usage[] =
        "k3thread-host: it is for \"k3thread start --call LIBRARY:FUNCTION\"\n";

    for (count = 1; count <= 2; count++)
        check_host(2, usage, "");
    word = "a.so";
    for (; count <= 4; count++)
        check_host(2, usage, "");
}

#define MISSING ": cannot open shared object file: No such file or directory"

/* 127 says that the library itself is missing. */
static void the_status_says_what_is_missing(void)
{
    static const struct {
        const char *word, *error, *told;
    } table[] = {
        {"./a.so:f", "./a.so" MISSING, "127 --call: ./a.so" MISSING},
        {"a.so:f", "a.so" MISSING, "127 --call: a.so" MISSING},
        {"./a.so:f", "./b.so" MISSING, "126 --call: ./b.so" MISSING},
        {"./a.so:f", "./longer.so" MISSING, "126 --call: ./longer.so" MISSING},
        {"./a.so:f", "./a.so.1" MISSING, "126 --call: ./a.so.1" MISSING},
        {"./a.so:f", "./a.so: file too short", "126 --call: ./a.so: file too short"},
        {"./there.so:f", "./there.so" MISSING,
         "126 --call: ./there.so" MISSING " (the file is there: it is for another processor)"},
        {"there.so:f", "there.so" MISSING, "127 --call: there.so" MISSING}, /* it is looked for */
    };

    close(open("there.so", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        word = table[i].word;
        loader_error = table[i].error;
        check_host(atoi(table[i].told), "", table[i].told);
    }
    loader_error = NULL;
    has_symbol = false;
    symbol_error = "a.so: undefined symbol: f";
    check_host(127, "", "127 --call: a.so: undefined symbol: f");
    symbol_error = NULL;
    check_host(127, "", "127 --call: the symbol has no address");
}

/* A reason is cut, so that the pipe takes it as a whole. */
static void a_long_reason_is_cut(void)
{
    static char reason[5000], told[PIPE_BUF / 2 + 4];

    memset(reason, 'x', sizeof(reason) - 1);
    loader_error = reason;
    memset(told, 'x', sizeof(told) - 1);
    memcpy(told, "126 --call: ", strlen("126 --call: "));
    check_host(126, "", told);
}

/* Without a descriptor, the user is told. */
static void any_open_descriptor_is_told(void)
{
    loader_error = "no";
    CHECK_EQUAL(dup2(open("told", O_RDWR | O_CREAT | O_TRUNC, 0600), STDIN_FILENO), STDIN_FILENO);
    for (int i = 0; i < 5; i++) { /* the last one is too large for an int */
        descriptor = ((const char *[]){"12x", "", "-1", "99", "4294967308"})[i];
        check_host(126, "k3thread-host: --call: no\n", "");
    }
    CHECK_EQUAL(lseek(STDIN_FILENO, 0, SEEK_END), 0);
    descriptor = "1"; /* its output */
    check_host(126, "126 --call: no", "");
    descriptor = "0";
    check_host(126, "", "");
    CHECK_EQUAL(lseek(STDIN_FILENO, 0, SEEK_END), strlen("126 --call: no"));
}

#define main __wrap_main
int main(int argc, char **argv);
TEST_MAIN({"called", a_function_is_called_in_an_attached_thread},
          {"usage", a_user_is_told_what_the_program_is_for},
          {"names", a_thread_has_an_allowed_name},
          {"attach", a_process_that_cannot_attach_calls_nothing},
          {"status", the_status_says_what_is_missing}, {"long", a_long_reason_is_cut},
          {"descriptor", any_open_descriptor_is_told})
