/*
 * Starts commands by spawn() alone, in the tests of it. Each case makes its files in the current directory; the
 * commands write to the file "out".
 */
#ifndef SPAWNED_H
#define SPAWNED_H

#include "tests/lib/test.h"

#include "cli/process/limits.h"
#include "cli/process/spawn.h"

#include <sys/stat.h>

static char *const default_environment[] = {(char *) "PATH=/usr/bin:/bin", NULL};

static char *const nothing[] = {(char *) "true", NULL}; /* a command that does nothing */

static inline void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(chmod(path, mode) == 0);
}

/* Reads the file "out" as a string without its last newline, which lives until the next call. */
static inline const char *get_output(void)
{
    static char text[4096];
    int         fd = open("out", O_RDONLY | O_CLOEXEC);
    ssize_t     n = read(fd, text, sizeof(text) - 1);

    CHECK(n >= 0);
    close(fd);
    text[n > 0 && text[n - 1] == '\n' ? n - 1 : n] = '\0';
    return text;
}

/* Returns a plan for ARGV. No command gets the descriptors that this process was started with. */
static inline struct spawn_plan plan_of(char *const *argv)
{
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
        (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void) limits_open();
    return (struct spawn_plan){.argv = argv,
                               .environment = default_environment,
                               .directory = ".",
                               .input_from = -1,
                               .output = "out",
                               .output_umask = 0177,
                               .umask = 022,
                               .limits = limits_started_with(),
                               .mark_resource = -1};
}

/* Runs PLAN to its end, and checks that it exits with 0 and has printed WANTED. */
static inline void check_run(const struct spawn_plan *plan, const char *wanted)
{
    struct spawned spawned;
    int            before = test_count_open(), status;

    (void) unlink("out");
    CHECK_EQUAL(spawn(plan, &spawned), 0);
    CHECK_EQUAL(fcntl(spawned.pidfd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(waitpid(spawned.pid, &status, 0), spawned.pid);
    CHECK_EQUAL(status, 0);
    close(spawned.pidfd);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_TEXT(get_output(), wanted);
}

/* Runs SCRIPT by sh as check_run() does. */
static inline void check_script(struct spawn_plan *plan, const char *script, const char *wanted)
{
    char *argv[] = {(char *) "sh", (char *) "-c", (char *) script, NULL};

    plan->argv = argv;
    check_run(plan, wanted);
    plan->argv = nothing;
}

/* Checks that PLAN fails at STAGE with ERROR, names INTERPRETER, and leaves nothing behind. */
static inline void check_failure(const struct spawn_plan *plan, enum spawn_stage stage, int error,
                                 const char *interpreter)
{
    struct spawned spawned;
    int            before = test_count_open();

    memset(&spawned, 'x', sizeof(spawned)); /* the last failure's */
    CHECK_EQUAL(spawn(plan, &spawned), error);
    CHECK_EQUAL(spawned.stage, stage);
    CHECK_TEXT(spawned.interpreter, interpreter);
    CHECK(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
    CHECK_EQUAL(test_count_open(), before);
}

#endif
