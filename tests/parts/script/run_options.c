/* Tests the options of run (cli/script/run_options.h). */
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/script/run_options.h"

#include <sys/sysinfo.h>

extern const struct command command_run;

/* Reads LINE, words with single blanks between them, behind "run". Returns what command_parse() does. */
static int parse(struct run_options *ret, const char *line)
{
    static char  copy[512];
    static char *words[32];
    struct argp  argp = command_argp(&command_run);
    int          count = 0;

    (void) snprintf(copy, sizeof(copy), "run %s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    *ret = (struct run_options){0};
    return command_parse(&argp, ARGP_IN_ORDER, "run", count, words, ret);
}

/* Returns the options in LINE, which are right, until the next call. */
static const struct run_options *read_line(const char *line)
{
    static struct run_options options;

    run_options_release(&options);
    CHECK_EQUAL(parse(&options, line), -1);
    return &options;
}

/* Checks that LINE is refused, and what is said. */
static void check_refused(const char *line, const char *said)
{
    struct run_options options;
    int                status;

    said_begin();
    status = parse(&options, line);
    said_check(said);
    CHECK_EQUAL(status, STATUS_USAGE);
    run_options_release(&options);
}

static void nothing_is_set_by_default(void)
{
    const struct run_options *options = read_line("script -x one");

    CHECK_TEXT(options->words[0], "script");
    CHECK_TEXT(options->words[1], "-x"); /* behind the script, all words are its own */
    CHECK_TEXT(options->words[2], "one");
    CHECK(options->words[3] == NULL);
    CHECK(!options->front.fail_fast && !options->front.any && !options->front.quiet);
    CHECK(!options->front.jobserver && options->front.slots == 0);
    CHECK(options->front.leaks == LEAKS_SHOWN && options->front.timeout < 0);
    CHECK(options->front.kept.directory == NULL && options->front.kept.fd == -1);
    CHECK(options->front.hosts == NULL && !options->hosts.reschedule);
    CHECK(!options->no_prefix && !options->timestamps && !options->each && !options->nul);
    CHECK(options->procfile == NULL && options->port == 0 && options->retry == NULL);
    CHECK(!options->has_env_file && options->variables.count == 0);
    for (int i = 0; i < RESULT_COUNT; i++)
        CHECK(options->front.results.list[i].path == NULL &&
              options->front.results.list[i].fd == -1);
}

/* Counts the flags of OPTIONS that are set. */
static int count_flags(const struct run_options *options)
{
    return options->front.fail_fast + options->front.any + options->front.quiet +
           options->front.jobserver + options->no_prefix + options->timestamps + options->each +
           options->nul + options->hosts.reschedule;
}

#define CHECK_FLAG(line, flag)                                                                     \
    do {                                                                                           \
        const struct run_options *o = read_line(line);                                             \
                                                                                                   \
        CHECK((o)->flag);                                                                          \
        CHECK_EQUAL(count_flags(o), 1);                                                            \
    } while (0)

static void each_flag_is_set_by_its_option(void)
{
    const struct run_options *options;

    CHECK_FLAG("--fail-fast x", front.fail_fast);
    CHECK_FLAG("--any x", front.any);
    CHECK_FLAG("-q x", front.quiet);
    CHECK_FLAG("--quiet x", front.quiet);
    CHECK_FLAG("--jobserver x", front.jobserver);
    CHECK_FLAG("--no-prefix x", no_prefix);
    CHECK_FLAG("--timestamps x", timestamps);
    CHECK_FLAG("--each x", each);
    CHECK_FLAG("--hosts a --reschedule x", hosts.reschedule);
    options = read_line("--each -0 x");
    CHECK(options->nul && count_flags(options) == 2);
    options = read_line("--each --null x");
    CHECK(options->nul && count_flags(options) == 2);
}

static void words_and_numbers_are_taken(void)
{
    const struct run_options *options = read_line(
        "--json a --junit b --trace c --report d --logs e --retry f --slots 3 --timeout 1m x");

    CHECK_TEXT(options->front.results.list[RESULT_JSON].path, "a");
    CHECK_TEXT(options->front.results.list[RESULT_JUNIT].path, "b");
    CHECK_TEXT(options->front.results.list[RESULT_TRACE].path, "c");
    CHECK_TEXT(options->front.results.list[RESULT_REPORT].path, "d");
    CHECK_TEXT(options->front.kept.directory, "e");
    CHECK_TEXT(options->retry, "f");
    CHECK_EQUAL(options->front.slots, 3);
    CHECK_EQUAL(options->front.timeout, 60);
    options = read_line("--procfile p --port 65535");
    CHECK_TEXT(options->procfile, "p");
    CHECK_EQUAL(options->port, 65535);
    options = read_line("--procfile p --port 1 web");
    CHECK_EQUAL(options->port, 1);
    CHECK_TEXT(options->words[0], "web");
    options = read_line("--leaks warn x");
    CHECK_EQUAL(options->front.leaks, LEAKS_WARN);
    options = read_line("--leaks fail x");
    CHECK_EQUAL(options->front.leaks, LEAKS_FAIL);
}

static void help_lists_all_options_in_one_order(void)
{
    for (const struct argp_option *option = run_options_list; option->name != NULL; option++)
        CHECK(option->group == 0 && option->flags == 0 && option->doc != NULL);
}

static void commands_of_each_have_slots(void)
{
    CHECK_EQUAL(read_line("--each x")->front.slots, get_nprocs());
    CHECK_EQUAL(read_line("--jobserver x")->front.slots, get_nprocs());
    CHECK_EQUAL(read_line("--each --slots 7 x")->front.slots, 7);
    CHECK_EQUAL(read_line("--each --hosts a x")->front.slots, 0); /* the machines have their own */
}

static void variables_and_machines_are_read(void)
{
    const struct run_options *options;
    char                      line[64];
    int                       fd = file_of("A=1\nB=2\n", 8);

    (void) snprintf(line, sizeof(line), "--env-file /proc/self/fd/%d x", fd);
    options = read_line(line);
    CHECK(options->has_env_file && options->variables.count == 2);
    CHECK_TEXT(variables_find(&options->variables, "B"), "2");
    options = read_line("--hosts a,b:2 --via rsh x");
    CHECK(options->front.hosts == &options->hosts);
    CHECK_EQUAL(options->hosts.list.count, 2);
    CHECK_TEXT(options->hosts.commands[1][0], "rsh");
    CHECK_TEXT(options->hosts.commands[1][1], "sh");
    CHECK(options->hosts.commands[1][2] == NULL);
}

#define WRONG(why) "k3thread: run: " why "\nTry 'k3thread run --help' for more.\n"
#define BAD(why)   "k3thread: run: ValueError: " why "\n"

static void what_does_not_fit_is_refused(void)
{
    check_refused("", WRONG("no script; '-' is standard input"));
    check_refused("--each", WRONG("no command behind --each"));
    check_refused("--each --procfile p x", WRONG("--each and --procfile exclude each other"));
    check_refused("--retry r --procfile p",
                  WRONG("--retry goes with a script or --each, not with --procfile"));
    check_refused("-0 x", WRONG("--null goes with --each"));
    check_refused("--json a --report a x", WRONG("--json and --report need different files"));
    check_refused("--port 4 x", WRONG("--port goes with --procfile"));
    check_refused("--leaks no x", WRONG("--leaks takes warn or fail, not 'no'"));
    check_refused("--via ssh x", WRONG("--via goes with --hosts"));
    check_refused("--reschedule x", WRONG("--reschedule goes with --hosts"));
    check_refused("--hosts a --jobserver x", WRONG("--jobserver and --hosts exclude each other"));
    check_refused("--port 0 --procfile x", BAD("--port takes a number from 1 to 65535, not '0'"));
    check_refused("--port 65536 --procfile x",
                  BAD("--port takes a number from 1 to 65535, not '65536'"));
    check_refused("--hosts a:0 x",
                  BAD("--hosts: 'a:0': the slots of a host are a number from 1 to 1000000"));
}

TEST_MAIN({"default", nothing_is_set_by_default}, {"flags", each_flag_is_set_by_its_option},
          {"words", words_and_numbers_are_taken}, {"help", help_lists_all_options_in_one_order},
          {"slots", commands_of_each_have_slots}, {"files", variables_and_machines_are_read},
          {"refused", what_does_not_fit_is_refused})
