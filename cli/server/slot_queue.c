#include "cli/server/slot_queue.h"

#include "cli/server/hosts.h"
#include "cli/server/jobserver.h"
#include "cli/server/slot_lines.h"
#include "cli/server/slots.h"

/* Slots */

/* Returns true if RECORD counts among the commands that may run at a time. */
static bool counts(const struct record *record)
{
    return !record->job.daemon;
}

bool slot_queue_concerns(const struct record *record)
{
    return counts(record) || hosts_are_used();
}

/* Finds the machine for RECORD. Returns false if none has room. */
static bool take_seat(struct record *record)
{
    const struct seat *seat;

    if (!hosts_are_used())
        return true;
    seat = hosts_take(record->job.host, counts(record));
    if (seat == NULL)
        return false;
    record->assignment.seat = seat;
    record->job.reschedule = hosts_reschedule() && hosts_is_up(seat);
    return true;
}

bool slot_queue_take(struct record *record)
{
    bool is_free = !counts(record) || (slots_are_free() && jobserver_make_room());

    record->has_slot = is_free && take_seat(record);
    if (record->has_slot && counts(record))
        slots_take();
    return record->has_slot;
}

void slot_queue_give_back(struct record *record)
{
    if (record->has_slot && counts(record))
        slots_give_back();
    if (record->has_slot && record->assignment.seat != NULL)
        hosts_give_back(record->assignment.seat, counts(record));
    record->has_slot = false;
}

/* The queue */

void slot_queue_add(struct record *record)
{
    record->wait_list = WAIT_LIST_QUEUE;
    slot_lines_add(record);
}

void slot_queue_add_first(struct record *record)
{
    record->wait_list = WAIT_LIST_QUEUE;
    slot_lines_add_first(record);
}

void slot_queue_remove(struct record *record)
{
    slot_lines_remove(record);
    record->wait_list = WAIT_LIST_NONE;
}

struct record *slot_queue_take_next(void)
{
    return slot_lines_find(slot_queue_take);
}

size_t slot_queue_count(void)
{
    return slot_lines_size();
}
