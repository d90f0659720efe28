/* Tests what `run --retry` runs again (cli/script/retry.h), and the environment of a script (script_environment.h). */
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/script/retry.h"
#include "cli/script/retry_starts.h"
#include "cli/script/script_environment.h"
#include "cli/script/whole_input.h"
#include "cli/view/message.h"

static struct place place = {.socket = "/nowhere/socket"};

/* Returns a file, with the path "/proc/self/fd/9", that holds TEXT with " in place of '. */
static const char *path_of(const char *text)
{
    char *copy = strdup(text);
    int   fd;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    fd = file_of(copy, strlen(copy));
    free(copy);
    CHECK(dup2(fd, 9) == 9);
    return "/proc/self/fd/9";
}

/* Adds the commands that are left in PLAN, and the threads that are left out. */
static void add_plan(struct text *text, const struct plan *plan)
{
    json_t *name;
    size_t  n;

    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_command *command = &plan->commands[i];

        if (command->words.count > 0)
            text_printf(text, "%zu:", command->line);
        for (size_t k = 0; k < command->words.count; k++)
            text_printf(text, "%s|", command->words.list[k]);
    }
    json_array_foreach(plan->left_out, n, name)
        text_printf(text, " -%s", json_string_value(name));
}

/* Plans what is run again of the script LINES after an earlier run with these RESULTS. Checks what is said. */
static int plan_again(struct plan *ret, const char *lines, const char *results, bool *ret_any,
                      const char *said)
{
    struct script      script = {.name = "script", .fd = file_of(lines, strlen(lines))};
    struct earlier_run earlier = {0};
    int                status;

    CHECK_EQUAL(retry_read(&earlier, path_of(results)), STATUS_DONE);
    earlier.path = "r.json";
    said_begin();
    status = retry_plan(ret, &script, &earlier, &place, ret_any);
    said_check(said);
    earlier_run_release(&earlier);
    close(script.fd);
    return status;
}

/* Checks which commands of LINES are run again, "LINE:WORDS" of each, which threads are not, and what is said. */
static void check_again(const char *lines, const char *results, const char *wanted,
                        const char *said)
{
    struct plan plan = {0};
    struct text text = {0};
    bool        any = false;

    CHECK_EQUAL(plan_again(&plan, lines, results, &any, said), STATUS_DONE);
    CHECK(any);
    add_plan(&text, &plan);
    check_written(&text, wanted);
    plan_release(&plan);
}

/* Checks that nothing is run again, because of STATUS and what is said. */
static void check_nothing(const char *lines, const char *results, int status, const char *said)
{
    struct plan plan = {0};
    bool        any = true;

    CHECK_EQUAL(plan_again(&plan, lines, results, &any, said), status);
    CHECK(!any);
    plan_release(&plan);
    said_begin();
    message_print(NULL, NULL, "later"); /* messages have no line of the script any more */
    said_check("k3thread: later\n");
}

#define DONE(name)    "{'name':'" name "','failed':false}"
#define FAILED(name)  "{'name':'" name "','failed':true}"
#define RUN(threads)  "{'exit_status':1,'threads':[" threads "]}"
#define PART(threads) "{'exit_status':1,'complete':false,'threads':[" threads "]}"

static void starts_of_failed_threads_run_again(void)
{
    check_again("start -n a -- x\nstart -n b -- y\n\nlist\n", RUN(DONE("a") "," FAILED("b")),
                "2:start|-n|b|--|y|4:list| -a", "");
    /* Without a name, a thread has its number, and keeps it as its name. */
    check_again("start -- x\nstart y z\nstart -n a z\n",
                RUN(DONE("Thread-1") "," FAILED("Thread-2") "," DONE("a")),
                "2:start|--name|Thread-2|y|z| -Thread-1 -a", "");
    /* Of equal names, the one that failed; or all, if the earlier run had another number of them. */
    check_again("start -n a 1\nstart -n a 2\nstart -n a 3\n",
                RUN(DONE("a") "," FAILED("a") "," DONE("a")), "2:start|-n|a|2| -a -a", "");
    check_again("start -n a 1\nstart -n a 2\n", RUN(FAILED("a")), "1:start|-n|a|1|2:start|-n|a|2|",
                "");
    /* Commands that the earlier run did not reach run, too. */
    check_again("start -n a 1\nstart -n b 2\n", PART(DONE("a")), "2:start|-n|b|2| -a", "");
    check_again("start -n a 1\nstart -n b 2\n", PART(DONE("b")), "1:start|-n|a|1| -b", "");
    check_again("start -n a 1\nstart -n b 2\nstart -n c 3\n", PART(FAILED("a") "," DONE("b")),
                "1:start|-n|a|1|3:start|-n|c|3| -b", "");
}

