#include "cli/base/shared_string.h"

#include <stdatomic.h>
#include <stdlib.h>

struct shared_string {
    atomic_uint references;
    char        bytes[];
};

/* Returns the object whose bytes are STRING. */
static struct shared_string *object_of(const char *string)
{
    return (struct shared_string *) (void *) (string - offsetof(struct shared_string, bytes));
}

static const char *copy(const char *data, size_t size)
{
    struct shared_string *object = malloc(sizeof(*object) + size + 1);

    if (object == NULL)
        return NULL;
    atomic_init(&object->references, 1);
    if (size > 0)
        memcpy(object->bytes, data, size);
    object->bytes[size] = '\0';
    return object->bytes;
}

const char *shared_string_new(const char *string)
{
    return copy(string, strlen(string));
}

const char *shared_string_from_text(struct text *text)
{
    const char *string = text->failed ? NULL : copy(text->data, text->size);

    text_release(text);
    return string;
}

const char *shared_string_ref(const char *string)
{
    if (string != NULL)
        atomic_fetch_add_explicit(&object_of(string)->references, 1, memory_order_relaxed);
    return string;
}

void shared_string_unref(const char *string)
{
    if (string != NULL &&
        atomic_fetch_sub_explicit(&object_of(string)->references, 1, memory_order_acq_rel) == 1)
        free(object_of(string));
}
