#include "cli/server/tally.h"

#include "cli/place/journal.h"

static size_t  ended, ended_with_needs;
static json_t *unended; /* the pids of the processes that could not be ended */

static void add_unended(const struct record *record)
{
    journal_write("process %d of thread %llu could not be ended", (int) record->now.unended,
                  (unsigned long long) record->id);
    if (unended == NULL)
        unended = json_array();
    (void) json_array_append_new(unended, json_integer(record->now.unended));
}

void tally_add(const struct record *record)
{
    ended++;
    ended_with_needs += record->job.need_count > 0;
    if (record->now.unended != 0)
        add_unended(record);
}

size_t tally_ended(void)
{
    return ended;
}

size_t tally_ended_with_needs(void)
{
    return ended_with_needs;
}

json_t *tally_unended(void)
{
    return unended;
}