static void what_a_thread_needs_runs_again(void)
{
    check_again(
        "daemon -n d 1\nstart -d -n e 1\nstart -n a 1\nstart -n b --needs a:ended 2\n"
        "start -n c 3\nstart -n f --needs=b 4\n",
        RUN(DONE("a") "," DONE("b") "," DONE("c") "," FAILED("f") "," DONE("d") "," DONE("e")),
        "1:daemon|-n|d|1|2:start|-d|-n|e|1|3:start|-n|a|1|4:start|-n|b|--needs|a:ended|2|"
        "6:start|-n|f|--needs=b|4| -c",
        "");
    check_again("start -n a 1\nstart -n b --needs a 2\n", RUN(DONE("a") "," FAILED("b")),
                "1:start|-n|a|1|2:start|-n|b|--needs|a|2|", "");
    /* Of equal names, the last one before the need. */
    check_again("start -n n 1\nstart -n n 2\nstart -n nn 3\nstart -n x --needs n 4\nstart -n n 5\n",
                RUN(DONE("n") "," DONE("n") "," DONE("nn") "," FAILED("x") "," DONE("n")),
                "2:start|-n|n|2|4:start|-n|x|--needs|n|4| -n -nn -n", "");
    /* A need that no start has is the supervisor's to refuse. */
    check_again("start -n x --needs y 4\n", RUN(FAILED("x")), "1:start|-n|x|--needs|y|4|", "");
}

static void commands_lose_the_threads_that_are_left_out(void)
{
    check_again("start -n a 1\nstart -n b 2\njoin a\njoin b\njoin a b\nlist -q a\njoin 'a*'\n"
                "join '*'\nraise --wait -m a b\nraise -m b a\njoin other\njoin c\nstart -n c 3\n"
                "join c\nlist\n",
                RUN(DONE("a") "," FAILED("b") "," DONE("c")),
                "2:start|-n|b|2|4:join|b|5:join|b|8:join|*|9:raise|--wait|-m|a|b|11:join|other|"
                "12:join|c|15:list| -a -c",
                "");
}

static void what_cannot_run_again_is_named(void)
{
    check_again("start -n a 1\nstart -n b 2\nstart -n c 3\nstart -n d 4\n",
                RUN(DONE("a") "," FAILED("b") "," FAILED("x") "," FAILED("y") "," DONE("z")),
                "2:start|-n|b|2| -a",
                "k3thread: run: not run, for lack of a result in r.json: 'c', 'd'\n"
                "k3thread: run: failed in r.json, but not in script: 'x', 'y'\n");
    check_again("start -n a 1\n",
                RUN(FAILED("a") "," FAILED("1") "," FAILED("2") "," FAILED("3") "," FAILED("4")),
                "1:start|-n|a|1|",
                "k3thread: run: failed in r.json, but not in script: '1', '2', '3' and 1 more\n");
    check_again("start -n a 1\nstart -n b 2\n", RUN(FAILED("b") "," FAILED("x")), "2:start|-n|b|2|",
                "k3thread: run: not run, for lack of a result in r.json: 'a'\n"
                "k3thread: run: failed in r.json, but not in script: 'x'\n");
    check_nothing("start -n a 1\nstart -n b 1\nstart -n c 1\nstart -n d 1\n",
                  "{'exit_status':0,'threads':[" DONE("a") "]}", STATUS_DONE,
                  "k3thread: run: no thread failed in r.json; not run, for lack of a result there: "
                  "'b', 'c', 'd'\n");
    check_nothing("start -n a 1\n", "{'exit_status':0,'threads':[" DONE("a") "]}", STATUS_DONE,
                  "k3thread: run: no thread failed in r.json\n");
    check_nothing("start -n a 1\n", "{'exit_status':3,'threads':[" DONE("a") "]}", STATUS_USAGE,
                  "k3thread: run: no thread failed in r.json, but its run did, with the status 3; "
                  "run all without --retry\n");
    check_nothing("start -n a 1\ndaemon -n d x\n", PART(FAILED("x") "," FAILED("y")), STATUS_USAGE,
                  "k3thread: run: nothing that failed in r.json is in script: 'x', 'y'\n");
    check_nothing("start -n a 1\n", PART(FAILED("x")), STATUS_USAGE,
                  "k3thread: run: nothing that failed in r.json is in script: 'x'\n");
    check_nothing("start -n a 1\n", PART(DONE("a")), STATUS_USAGE,
                  "k3thread: run: no thread failed in r.json, but its run did, with the status 1; "
                  "run all without --retry\n");
    check_nothing("list\n", RUN(""), STATUS_USAGE,
                  "k3thread: run: no thread failed in r.json, but its run did, with the status 1; "
                  "run all without --retry\n");
}

#define ID                                                                                         \
    "k3thread: run: ValueError: '7' is an id, and with --retry another thread has that id; use a " \
    "name\n"

