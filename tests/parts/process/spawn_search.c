/*
 * Tests how a command is found and executed (cli/process/spawn.h): the search in the path, scripts, and what is said of
 * a command that cannot be executed.
 */
#include "tests/parts/process/spawned.h"

/* Checks how a search for "tool" in PATH ends: with the output WANTED, or else with ERROR. */
static void check_search(const char *path, const char *wanted, int error, const char *interpreter)
{
    char             *argv[] = {(char *) "tool", (char *) "a b", NULL};
    char             *environment[] = {(char *) "PATHS=", (char *) path, NULL};
    struct spawn_plan plan = plan_of(argv);

    plan.environment = environment;
    if (wanted != NULL)
        check_run(&plan, wanted);
    else
        check_failure(&plan, SPAWN_EXEC, error, interpreter);
}

/* Writes a PATH of one directory, "a" with many dots before it, whose name has LENGTH bytes. */
static const char *long_directory(char *path, size_t length)
{
    char *at = stpcpy(path, "PATH=");

    for (size_t i = 0; i + 1 < length; i++)
        *at++ = i % 2 == 0 && i + 2 < length ? '.' : '/';
    (void) strcpy(at, "a");
    return path;
}

static void commands_are_searched_in_the_path(void)
{
    char path[6000];

    CHECK(mkdir("a", 0700) == 0 && mkdir("denied", 0700) == 0 && mkdir("b", 0700) == 0);
    CHECK(symlink("loop", "loop") == 0);
    put("a/tool", "#!/bin/sh\necho a $#\n", 0700);
    put("b/tool", "echo \"b $1\"\n", 0700); /* the shell runs it */
    put("denied/tool", "#!/bin/sh\n", 0600);
    check_search("PATH=a:b", "a 1", 0, NULL);
    check_search("PATH=b:a", "b a b", 0, NULL);
    check_search("PATH=missing:a/tool:denied:b", "b a b", 0, NULL);
    check_search("PATH=missing:denied:a/tool", NULL, -EACCES, "");
    check_search("PATH=missing:a/tool", NULL, -ENOENT, "");
    check_search("PATH=loop:a", NULL, -ELOOP, "");
    check_search("PATH=", NULL, -ENOENT, "");
    put("tool", "echo here\n", 0700);
    check_search("PATH=", "here", 0, NULL); /* the current directory */
    check_search("PATH=missing:", "here", 0, NULL);
    check_search("PATH=missing::a", "here", 0, NULL);
    (void) snprintf(path, sizeof(path), "PATH=%05000d:a", 0);
    check_search(path, "a 1", 0, NULL); /* too long for a path */
    check_search(long_directory(path, 4090), "a 1", 0, NULL);
    check_search(long_directory(path, 4091), NULL, -ENOENT, ""); /* its file is one byte too long */
}

/* A file that is tried in vain leaves no trace in the command that is found. */
static void a_file_that_cannot_be_executed_leaves_no_trace(void)
{
    char             *argv[] = {(char *) "tool", NULL};
    char             *environment[] = {(char *) "PATH=a:denied:b:/usr/bin:/bin", NULL};
    struct spawn_plan plan = plan_of(argv);

    CHECK(mkdir("a", 0700) == 0 && mkdir("denied", 0700) == 0 && mkdir("b", 0700) == 0);
    CHECK(mkdir("c", 0700) == 0 && mkdir("d", 0700) == 0 && mkdir("d/tool", 0700) == 0);
    put("a/tool", "#!/no/such\n", 0700);
    put("denied/tool", "", 0600);
    put("b/tool", "#!/bin/sh\ncat; ls /proc/self/fd\n", 0700);
    put("in", "text\n", 0600);
    plan.environment = environment;
    plan.input = "in";
    check_run(&plan, "text\n0\n1\n2\n3"); /* 3 is ls's own */
    CHECK_EQUAL(mkfifo("c/tool", 0700), 0);
    check_search("PATH=c", NULL, -EACCES, ""); /* nobody writes to it */
    check_search("PATH=d", NULL, -EACCES, ""); /* it is a directory */
    argv[0] = (char *) "./b/tool";             /* a path is not searched */
    environment[0] = (char *) "PATH=a:/usr/bin:/bin";
    check_run(&plan, "text\n0\n1\n2\n3");
}

static void without_a_path_there_is_a_default(void)
{
    struct spawn_plan plan = plan_of(NULL);

    plan.environment = (char *[]){(char *) "A=x", NULL};
    check_script(&plan, "echo $A", "x");
}

static void a_missing_interpreter_is_named(void)
{
    char long_name[200], text[260];

    memset(long_name, 'x', sizeof(long_name));
    put("tool", "#!/no/such -x\n", 0700);
    check_search("PATH=", NULL, -ENOENT, "/no/such");
    put("tool", "#! \t/no/such\targument\n", 0700);
    check_search("PATH=", NULL, -ENOENT, "/no/such");
    put("tool", "#!/no/such\n", 0600);
    check_search("PATH=", NULL, -EACCES, "");
    put("denied", "", 0600);
    put("tool", "#!./denied\n", 0700);
    check_search("PATH=", NULL, -EACCES, "./denied");
    (void) snprintf(text, sizeof(text), "#!/%.126s\n", long_name);
    put("tool", text, 0700);
    text[2 + 127] = '\0';
    check_search("PATH=", NULL, -ENOENT, text + 2);
    (void) snprintf(text, sizeof(text), "#!/%.127s\n", long_name); /* no room for it */
    put("tool", text, 0700);
    check_search("PATH=", NULL, -ENOENT, "");
    /* Of several files, the one that the error is about. */
    CHECK(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0);
    put("a/tool", "#!/no/first\n", 0700);
    put("b/tool", "#!/no/second\n", 0700);
    check_search("PATH=a:b", NULL, -ENOENT, "/no/first");
    put("b/tool", "#!../denied\n", 0600);
    check_search("PATH=a:b", NULL, -EACCES, "");
    check_search("PATH=b:a", NULL, -EACCES, "");
    put("b/tool", "#!./d", 0700); /* the line is shorter than the one before, and has no end */
    put("d", "", 0600);
    check_search("PATH=a:b", NULL, -EACCES, "./d");
}

TEST_MAIN({"search", commands_are_searched_in_the_path},
          {"no-path", without_a_path_there_is_a_default},
          {"interpreter", a_missing_interpreter_is_named},
          {"trace", a_file_that_cannot_be_executed_leaves_no_trace})
