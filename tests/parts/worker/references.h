/*
 * Counts the references to all shared strings (cli/base/shared_string.h), in tests of what holds them and gives them up.
 */
#ifndef REFERENCES_H
#define REFERENCES_H

#include "cli/base/shared_string.h"

const char *__real_shared_string_new(const char *string);
const char *__wrap_shared_string_new(const char *string);
const char *__real_shared_string_from_text(struct text *text);
const char *__wrap_shared_string_from_text(struct text *text);
const char *__real_shared_string_ref(const char *string);
const char *__wrap_shared_string_ref(const char *string);
void        __real_shared_string_unref(const char *string);
void        __wrap_shared_string_unref(const char *string);

static int references;

const char *__wrap_shared_string_new(const char *string)
{
    references++;
    return __real_shared_string_new(string);
}

const char *__wrap_shared_string_from_text(struct text *text)
{
    const char *string = __real_shared_string_from_text(text);

    references += string != NULL;
    return string;
}

const char *__wrap_shared_string_ref(const char *string)
{
    references += string != NULL;
    return __real_shared_string_ref(string);
}

void __wrap_shared_string_unref(const char *string)
{
    references -= string != NULL;
    __real_shared_string_unref(string);
}

#endif
