#include "cli/server/inner.h"

#include "cli/base/array.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/server/record.h"
#include "cli/server/store.h"

#include <stdlib.h>
#include <string.h>

/* The most threads of a process that are remembered. A process may have more. */
#define INNER_MAX 16384

/* A name of 64 bytes, each of them escaped. */
#define INNER_NAME_MAX 256

/* Returns the index of the thread ID in LIST, or the index at which the thread would have to be added. */
static size_t place_of(const struct inner_list *list, uint64_t id)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (list->threads[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct inner_list *list, size_t place, uint64_t id)
{
    return place < list->count && list->threads[place]->id == id;
}

/* Makes room for one more thread. Returns false if LIST is full, or without memory. */
static bool grow(struct inner_list *list)
{
    struct inner **threads;

    if (list->count >= INNER_MAX)
        return false;
    threads = array_room(list->threads, list->count, sizeof(struct inner *));
    if (threads == NULL)
        return false;
    list->threads = threads;
    return true;
}

const struct inner *inner_add(struct inner_list *list, const struct inner *thread, const char *name,
                              bool *ret_new)
{
    size_t        place = place_of(list, thread->id);
    bool          is_new = !is_at(list, place, thread->id);
    struct inner *copy;

    if (is_new && !grow(list))
        return NULL;
    copy = malloc(sizeof(*copy) + strlen(name) + 1);
    if (copy == NULL)
        return NULL;
    *copy = *thread;
    strcpy(copy->name, name);
    if (is_new) {
        memmove(list->threads + place + 1, list->threads + place,
                (list->count - place) * sizeof(struct inner *));
        list->count++;
    } else {
        free(list->threads[place]);
    }
    list->threads[place] = copy;
    *ret_new = is_new;
    return copy;
}

struct inner *inner_remove(struct inner_list *list, uint64_t id)
{
    size_t        place = place_of(list, id);
    struct inner *thread;

    if (!is_at(list, place, id))
        return NULL;
    thread = list->threads[place];
    list->count--;
    memmove(list->threads + place, list->threads + place + 1,
            (list->count - place) * sizeof(struct inner *));
    return thread;
}

void inner_release(struct inner_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->threads[i]);
    free(list->threads);
    *list = (struct inner_list){0};
}

bool inner_is_name(const char *name)
{
    size_t length = strlen(name);

    if (length > INNER_NAME_MAX || strspn(name, "0123456789") == length) /* also an empty name */
        return false;
    for (const unsigned char *c = (const unsigned char *) name; *c != '\0'; c++)
        if (*c < ' ' || *c == 127)
            return false;
    return strpbrk(name, "/*?[]") == NULL;
}

bool inner_fits(const struct inner *thread, const char *word)
{
    if (word[0] == '\0')
        return true;
    if (store_is_pattern(word))
        return store_fits(word, thread->name);
    if (strspn(word, "0123456789") == strlen(word))
        return strtoull(word, NULL, 10) == thread->id;
    return strcmp(word, thread->name) == 0;
}

/* Adds the id of an inner thread as users write it: "7/3". */
static void add_id(struct text *text, const struct record *record, uint64_t id)
{
    text_number(text, record->id, 1);
    text_byte(text, '/', 1);
    text_number(text, id, 1);
}

void inner_write_raised(struct text *text, const struct record *record, uint64_t id,
                        const char *name)
{
    struct text full = {0};

    text_byte(text, '{', 1);
    write_name(text, "id");
    text_byte(text, '"', 1);
    add_id(text, record, id);
    text_byte(text, '"', 1);
    write_name(text, "name");
    text_add(&full, record->job.name);
    text_byte(&full, '/', 1);
    text_append(&full, name, strlen(name) + 1);
    text->failed |= full.failed;
    if (!full.failed)
        write_bytes(text, full.data);
    text_release(&full);
    text_byte(text, '}', 1);
}

static const char *state_of(const struct inner *thread)
{
    return thread->delayed ? "delayed" : "running";
}

void inner_write(struct text *text, const struct record *record, const struct inner *thread)
{
    inner_write_raised(text, record, thread->id, thread->name);
    if (text->failed)
        return;
    text->size--; /* removes the brace */
    member_write_integer(text, "tid", thread->tid);
    write_name(text, "state");
    text_printf(text, "\"%s\"", state_of(thread));
    write_name(text, "daemon");
    text_add(text, thread->daemon ? "true" : "false");
    text_byte(text, '}', 1);
}

void inner_add_headings(struct text *text)
{
    text_add(text, "ID\\tNAME\\tTID\\tSTATE\\tDAEMON\\n");
}

void inner_add_row(struct text *text, const struct record *record, const struct inner *thread)
{
    size_t begin;

    add_id(text, record, thread->id);
    text_add(text, "\\t");
    begin = text->size;
    text_add_escaped(text, record->job.name, strlen(record->job.name));
    text_byte(text, '/', 1);
    text_add_escaped(text, thread->name, strlen(thread->name));
    write_escapes(text, begin);
    text_printf(text, "\\t%d\\t%s\\t%s\\n", (int) thread->tid, state_of(thread),
                thread->daemon ? "yes" : "no");
}
