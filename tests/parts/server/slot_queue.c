/* Tests the queue for slots and machines, and its lines, with machines of its own. */
#include "tests/lib/test.h"

#include "cli/server/hosts.h"
#include "cli/server/jobserver.h"
#include "cli/server/slot_lines.h"
#include "cli/server/slot_queue.h"
#include "cli/server/slots.h"
#include "cli/worker/seat.h"

enum { MACHINES = 3 };

static struct seat seats[MACHINES] = {{.name = "m0"}, {.name = "m1"}, {.name = "m2"}};
static int         room[MACHINES];    /* for how many threads a machine has room */
static int         daemons[MACHINES]; /* how many places of daemons were taken there */
static bool        has_hosts, reschedules, has_tokens = true;
static int         asked; /* how often a machine was asked for room */

bool hosts_are_used(void)
{
    return has_hosts;
}

bool hosts_reschedule(void)
{
    return reschedules;
}

bool hosts_is_up(const struct seat *seat)
{
    return seat != &seats[2];
}

size_t hosts_index(const char *name)
{
    return (size_t) (name[1] - '0');
}

const struct seat *hosts_take(const char *wanted, bool counts)
{
    asked++;
    for (size_t i = 0; i < MACHINES; i++) {
        if (wanted != NULL && hosts_index(wanted) != i)
            continue;
        if (!counts && room[i] >= 0) {
            daemons[i]++;
            return &seats[i];
        }
        if (counts && room[i] > 0) {
            room[i]--;
            return &seats[i];
        }
    }
    return NULL;
}

void hosts_give_back(const struct seat *seat, bool counts)
{
    if (counts)
        room[seat - seats]++;
    else
        daemons[seat - seats]--;
}

bool jobserver_make_room(void)
{
    return has_tokens;
}

static struct record threads[10]; /* the thread t has the id t */

/* Puts the threads of the list into the queue. Each has a machine, '0' to '2', or '-' for any. */
static void queue(const char *machines)
{
    memset(threads, 0, sizeof(threads));
    for (size_t i = 0; machines[i] != '\0'; i++) {
        threads[i].id = i;
        if (machines[i] != '-')
            threads[i].job.host = seats[machines[i] - '0'].name;
        slot_queue_add(&threads[i]);
        CHECK_EQUAL(threads[i].wait_list, WAIT_LIST_QUEUE);
        CHECK_EQUAL(slot_queue_count(), i + 1);
    }
}

static void make_room(int number)
{
    for (size_t i = 0; i < MACHINES; i++)
        room[i] = number;
}

/* Checks that the ids of WANTED begin next, in this order, and no other thread. Each keeps what it has taken. */
static void check_begun(const char *wanted)
{
    char           begun[sizeof(threads) / sizeof(threads[0]) + 1] = "";
    struct record *record;

    while ((record = slot_queue_take_next()) != NULL) {
        CHECK(record->has_slot);
        slot_queue_remove(record);
        CHECK_EQUAL(record->wait_list, WAIT_LIST_NONE);
        begun[strlen(begun)] = (char) ('0' + record->id);
    }
    CHECK_TEXT(begun, wanted);
}

static void slots_go_to_the_first(void)
{
    slots_set(2);
    queue("-----");
    check_begun("01");
    CHECK_EQUAL(slots_taken(), 2);
    CHECK_EQUAL(slot_queue_count(), 3);
    slot_queue_give_back(&threads[0]);
    CHECK(!threads[0].has_slot);
    slot_queue_give_back(&threads[0]); /* it has none left to give */
    CHECK_EQUAL(slots_taken(), 1);
    slot_queue_remove(&threads[3]); /* from behind another one */
    slot_queue_add_first(&threads[3]);
    CHECK_EQUAL(threads[3].wait_list, WAIT_LIST_QUEUE);
    CHECK_EQUAL(slot_queue_count(), 3);
    check_begun("3");
    slots_set(4);
    check_begun("24");
    CHECK_EQUAL(slots_taken(), 4);
    slots_set(1);
    CHECK_EQUAL(slots_number(), 1);
    for (size_t i = 1; i < 4; i++)
        slot_queue_give_back(&threads[i]);
    CHECK_EQUAL(slots_taken(), 1);
    queue("-");
    check_begun("");
    slots_set(2);
    has_tokens = false;
    check_begun("");
    has_tokens = true;
    check_begun("0");
    CHECK(threads[0].assignment.seat == NULL && asked == 0);
}

