#include "cli/script/unique_names.h"

#include <errno.h>

/* Marks NAME as taken, with NUMBER. The bytes of NAME need not be UTF-8. */
static int take(struct unique_names *names, const char *name, json_int_t number)
{
    return json_object_set_new_nocheck(names->taken, name, json_integer(number)) == 0 ? 0 : -ENOMEM;
}

/*
 * Appends NAME-NUMBER, with the first number from NUMBER on that makes a free name, and takes that
 * name.
 */
static int add_numbered(struct unique_names *names, struct text *text, const char *name,
                        json_int_t number)
{
    size_t before = text->size;

    for (;; number++) {
        text->size = before;
        text_printf(text, "%s-%" JSON_INTEGER_FORMAT, name, number);
        text_byte(text, '\0', 1);
        if (text->failed)
            return -ENOMEM;
        text->size--;
        if (json_object_get(names->taken, text->data + before) == NULL)
            break;
    }
    if (take(names, name, number) != 0)
        return -ENOMEM;
    return take(names, text->data + before, 1);
}

int unique_names_add(struct unique_names *names, struct text *text, const char *name)
{
    const json_t *last;

    if (names->taken == NULL)
        names->taken = json_object();
    if (names->taken == NULL)
        return -ENOMEM;
    last = json_object_get(names->taken, name);
    if (last != NULL)
        return add_numbered(names, text, name, json_integer_value(last) + 1);
    text_add(text, name);
    return text->failed ? -ENOMEM : take(names, name, 1);
}

void unique_names_release(struct unique_names *names)
{
    json_decref(names->taken);
    names->taken = NULL;
}
