/* Fuzzes the small parsers: times, names, patterns, exceptions, readiness. */
#include "cli/base/duration.h"
#include "cli/base/exceptions.h"
#include "cli/base/suggest.h"
#include "cli/base/thread_name.h"
#include "cli/place/place.h"
#include "cli/ready/ready.h"
#include "cli/server/store.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

static void parse_duration(const char *string)
{
    struct text text = {0};
    double      seconds;

    if (duration_parse(string, &seconds) != 0)
        return;
    MUST(seconds >= 0 && isfinite(seconds));
    duration_add(&text, seconds);
    MUST(text.size > 0);
    text_release(&text);
}

static void parse_name(const char *string)
{
    struct text why = {0};

    /* A name is no pattern, or it could not be given as a name; as a pattern it would match itself. */
    if (thread_name_check(string, &why))
        MUST(why.size == 0 && !store_is_pattern(string) && store_fits(string, string));
    else
        MUST(why.size > 0);
    text_release(&why);
    (void) store_fits(string, "web-1");
}

static void parse_place(const char *string)
{
    struct place place;

    for (int as_label = 0; as_label < 2; as_label++) {
        struct text why = {0};

        if (place_resolve(&place, as_label ? string : NULL, as_label ? NULL : string, &why) == 0)
            place_release(&place);
        text_release(&why);
    }
}

static void parse_ready(const char *string)
{
    struct ready *ready = NULL;
    struct text   why = {0};

    if (ready_is_valid(string, &why) && ready_open(string, &ready) == 0)
        ready_close(ready);
    text_release(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char             *string = fuzz_string(data, size < 4096 ? size : 4096);
    struct suggestion suggestion = {.word = string};

    parse_duration(string);
    parse_name(string);
    parse_place(string);
    parse_ready(string);
    (void) exceptions_find(string);
    suggest_consider(&suggestion, "supervise");
    free(string);
    return 0;
}
