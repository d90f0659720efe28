/*
 * Tests parts of a worker alone: the environment of a command (cli/worker/environment.h, makeflags.h), the numbers of
 * the slots, and the connections between two runs (remote_pool.h).
 */
#include "tests/lib/test.h"

#include "cli/process/limits.h"
#include "cli/worker/environment.h"
#include "cli/worker/makeflags.h"
#include "cli/worker/remote_pool.h"
#include "cli/worker/slot_numbers.h"

#include <stdbool.h>

/* The environment */

/* Checks that LIST has the words of WANTED, in order, and frees LIST. */
static void check_list(char **list, const char *const *wanted)
{
    CHECK(list != NULL);
    for (size_t i = 0; wanted[i] != NULL; i++) {
        CHECK(list[i] != NULL);
        CHECK_TEXT(list[i], wanted[i]);
        CHECK((list[i + 1] == NULL) == (wanted[i + 1] == NULL));
    }
    CHECK(wanted[0] != NULL || list[0] == NULL);
    free(list);
}

static struct environment *make(const char *const *strings, int nice)
{
    const struct limits limits = {.of[0] = {5, 6}, .nice = nice};

    return environment_new((char *const *) strings, &limits);
}

static void a_command_gets_its_own_variables(void)
{
    static const char *const strings[] = {"A=1",
                                          "K3THREAD_ID=7",
                                          "K3THREAD_NAME=x",
                                          "K3THREAD_SOCKET=/x",
                                          "K3THREAD_SLOT=3",
                                          "K3THREAD_HOSTNAME=h",
                                          "K3THREAD_HOST=there",
                                          "NOTIFY_SOCKET=/n",
                                          "K3THREAD_IDS=kept",
                                          "MAKEFLAGS=k",
                                          "no assignment",
                                          NULL};
    static const char *const kept[] = {"A=1", "K3THREAD_IDS=kept", "MAKEFLAGS=k", "no assignment",
                                       NULL};
    static const char *const few[] = {
        "A=1",           "K3THREAD_IDS=kept", "MAKEFLAGS=k",           "no assignment",
        "K3THREAD_ID=9", "K3THREAD_NAME=web", "K3THREAD_SOCKET=/sock", NULL};
    static const char *const all[] = {"A=1",
                                      "K3THREAD_IDS=kept",
                                      "no assignment",
                                      "K3THREAD_ID=18446744073709551615",
                                      "K3THREAD_NAME=web",
                                      "K3THREAD_SOCKET=/sock",
                                      "K3THREAD_SLOT=0",
                                      "K3THREAD_HOSTNAME=m",
                                      "NOTIFY_SOCKET=/own",
                                      "MAKEFLAGS=new",
                                      NULL};
    struct own_variables     own = {.id = 9, .name = "web", .slot = SLOT_NUMBER_NONE};
    struct environment      *environment = make(strings, 0);

    environment_set_socket("/sock");
    check_list(environment_strings(environment), kept);
    check_list(environment_list(environment, &own), few);
    own = (struct own_variables){UINT64_MAX, "web", 0, "m", "/own", "new"};
    check_list(environment_list(environment, &own), all);
    CHECK_TEXT(environment_value(environment, "A"), "1");
    CHECK_TEXT(environment_value(environment, "MAKEFLAGS"), "k");
    CHECK(environment_value(environment, "MAKE") == NULL);
    CHECK(environment_value(environment, "K3THREAD_ID") == NULL);
    environment_unref(environment);
    environment_unref(NULL);
    CHECK(environment_ref(NULL) == NULL);
}

