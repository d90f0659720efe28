#include "cli/server/hosts.h"

#include "cli/base/clock.h"
#include "cli/rpc/protocol.h"
#include "cli/worker/remote_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * After the first machine is up, commands still wait this many seconds for the machines that are being reached.
 * Without that, the machine that is up first would get all the commands that wait, and the order of the list would
 * count only for later commands. A machine that takes longer holds up no command.
 */
#define PATIENCE 2.0

/* The reachability of a machine, as far as the server knows. */
enum reach { REACH_EXPECTED, REACH_UP, REACH_LOST };

/* One machine of the list. */
struct entry {
    struct seat seat; /* the first member */
    enum reach  reach;
    unsigned    slots; /* 0: as many as there are processors */
    unsigned    taken;
};

static struct entry  *entries;
static struct entry **by_name; /* the same, in the order of their names */
static size_t         count, expected, lost;
static size_t         first_free;   /* no machine before it has a free slot */
static double         patience_end; /* 0: no machine is up yet */
static bool           reschedules;  /* what hosts_reschedule() returns */

bool hosts_are_used(void)
{
    return count > 0;
}

bool hosts_reschedule(void)
{
    return reschedules;
}

/* Returns the entry of SEAT, which is its first member. A user of a seat may not change it; this file may. */
static struct entry *entry_of(const struct seat *seat)
{
    return (struct entry *) seat;
}

static int compare(const void *a, const void *b)
{
    const struct entry *const *left = a, *const *right = b;

    return strcmp((*left)->seat.name, (*right)->seat.name);
}

static int compare_name(const void *name, const void *element)
{
    const struct entry *const *entry = element;

    return strcmp(name, (*entry)->seat.name);
}

static struct entry *find(const char *name)
{
    struct entry **found =
        count > 0 ? bsearch(name, by_name, count, sizeof(struct entry *), compare_name) : NULL;

    return found != NULL ? *found : NULL;
}

/* Returns true if JSON is a number of slots; null, or none, means that there is no limit. */
static bool is_slots(const json_t *json)
{
    json_int_t number = json_integer_value(json);

    return json == NULL || json_is_null(json) ||
           (json_is_integer(json) && number > 0 && number <= PROTOCOL_SLOTS_MAX);
}

/* Reads one machine. Returns 0, -ENOMEM, or -EINVAL with WHY. */
static int read_entry(const json_t *json, struct entry *ret, struct text *why)
{
    const char   *name = json_string_value(json_object_get(json, "name"));
    const char   *socket = json_string_value(json_object_get(json, "socket"));
    const json_t *slots = json_object_get(json, "slots");

    if (name == NULL || socket == NULL || !is_slots(slots)) {
        text_add(
            why,
            "each of \"hosts\" needs a \"name\" and a \"socket\", and \"slots\" above 0 or null");
        return -EINVAL;
    }
    *ret = (struct entry){
        .seat = {.name = strdup(name), .socket = strdup(socket), .pool = remote_pool_new()},
        .slots = (unsigned) json_integer_value(slots)};
    return ret->seat.name != NULL && ret->seat.socket != NULL && ret->seat.pool != NULL ? 0
                                                                                        : -ENOMEM;
}

static void forget(void)
{
    while (count > 0) {
        count--;
        free(entries[count].seat.name);
        free(entries[count].seat.socket);
        remote_pool_free(entries[count].seat.pool);
    }
    free(entries);
    free(by_name);
    entries = NULL;
    by_name = NULL;
}

/* Puts the machines in the order of their names. Returns 0, or -EINVAL with WHY if two have the same name. */
static int sort(struct text *why)
{
    for (size_t i = 0; i < count; i++)
        by_name[i] = &entries[i];
    qsort(by_name, count, sizeof(struct entry *), compare);
    for (size_t i = 1; i < count; i++)
        if (compare(&by_name[i - 1], &by_name[i]) == 0) {
            text_printf(why, "the host '%s' stands twice in the list", by_name[i]->seat.name);
            return -EINVAL;
        }
    return 0;
}

