#include "registry.h"

#include "event.h"
#include "gone.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64 /* a power of two, as every size of the table */

/* One bucket: the first record by id, and the first record by name. */
struct bucket {
    struct k3thread *of_id;
    struct k3thread *of_name;
};

static pthread_mutex_t  lock = PTHREAD_MUTEX_INITIALIZER;
static struct bucket    first_buckets[FIRST_SIZE];
static struct bucket   *buckets = first_buckets;
static size_t           size = FIRST_SIZE;
static size_t           count;
static size_t           foreign_count;
static k3thread_id      last_id;
static struct k3thread *oldest, *newest;

void k3t_registry_lock(void)
{
    pthread_mutex_lock(&lock);
}

void k3t_registry_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static size_t index_of_id(k3thread_id id)
{
    return (size_t) id & (size - 1);
}

/* Returns the bucket of NAME, by the hash FNV-1a. */
static size_t index_of_name(const char *name)
{
    uint64_t hash = 14695981039346656037U;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char) *name) * 1099511628211U;
    return (size_t) (hash ^ hash >> 32) & (size - 1);
}

static void link_buckets(struct k3thread *t)
{
    struct bucket *of_id = &buckets[index_of_id(t->id)];
    struct bucket *of_name = &buckets[index_of_name(t->name)];

    t->next_of_id = of_id->of_id;
    of_id->of_id = t;
    t->next_of_name = of_name->of_name;
    of_name->of_name = t;
}

static void unlink_buckets(struct k3thread *t)
{
    struct k3thread **at = &buckets[index_of_id(t->id)].of_id;

    while (*at != t)
        at = &(*at)->next_of_id;
    *at = t->next_of_id;
    at = &buckets[index_of_name(t->name)].of_name;
    while (*at != t)
        at = &(*at)->next_of_name;
    *at = t->next_of_name;
}

/* Doubles the table. Without memory the table stays as it is, which only costs time. */
static void grow(void)
{
    struct bucket *larger = calloc(size * 2, sizeof(*larger));

    if (larger == NULL)
        return;
    if (buckets != first_buckets)
        free(buckets);
    buckets = larger;
    size *= 2;
    for (struct k3thread *t = oldest; t != NULL; t = t->newer)
        link_buckets(t);
}

static void link_list(struct k3thread *t)
{
    t->older = newest;
    *(newest != NULL ? &newest->newer : &oldest) = t;
    newest = t;
}

static void unlink_list(struct k3thread *t)
{
    *(t->older != NULL ? &t->older->newer : &oldest) = t->newer;
    *(t->newer != NULL ? &t->newer->older : &newest) = t->older;
}

/* Writes "PREFIX-ID" to NAME, which is zeroed, without printf: that would be a fourth of the instructions of a start. */
static void write_name(char *name, const char *prefix, k3thread_id id)
{
    char   digits[20];
    size_t length = 0;

    name = stpcpy(name, prefix);
    *name++ = '-';
    do
        digits[length++] = (char) ('0' + id % 10);
    while ((id /= 10) != 0);
    while (length > 0)
        *name++ = digits[--length];
}

/* Assigns the id under the lock, so that the list is in order of id. */
void k3t_registry_add(struct k3thread *t, const char *prefix)
{
    pthread_mutex_lock(&lock);
    if (count == size)
        grow();
    t->id = ++last_id;
    if (t->name[0] == '\0')
        write_name(t->name, prefix, t->id);
    link_list(t);
    link_buckets(t);
    count++;
    if (t->foreign)
        foreign_count++;
    pthread_mutex_unlock(&lock);
}

void k3t_registry_remove(struct k3thread *t)
{
    unlink_list(t);
    unlink_buckets(t);
    count--;
    if (t->foreign)
        foreign_count--;
}

/*
 * In the child the records of the other threads are as they were in the middle of any change. They are first marked
 * as ended, because the library takes no lock of an ended thread, and looks neither at its queue nor at its
 * joiners.
 */
void k3t_registry_keep(struct k3thread *survivor)
{
    struct k3thread *ended = NULL;
    struct k3thread *next;

    for (struct k3thread *t = oldest; t != NULL; t = next) {
        next = t->newer;
        if (t == survivor)
            continue;
        k3t_registry_remove(t);
        atomic_store(&t->tid, 0);
        k3t_event_close(t);
        atomic_store(&t->ended, true);
        k3t_gone_set(t);
        t->newer = ended;
        ended = t;
    }
    pthread_mutex_unlock(&lock);
    for (; ended != NULL; ended = next) {
        next = ended->newer;
        k3thread_unref(ended);
    }
}

struct k3thread *k3t_registry_find_id(k3thread_id id)
{
    struct k3thread *t;

    pthread_mutex_lock(&lock);
    t = buckets[index_of_id(id)].of_id;
    while (t != NULL && t->id != id)
        t = t->next_of_id;
    k3thread_ref(t);
    pthread_mutex_unlock(&lock);
    return t;
}

struct k3thread *k3t_registry_find_name(const char *name)
{
    struct k3thread *found = NULL;

    pthread_mutex_lock(&lock);
    for (struct k3thread *t = buckets[index_of_name(name)].of_name; t != NULL;
         t = t->next_of_name) {
        if ((found == NULL || t->id < found->id) && strcmp(t->name, name) == 0)
            found = t;
    }
    k3thread_ref(found);
    pthread_mutex_unlock(&lock);
    return found;
}

struct k3thread *k3t_registry_find_gone(void)
{
    struct k3thread *t = NULL;

    pthread_mutex_lock(&lock);
    if (foreign_count != 0) {
        for (t = oldest; t != NULL && k3thread_is_alive(t); t = t->newer) {
        }
    }
    k3thread_ref(t);
    pthread_mutex_unlock(&lock);
    return t;
}

size_t k3t_registry_list(struct k3thread **threads, size_t capacity)
{
    size_t stored = 0;
    size_t live;

    pthread_mutex_lock(&lock);
    for (struct k3thread *t = oldest; t != NULL && stored < capacity; t = t->newer)
        threads[stored++] = k3thread_ref(t);
    live = count;
    pthread_mutex_unlock(&lock);
    return live;
}

struct k3thread *k3t_registry_find_main(void)
{
    struct k3thread *t;

    pthread_mutex_lock(&lock);
    for (t = oldest; t != NULL && (!t->adopted || t->foreign); t = t->newer) {
    }
    k3thread_ref(t);
    pthread_mutex_unlock(&lock);
    return t;
}

void k3t_registry_each(void (*visit)(struct k3thread *t))
{
    for (struct k3thread *t = oldest; t != NULL; t = t->newer)
        visit(t);
}

bool k3t_registry_is_empty(void)
{
    bool empty;

    pthread_mutex_lock(&lock);
    empty = count == 0;
    pthread_mutex_unlock(&lock);
    return empty;
}