static void equal_environments_are_shared(void)
{
    static const char *const one[] = {"A=1", "B=2", NULL}, *const other[] = {"A=1", "B=3", NULL},
                             *const fewer[] = {"A=1B=2", NULL},
                             *const same_size[] = {"A=1B=3", NULL}, *const none[] = {NULL};
    struct environment *first = make(one, 0), *second = make(one, 0), *third;

    CHECK(first == second);
    CHECK_EQUAL(environment_limits(first)->of[0].rlim_max, 6);
    third = make(one, 1);
    CHECK(third != first && environment_limits(third)->nice == 1);
    environment_unref(third);
    environment_unref(second);
    second = make(other, 1);
    CHECK_TEXT(environment_value(second, "B"), "3");
    environment_unref(second);
    second = make(fewer, 1);
    CHECK_TEXT(environment_value(second, "A"), "1B=2");
    third = make(same_size, 1);
    CHECK_TEXT(environment_value(third, "A"), "1B=3");
    environment_unref(third);
    CHECK_TEXT(environment_value(first, "B"), "2"); /* the first one is still in use */
    environment_unref(first);
    environment_unref(second);
    first = make(none, 0);
    second = make(none, 0);
    CHECK(first == second);
    check_list(environment_strings(first), none);
    environment_unref(first);
    environment_unref(second);
}

static const void *watched; /* a block, and how often it was freed; and all frees */
static int         watched_frees, frees;

void __real_free(void *block);
void __wrap_free(void *block);

void __wrap_free(void *block)
{
    watched_frees += block != NULL && block == watched;
    frees += block != NULL;
    __real_free(block);
}

static void an_environment_is_freed_with_its_last_reference(void)
{
    static const char *const one[] = {"A=1", NULL}, *const other[] = {"A=2", NULL};
    struct environment *first = make(one, 0), *second;

    watched = first;
    frees = 0;
    CHECK(make(one, 0) == first);
    CHECK_EQUAL(frees, 1); /* the second one, which is the same */
    environment_unref(first);
    second = make(other, 0); /* it is the newest now, which is kept */
    CHECK(environment_ref(first) == first);
    environment_unref(first);
    CHECK_EQUAL(watched_frees, 0);
    environment_unref(first);
    CHECK_EQUAL(watched_frees, 1);
    watched = second;
    environment_unref(second);
    CHECK_EQUAL(watched_frees, 1);
    environment_unref(make(one, 0));
    CHECK_EQUAL(watched_frees, 2);
}

static void variables_are_replaced_and_added(void)
{
    static const char *const        strings[] = {"AB=2", "A=1", "C=3", NULL},
                             *const changes[] = {"A=4", "D=5", NULL},
                             *const wanted[] = {"AB=2", "C=3", "A=4", "D=5", NULL};
    struct environment             *base = make(strings, 2),
                       *made = environment_new_with(base, (char *const *) changes);

    check_list(environment_strings(made), wanted);
    check_list(environment_strings(base), strings);
    CHECK_EQUAL(environment_limits(made)->nice, 2);
    environment_unref(made);
    environment_unref(base);
}

#define MANY 120000