int hosts_set(const json_t *list, bool reschedule, struct text *why)
{
    int error;

    if (count > 0 || json_array_size(list) == 0) {
        text_add(why, count > 0 ? "this supervisor has its hosts already"
                                : "\"hosts\" must be a list of one host or more");
        return -EINVAL;
    }
    entries = calloc(json_array_size(list), sizeof(*entries));
    by_name = calloc(json_array_size(list), sizeof(struct entry *));
    error = entries != NULL && by_name != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; error == 0 && i < json_array_size(list); i++) {
        error = read_entry(json_array_get(list, i), &entries[i], why);
        count++; /* also if the entry is incomplete: forget() frees what it has */
    }
    if (error == 0)
        error = sort(why);
    if (error != 0)
        forget();
    expected = count;
    reschedules = reschedule;
    return error;
}

const struct seat *hosts_find(const char *name, struct text *why)
{
    const struct entry *entry = find(name);
    size_t              i = 0;

    if (entry != NULL)
        return &entry->seat;
    if (count == 0) {
        text_add(why, "there are no other machines; --host goes with run --hosts");
        return NULL;
    }
    text_printf(why, "no host '%s'; there are:", name);
    for (; i < count && i < 10; i++)
        text_printf(why, " %s", entries[i].seat.name);
    if (i < count)
        text_printf(why, " and %zu more", count - i);
    return NULL;
}

/* Reachability */

/* Notes that ENTRY may have a free slot. */
static void note_free(const struct entry *entry)
{
    if ((size_t) (entry - entries) < first_free)
        first_free = (size_t) (entry - entries);
}

static void set_reach(struct entry *entry, enum reach reach)
{
    expected -= entry->reach == REACH_EXPECTED;
    lost -= entry->reach == REACH_LOST;
    lost += reach == REACH_LOST;
    entry->reach = reach;
    note_free(entry);
}

void hosts_note_up(const struct seat *seat, unsigned processors)
{
    struct entry *entry = entry_of(seat);

    if (entry->reach != REACH_EXPECTED)
        return;
    if (entry->slots == 0)
        entry->slots = processors;
    set_reach(entry, REACH_UP);
    if (patience_end == 0)
        patience_end = clock_monotonic() + PATIENCE;
}

void hosts_note_vacant(const struct seat *seat, double seconds)
{
    atomic_store(&entry_of(seat)->seat.vacant, clock_monotonic() + seconds);
}

void hosts_note_lost(const struct seat *seat, const char *why)
{
    struct entry *entry = entry_of(seat);

    set_reach(entry, REACH_LOST);
    if (why != NULL && atomic_load(&seat->lost) == NULL)
        atomic_store(&entry->seat.lost, strdup(why)); /* without memory, no reason is known */
}

bool hosts_is_up(const struct seat *seat)
{
    return entry_of(seat)->reach == REACH_UP;
}

/* Returns true if a command that names no machine still waits for the machines that are being reached. */
static bool waits_for_expected(void)
{
    return expected > 0 && clock_monotonic() < patience_end;
}

double hosts_due(void)
{
    double left = expected > 0 ? clock_until(patience_end) : 0;

    return left > 0 ? left : -1;
}

/* Placing */

static bool has_slot(const struct entry *entry)
{
    return entry->reach == REACH_UP && entry->taken < entry->slots;
}

/*
 * Returns true if a thread that wants the machine of ENTRY need not wait: it can run, or fails as the machine is lost.
 */
static bool need_not_wait(const struct entry *entry, bool counts)
{
    if (counts && entry->reach == REACH_UP)
        return has_slot(entry);
    return entry->reach != REACH_EXPECTED;
}

static struct entry *find_free(void)
{
    while (first_free < count && !has_slot(&entries[first_free]))
        first_free++;
    return first_free < count ? &entries[first_free] : NULL;
}

static struct entry *find_up(void)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].reach == REACH_UP)
            return &entries[i];
    return NULL;
}

/* Returns the first machine for a thread that may run on any, or NULL. */
static struct entry *find_any(bool counts)
{
    if (lost == count)
        return &entries[0];
    if (waits_for_expected())
        return NULL;
    return counts ? find_free() : find_up();
}

const struct seat *hosts_take(const char *wanted, bool counts)
{
    struct entry *entry = wanted != NULL ? find(wanted) : find_any(counts);

    if (entry == NULL || !need_not_wait(entry, counts))
        return NULL;
    entry->taken += counts;
    return &entry->seat;
}

void hosts_give_back(const struct seat *seat, bool counts)
{
    struct entry *entry = entry_of(seat);

    entry->taken -= counts;
    note_free(entry);
}

size_t hosts_index(const char *name)
{
    return (size_t) (find(name) - entries);
}
