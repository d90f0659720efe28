/* Tests the exceptions that a process publishes (cli/server/published.h). */
#include "tests/lib/test.h"

#include "cli/server/published.h"

#include <stdio.h>

static void a_process_publishes_256_exceptions(void)
{
    static k3thread_exctype types[257];
    static char             names[257][8];
    struct published        published = {0};

    for (size_t i = 0; i < 257; i++) {
        (void) snprintf(names[i], sizeof(names[i]), "E%zu", i);
        types[i].name = names[i];
        CHECK(published_find(&published, names[i]) == NULL);
        CHECK_EQUAL(published_add(&published, &types[i]), i < 256);
        CHECK(published_add(&published, &types[i / 2])); /* it is there already */
    }
    CHECK_EQUAL(published.count, 256);
    CHECK(published_find(&published, "E0") == &types[0]);
    CHECK(published_find(&published, "E255") == &types[255]);
    CHECK(published_find(&published, "E256") == NULL);
    published_release(&published);
    CHECK(published.count == 0 && published_find(&published, "E0") == NULL);
}

TEST_MAIN({"limit", a_process_publishes_256_exceptions})