/* The time that this process has computed, in seconds. */
static double processor_time(void)
{
    struct timespec now;

    CHECK_EQUAL(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* One by one they would take minutes, in which the supervisor serves nobody. */
static void many_variables_are_added_in_little_time(void)
{
    static const char  *strings[MANY + 1], *changes[MANY + 1];
    static char         words[MANY][16], new_words[MANY][16];
    struct environment *base, *made;
    double              before = processor_time();

    for (int i = 0; i < MANY; i++) {
        (void) snprintf(words[i], sizeof(words[i]), "V%d=x", i);
        (void) snprintf(new_words[i], sizeof(new_words[i]), "V%dn=x", i);
        strings[i] = words[i];
        changes[i] = new_words[i];
    }
    base = make(strings, 0);
    made = environment_new_with(base, (char *const *) changes);
    CHECK(made != NULL);
    CHECK(processor_time() - before < 3);
    environment_unref(made);
    environment_unref(base);
}

static void the_programs_directory_ends_the_path(void)
{
    static const char *const        strings[] = {"PATHS=/x", "PATH=/bin", "Z=", NULL},
                             *const wanted[] = {"PATHS=/x", "PATH=/bin:/sent", "Z=", NULL};
    struct environment             *environment;

    environment_set_path_end("/sent");
    environment = make(strings, 0);
    check_list(environment_strings(environment), wanted);
    environment_unref(environment);
}

static void makeflags_name_one_jobserver(void)
{
    static const struct {
        const char *old, *joined;
    } flags[] = {
        {NULL, " -j4 --jobserver-auth=5,6"},
        {"", " -j4 --jobserver-auth=5,6"},
        {"-k", "-k -j4 --jobserver-auth=5,6"},
        {"-jobs -j4x -j12 -j", "-jobs -j4x -j4 --jobserver-auth=5,6"},
        {"-n --jobs --jobserver-fds=3,4 --just", "-n --just -j4 --jobserver-auth=5,6"},
        {"w --no -- -j3", "w --no -j4 --jobserver-auth=5,6 -- -j3"},
        {"-- A=1", " -j4 --jobserver-auth=5,6 -- A=1"},
        {"k ", "k  -j4 --jobserver-auth=5,6"},
        {"a\\  -j3", "a\\  -j4 --jobserver-auth=5,6"},
        {"a\\ -j3 \\", "a\\ -j3 \\ -j4 --jobserver-auth=5,6"},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        char *joined = makeflags_join(flags[i].old, 4, 5, 6);

        CHECK(joined != NULL);
        CHECK_TEXT(joined, flags[i].joined);
        free(joined);
    }
}

/* Numbers and connections */

static int take_number(void)
{
    int number = -2;

    CHECK_EQUAL(slot_numbers_take(&number), 0);
    return number;
}

static void a_run_gets_the_lowest_free_number(void)
{
    CHECK_EQUAL(take_number(), SLOT_NUMBER_NONE);
    slot_numbers_set_limited(true);
    for (int i = 0; i < 200; i++)
        CHECK_EQUAL(take_number(), i);
    slot_numbers_give_back(SLOT_NUMBER_NONE);
    slot_numbers_give_back(130);
    slot_numbers_give_back(64);
    slot_numbers_give_back(63);
    slot_numbers_give_back(0);
    CHECK_EQUAL(take_number(), 0);
    CHECK_EQUAL(take_number(), 63);
    CHECK_EQUAL(take_number(), 64);
    CHECK_EQUAL(take_number(), 130);
    CHECK_EQUAL(take_number(), 200);
    slot_numbers_give_back(5);
    slot_numbers_set_limited(false);
    CHECK_EQUAL(take_number(), SLOT_NUMBER_NONE);
}

static void connections_are_kept_for_the_next_run(void)
{
    static const char *const strings[] = {"A=1", NULL};
    struct environment      *environment = make(strings, 0);
    struct remote_pool      *pool = remote_pool_new();
    struct idle_remote       idle;
    int                      before = test_count_open();

    CHECK(!remote_pool_take(pool, &idle));
    for (int i = 0; i < 66; i++) { /* 64 are kept, and further ones are closed */
        idle = (struct idle_remote){dup(STDERR_FILENO), i, environment_ref(environment)};
        remote_pool_leave(pool, &idle);
        CHECK_EQUAL(test_count_open(), before + (i < 64 ? i + 1 : 64));
    }
    CHECK(remote_pool_take(pool, &idle));
    CHECK_EQUAL(idle.last_id, 63); /* the one that was left last */
    CHECK(idle.environment == environment);
    remote_pool_leave(pool, &idle);
    remote_pool_free(pool);
    remote_pool_free(NULL);
    CHECK_EQUAL(test_count_open(), before);
    environment_unref(environment);
}

TEST_MAIN({"variables", a_command_gets_its_own_variables},
          {"shared", equal_environments_are_shared},
          {"freed", an_environment_is_freed_with_its_last_reference},
          {"replaced", variables_are_replaced_and_added},
          {"many", many_variables_are_added_in_little_time},
          {"path", the_programs_directory_ends_the_path},
          {"makeflags", makeflags_name_one_jobserver},
          {"numbers", a_run_gets_the_lowest_free_number},
          {"connections", connections_are_kept_for_the_next_run})