static void scripts_that_cannot_run_again_are_refused(void)
{
    static const char failed[] = RUN(FAILED("a"));

    check_nothing("start -n a 1\n\njoin 7\n", failed, STATUS_USAGE, "script:3: " ID);
    check_nothing("join 7 a\nstart -n a 1\njoin 7\n", failed, STATUS_USAGE, "script:1: " ID);
    check_nothing("start -n a --needs 7 1\njoin 7\n", failed, STATUS_USAGE, "script:1: " ID);
    check_again("start -n b --needs 7 1\nstart -n a 1\n", RUN(DONE("b") "," FAILED("a")),
                "2:start|-n|a|1| -b", "");
    check_nothing("start -n a 1\nlist '\n", failed, STATUS_USAGE,
                  "script:2: k3thread: unterminated ' quote\n");
    check_nothing("start -n a 1\nstart --no-such 1\nstart --nor-such 1\n", failed, STATUS_USAGE,
                  "script:2: k3thread: start: unrecognized option '--no-such'\n"
                  "Try 'k3thread start --help' for more.\n");
    check_nothing("start --help\n", failed, STATUS_USAGE, ""); /* it prints its help */
    check_nothing("start --help\nlist '\n", failed, STATUS_USAGE,
                  "script:2: k3thread: unterminated ' quote\n");
}

static void results_that_cannot_be_read_are_refused(void)
{
    struct earlier_run earlier = {0};

    said_begin();
    CHECK_EQUAL(retry_read(&earlier, "/no/such"), STATUS_USAGE);
    said_check("k3thread: run: cannot read /no/such: No such file or directory\n");
}

/* Checks the variables of the script's environment, up to ENDS. */
static void check_environment(const struct variables *variables, const char *wanted)
{
    char      **environment = script_environment(&place, variables);
    struct text text = {0};

    CHECK(environment != NULL);
    for (char **word = environment; *word != NULL; word++)
        text_printf(&text, "%s ", *word);
    check_written(&text, wanted);
    script_environment_release(environment);
}

static void a_script_has_an_environment(void)
{
    static char     *none[] = {NULL};
    struct variables variables = {0};

    environ = none;
    check_environment(NULL, "K3THREAD_SOCKET=/nowhere/socket ");
    CHECK(setenv("A", "1", 1) == 0 && setenv("K3THREAD_SOCKET", "/other", 1) == 0);
    CHECK(setenv("K3THREAD_ID", "7", 1) == 0 && setenv("K3THREAD_IDS", "8", 1) == 0);
    CHECK(setenv("B", "2", 1) == 0);
    check_environment(NULL, "K3THREAD_SOCKET=/nowhere/socket A=1 K3THREAD_IDS=8 B=2 ");
    CHECK_EQUAL(variables_add(&variables, "B=3"), 0);
    CHECK_EQUAL(variables_add(&variables, "C=4"), 0);
    check_environment(&variables, "K3THREAD_SOCKET=/nowhere/socket A=1 K3THREAD_IDS=8 B=3 C=4 ");
    CHECK_EQUAL(script_environment_set(&place, &variables), 0);
    CHECK_TEXT(getenv("K3THREAD_SOCKET"), "/nowhere/socket");
    CHECK_TEXT(getenv("C"), "4");
    CHECK(getenv("K3THREAD_ID") == NULL);
    script_environment_release(NULL);
}

/* Memory is lacking for the environment of the script, or for a name. */
static bool lacks_environment, lacks_name;

char  **__real_script_environment(const struct place *at, const struct variables *variables);
char  **__wrap_script_environment(const struct place *at, const struct variables *variables);
json_t *__real_bytes_to_json(const char *bytes);
json_t *__wrap_bytes_to_json(const char *bytes);

char **__wrap_script_environment(const struct place *at, const struct variables *variables)
{
    return lacks_environment ? NULL : __real_script_environment(at, variables);
}

json_t *__wrap_bytes_to_json(const char *bytes)
{
    return lacks_name ? NULL : __real_bytes_to_json(bytes);
}

static void nothing_runs_again_without_memory(void)
{
    static const char said[] = "k3thread: run: MemoryError: out of memory\n";

    lacks_environment = true;
    check_nothing("start -n b -- y\n", RUN(FAILED("b")), STATUS_INTERNAL, said);
    lacks_environment = false;
    lacks_name = true;
    check_nothing("start -n a -- x\nstart -n b -- y\n", RUN(DONE("a") "," FAILED("b")),
                  STATUS_INTERNAL, said);
    lacks_name = false;
}

TEST_MAIN({"failed", starts_of_failed_threads_run_again}, {"needs", what_a_thread_needs_runs_again},
          {"commands", commands_lose_the_threads_that_are_left_out},
          {"named", what_cannot_run_again_is_named},
          {"refused", scripts_that_cannot_run_again_are_refused},
          {"unread", results_that_cannot_be_read_are_refused},
          {"environment", a_script_has_an_environment},
          {"memory", nothing_runs_again_without_memory})
