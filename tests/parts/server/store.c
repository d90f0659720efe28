/* Tests the store of all threads alone. */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/place/times.h"
#include "cli/server/agent.h"
#include "cli/server/leash.h"
#include "cli/server/store.h"
#include "cli/worker/logs.h"

#include <sys/stat.h>

static char directory[64];
static bool is_agent;
static int  leashes_removed, accounts;

double clock_wall(void)
{
    return 1234;
}

bool agent_is(void)
{
    return is_agent;
}

void leash_remove(struct record *record)
{
    (void) record;
    leashes_removed++;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

void record_free(struct record *record)
{
    free(record->job.name);
    free(record->job.output);
    free(record);
}

void account_open(struct account *account, uint64_t id)
{
    (void) account;
    CHECK(id > 0);
    accounts++;
}

void account_close(struct account *account)
{
    (void) account;
    accounts--;
}

char *logs_run_marks(uint64_t id)
{
    char *path;

    CHECK(asprintf(&path, "%s/%llu.runs", directory, (unsigned long long) id) > 0);
    return path;
}

/* Adds a thread; NAME may be NULL. */
static struct record *add(const char *name)
{
    struct job     job = {.name = name != NULL ? strdup(name) : NULL};
    struct record *record = store_add(&job, "/logs");

    CHECK(record != NULL && job.name == NULL);
    return record;
}

static struct record *end(struct record *record)
{
    record->now.state = STATE_ENDED;
    store_ended(record);
    return record;
}

static void a_new_thread_has_its_defaults(void)
{
    struct job job = {
        .after = 0.5, .daemon = true, .output = strdup("/a/file"), .name = strdup("d")};
    struct record *first = add(NULL), *second = store_add(&job, "/logs");

    CHECK_EQUAL(first->id, 1);
    CHECK_EQUAL(second->id, 2);
    CHECK_TEXT(first->job.name, "Thread-1");
    CHECK_TEXT(first->job.output, "/logs/1.log");
    CHECK_TEXT(second->job.output, "/a/file");
    CHECK(first->job.has_own_log && !second->job.has_own_log);
    CHECK(job.name == NULL && job.output == NULL);
    CHECK_EQUAL(first->now.state, STATE_RUNNING);
    CHECK_EQUAL(second->now.state, STATE_DELAYED);
    CHECK_EQUAL(first->now.exit_code, -1);
    CHECK_EQUAL(first->assignment.input, -1);
    CHECK_EQUAL(second->assignment.id, 2);
    CHECK(second->assignment.job == &second->job && second->created == 1234);
    CHECK_EQUAL(store_live(), 2);
    CHECK_EQUAL(store_live_normal(), 1);
    end(second);
    CHECK_EQUAL(store_live(), 1);
    CHECK_EQUAL(store_live_normal(), 1);
    store_revived(second);
    CHECK_EQUAL(store_live(), 2);
    CHECK_EQUAL(store_live_normal(), 1);
    end(first);
    CHECK_EQUAL(store_live_normal(), 0);
    CHECK_EQUAL(accounts, 2);
    (void) add("other");
    CHECK_EQUAL(store_live_normal(), 1);
}

static void names_and_ids_are_found(void)
{
    struct record *one = add("a"), *two, *three, *other = add("b");

    CHECK(store_find_name("a") == one && store_find_name("b") == other);
    CHECK(store_find_name("c") == NULL && store_find_id(3) == NULL && store_find_id(0) == NULL);
    CHECK(store_find_id(1) == one && store_find_id(2) == other);
    end(one);
    CHECK(store_find_name("a") == one);
    two = end(add("a"));
    CHECK(store_find_name("a") == two); /* the newest */
    three = end(add("a"));
    store_revived(one);
    one->now.state = STATE_RUNNING;
    CHECK(store_find_name("a") == one); /* the live one */
    end(one);
    CHECK(store_find_name("a") == three);
    store_forget(three);
    CHECK(store_find_name("a") == two && store_find_id(4) == NULL);
    CHECK_EQUAL(add(NULL)->id, 5); /* no id is given twice */

    /* A default name is no live thread's, and takes the next id instead. */
    (void) add("Thread-7");
    two = add(NULL);
    CHECK_EQUAL(two->id, 8);
    CHECK_TEXT(two->job.name, "Thread-8");
    CHECK_TEXT(two->job.output, "/logs/8.log");
    end(add("Thread-10"));
    CHECK_EQUAL(add(NULL)->id, 10);

    /* Ids of one bucket are told apart, and so are names. */
    for (int i = 0; i < 20000; i++)
        end(add(NULL));
    CHECK_EQUAL(store_find_id(17)->id, 17);
    CHECK_EQUAL(store_find_id(17 + 16384)->id, 17 + 16384);
    CHECK_EQUAL(store_find_name("Thread-12345")->id, 12345);
    CHECK_EQUAL(TAILQ_FIRST(store_all())->id, 1);
}

static uint64_t told[4000], told_count;

static void tell(const struct record *record)
{
    told[told_count++] = record->id;
}

static void joined_threads_are_forgotten_in_turn(void)
{
    struct kept_list keeper = LIST_HEAD_INITIALIZER(keeper), other = LIST_HEAD_INITIALIZER(other);
    struct record   *kept = add(NULL), *unjoined, *restarted;

    store_keep(kept, &keeper);
    store_joined(end(kept));
    unjoined = end(add(NULL));
    restarted = end(add(NULL));
    store_joined(restarted);
    store_joined(restarted); /* counts once */
    for (int i = 0; i < 999; i++)
        store_joined(end(add(NULL)));
    store_evict(tell);
    CHECK_EQUAL(told_count, 0);
    store_revived(restarted); /* lives, and so does not count */
    restarted->now.state = STATE_RUNNING;
    store_joined(end(add(NULL)));
    store_evict(tell);
    CHECK_EQUAL(told_count, 0);
    store_joined(end(restarted)); /* counts as the newest now */
    store_evict(tell);
    CHECK_EQUAL(told_count, 1);
    CHECK_EQUAL(told[0], 4);
    CHECK(store_find_id(4) == NULL && store_find_id(5) != NULL && store_find_id(3) == restarted);

    store_let_go(kept, &other); /* is not its keeper */
    CHECK(kept->keeper == &keeper);
    store_hand_on(kept, &other);
    CHECK(kept->keeper == &other && LIST_EMPTY(&keeper) && LIST_FIRST(&other) == kept);
    store_evict(tell);
    CHECK_EQUAL(told_count, 1);
    store_let_go(kept, &other);
    CHECK(kept->keeper == NULL && LIST_EMPTY(&other));
    store_evict(tell);
    CHECK_EQUAL(told_count, 2);
    CHECK_EQUAL(told[1], 5);
    store_forget(kept); /* makes room for one */
    store_joined(unjoined);
    store_evict(tell);
    CHECK_EQUAL(told_count, 2);
    is_agent = true;
    told_count = 0;
    store_evict(tell);
    CHECK(told_count >= 990);
    CHECK_EQUAL(told[0], 6);
}

static void a_kept_thread_that_was_not_joined_does_not_count(void)
{
    struct kept_list keeper = LIST_HEAD_INITIALIZER(keeper);
    struct record   *kept = end(add(NULL));

    is_agent = true;
    store_keep(kept, &keeper);
    store_let_go(kept, &keeper);
    for (int i = 0; i < 8; i++)
        store_joined(end(add(NULL)));
    store_evict(tell);
    CHECK_EQUAL(told_count, 0);
    store_joined(kept);
    store_evict(tell);
    CHECK_EQUAL(told_count, 1);
    CHECK_EQUAL(told[0], 2);
}

static void walks_go_on_while_threads_come_and_go(void)
{
    struct record      *records[8];
    struct store_cursor walk, single, other;

    for (size_t i = 0; i < 5; i++)
        records[i] = end(add(NULL));
    store_open(&walk, NULL);
    store_open(&other, NULL);
    store_open(&single, records[3]);
    CHECK(store_next(&walk) == records[0] && store_next(&other) == records[0]);
    store_forget(records[1]);
    CHECK(store_next(&walk) == records[2]);
    CHECK_EQUAL(walk.seen, 2);
    CHECK(store_next(&single) == records[3] && store_next(&single) == NULL);
    CHECK_EQUAL(single.seen, 1);
    store_close(&single);
    store_open(&single, records[3]);
    store_forget(records[3]); /* both walks have reached it */
    CHECK(store_next(&single) == NULL);
    store_close(&single);
    CHECK(store_next(&other) == records[2]);
    store_close(&other);
    records[5] = end(add(NULL));
    CHECK(store_next(&walk) == records[4] && store_next(&walk) == records[5]);
    CHECK(store_next(&walk) == NULL && store_next(&walk) == NULL);
    CHECK_EQUAL(walk.seen, 4);
    store_close(&walk);
}

static bool is_file(const char *name)
{
    char        path[128];
    struct stat info;

    (void) snprintf(path, sizeof(path), "%s/%s", directory, name);
    return stat(path, &info) == 0;
}

static void make_file(const char *name)
{
    char path[128];
    int  fd;

    (void) snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    close(fd);
}

static void a_forgotten_thread_leaves_no_file(void)
{
    static const char *const names[] = {"1.log", TIMES_DIRECTORY "/1.log", "1.runs", "2.runs",
                                        "out",   TIMES_DIRECTORY "/out",   "3.runs"};
    struct job               job = {.name = NULL};
    struct record           *own, *given, *unmarked;
    char                     path[128];

    (void) snprintf(directory, sizeof(directory), "/tmp/k3t-store-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    (void) snprintf(path, sizeof(path), "%s/" TIMES_DIRECTORY, directory);
    CHECK_EQUAL(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        make_file(names[i]);
    own = store_add(&job, directory);
    CHECK(asprintf(&job.output, "%s/out", directory) > 0);
    given = store_add(&job, directory);
    unmarked = store_add(&job, directory);
    own->assignment.has_marks = given->assignment.has_marks = true;
    store_forget(end(own));
    CHECK(!is_file("1.log") && !is_file(TIMES_DIRECTORY "/1.log") && !is_file("1.runs"));
    CHECK_EQUAL(leashes_removed, 1);
    CHECK_EQUAL(accounts, 2);
    CHECK(is_file("2.runs") && is_file("out"));
    store_forget(end(given));
    CHECK(!is_file("2.runs") && is_file("out") && is_file(TIMES_DIRECTORY "/out"));
    store_forget(end(unmarked));
    CHECK(is_file("3.runs"));
    CHECK(TAILQ_EMPTY(store_all()) && store_live() == 0 && accounts == 0);
    CHECK_EQUAL(unlink(strcat(path, "/out")), 0);
    *strrchr(path, '/') = '\0';
    CHECK_EQUAL(rmdir(path), 0);
    CHECK_EQUAL(unlink(strcat(strcpy(path, directory), "/out")), 0);
    CHECK_EQUAL(unlink(strcat(strcpy(path, directory), "/3.runs")), 0);
    CHECK_EQUAL(rmdir(directory), 0);
}

TEST_MAIN({"defaults", a_new_thread_has_its_defaults}, {"found", names_and_ids_are_found},
          {"joined", joined_threads_are_forgotten_in_turn},
          {"kept", a_kept_thread_that_was_not_joined_does_not_count},
          {"walks", walks_go_on_while_threads_come_and_go},
          {"files", a_forgotten_thread_leaves_no_file})