static void daemons_take_no_slot(void)
{
    queue("--");
    slot_queue_remove(&threads[0]);
    slot_queue_remove(&threads[1]);
    slots_set(0);
    threads[0].job.daemon = true;
    CHECK(!slot_queue_concerns(&threads[0]) && slot_queue_concerns(&threads[1]));
    CHECK(slot_queue_take(&threads[0]) && !slot_queue_take(&threads[1]));
    CHECK_EQUAL(slots_taken(), 0);
    slot_queue_give_back(&threads[0]);
    CHECK_EQUAL(slots_taken(), 0);
    has_hosts = true;
    CHECK(slot_queue_concerns(&threads[0]) && slot_queue_concerns(&threads[1]));
    make_room(0);
    CHECK(slot_queue_take(&threads[0]));
    CHECK(threads[0].assignment.seat == &seats[0] && daemons[0] == 1);
    slot_queue_give_back(&threads[0]);
    CHECK_EQUAL(daemons[0], 0);
    CHECK(!slot_queue_take(&threads[1]) && !threads[1].has_slot);
    CHECK_EQUAL(asked, 1); /* there is no slot, so no machine is asked */
}

static void use_machines(void)
{
    has_hosts = true;
    CHECK_EQUAL(slot_lines_use_hosts(MACHINES), 0);
}

static void machines_hold_up_no_other_machine(void)
{
    use_machines();
    queue("0010-201-");
    check_begun("");
    room[1] = 1;
    check_begun("2");
    CHECK(threads[2].assignment.seat == &seats[1]);
    CHECK_EQUAL(room[1], 0);
    slot_queue_give_back(&threads[2]);
    CHECK_EQUAL(room[1], 1);
    check_begun("4"); /* which may run anywhere, and came before 7 */
    slot_queue_give_back(&threads[4]);
    check_begun("7");
    slot_queue_remove(&threads[1]);
    room[0] = 3;
    check_begun("036");
    room[2] = 3;
    check_begun("58");
    CHECK_EQUAL(slot_queue_count(), 0);
}

static void threads_begin_in_their_order(void)
{
    static const char *const queues[] = {"000111222", "01201201", "0-1-2--0", "0120",
                                         "021100",    "2210012",  "---012---"};

    use_machines();
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        char all[] = "012345678";

        all[strlen(queues[i])] = '\0';
        queue(queues[i]);
        check_begun("");
        make_room(100);
        check_begun(all);
        make_room(0);
    }
    queue("0101");
    slot_queue_remove(&threads[0]); /* the next of its line comes behind the first of the other */
    make_room(100);
    check_begun("123");
    make_room(0);
    queue("0122");
    slot_queue_remove(&threads[3]);
    slot_queue_add_first(&threads[3]); /* before its line and all others */
    slot_queue_remove(&threads[0]);
    slot_queue_add_first(&threads[0]);
    CHECK_EQUAL(slot_queue_count(), 4);
    make_room(100);
    check_begun("0312");
    make_room(0);
    queue("0011");
    slot_queue_remove(&threads[2]);
    slot_queue_add_first(&threads[2]);
    slot_queue_remove(&threads[0]);
    slot_queue_add_first(&threads[0]);
    make_room(100);
    check_begun("0213"); /* the next of a line comes behind every thread that was added first */
}

static void lost_machines_reschedule_nothing(void)
{
    use_machines();
    make_room(1);
    for (int i = 0; i < 2; i++) {
        reschedules = i > 0;
        queue("02");
        check_begun("01");
        CHECK_EQUAL(threads[0].job.reschedule, reschedules);
        CHECK(!threads[1].job.reschedule);
        slot_queue_give_back(&threads[0]);
        slot_queue_give_back(&threads[1]);
    }
}

static void daemons_do_not_wait_behind_others(void)
{
    use_machines();
    queue("0-0-");
    slot_queue_remove(&threads[2]);
    slot_queue_remove(&threads[3]);
    threads[2].job.daemon = threads[3].job.daemon = true;
    slot_queue_add(&threads[2]);
    slot_queue_add(&threads[3]);
    check_begun("23");
    make_room(1);
    check_begun("01");
}

TEST_MAIN({"slots", slots_go_to_the_first}, {"daemons", daemons_take_no_slot},
          {"machines", machines_hold_up_no_other_machine}, {"order", threads_begin_in_their_order},
          {"reschedule", lost_machines_reschedule_nothing},
          {"daemon-lines", daemons_do_not_wait_behind_others})
