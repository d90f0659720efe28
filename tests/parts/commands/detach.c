/* Tests what passes of the keys that a user types at a terminal which is attached to a thread. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/commands/detach_keys.h"

#define LONG  "\033[92;5u"
#define OTHER "\033[27;5;92~"

/* Typed bytes, and the bytes that pass if more keys follow soon; D at their end: the user leaves. */
static const struct {
    const char *typed, *passes;
} table[] = {
    {"text \303\244 \033[A\033OB\033x", "text \303\244 \033[A\033OB\033x"},
    {"a\034db", "aD"},
    {"a\034Db", "aD"},
    {"\034\034a", "\034a"},
    {LONG LONG OTHER OTHER "a", LONG OTHER "a"},
    {"a" LONG "d", "aD"},
    {OTHER "d", "D"},
    {"\034" LONG "a", LONG "a"},
    {"\033[92;5v\033[27;5;92u\033[92;\034d", "\033[92;5v\033[27;5;92u\033[92;D"},
    {"\033" LONG "d", "\033D"},
    /* another key behind the prefix is dropped as a whole */
    {"\034xab", "ab"},
    {"\034xd", "d"},
    {"\034\033[Aab", "ab"},
    {"\034\033[1;5Cab", "ab"},
    {"\034\033[15~ab", "ab"},
    {"\034\033OAab", "ab"},
    {"\034\033O5Pab", "ab"},
    {"\034\033O[ab", "ab"},
    {"\034\033[[Aab", "ab"},
    {"\034\033xab", "ab"},
    {"\034\033\303\244ab", "ab"},
    {"\034\033\033[Aab", "ab"},
    {"\034\033[M !!ab", "ab"},
    {"\034\033[<0;1;1Mab", "ab"},
    {"\034\303\244ab", "ab"},
    {"\034\342\202\254ab", "ab"},
    {"\034\360\237\230\200ab", "ab"},
    {"\034\302\251ab", "ab"},
    {"\034\337\277ab", "ab"},
    {"\034\340\244\244ab", "ab"},
    {"\034\357\274\241ab", "ab"},
    {"\034\360\220\200\200ab", "ab"},
    {"\034\364\200\200\200ab", "ab"},
    {"a\034\303\244", "a"},
    {"a\034\342\202\254", "a"},
    {"a\034\360\237\230\200", "a"},
    {"a\034\033[A", "a"},
    {"a\034\033x", "a"},
    {"a\034\033\033[A", "a"},
    {"a\034\033[M !!", "a"},
    {"a\034\033[[A", "a"},
    {"\034\033[[A\034\033[Aab", "ab"},
    {"\034\033[M !!\034\033[Aab", "ab"},
    {LONG "\033[Aab", "ab"},
    {"\034\303a", "a"}, /* malformed */
    {"\034\244ab", "ab"},
    {"\034\377ab", "ab"},
    {"\034\301ab", "ab"},
    {"\034\365ab", "ab"},
    {"\034\365\200ab", "\200ab"},
    {"\034\360\237ab", "ab"},
    {"\034\033[1\177ab", "1\177ab"},
    {"\034\033[1@ab", "ab"},
    {"\034\033[1 qab", "ab"},
    {"\034\033\033\033ab", "ab"},
    {"\034\033[1~ab", "ab"},
    {"\034\033[\rab", "\rab"},
    {"\034\033[A\034d", "D"},
    {"\034\033\033[A\034\033[Aab",
     "ab"}, /* bytes of the key before stand behind the second one's */
};

/* Gives TYPED to KEYS in pieces of STEP bytes, and adds what passes to PASSED. */
static void type(struct detach_keys *keys, const char *typed, size_t step, struct text *passed)
{
    size_t size = strlen(typed);

    for (size_t i = 0; i < size; i += step) {
        if (!detach_keys_take(keys, typed + i, i + step < size ? step : size - i, passed))
            continue;
        text_add(passed, "D");
        return;
    }
}

static void keys_in_any_pieces(void)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (size_t step = 1; step <= strlen(table[i].typed); step++) {
            struct detach_keys keys = {0};
            struct text        passed = {0};

            type(&keys, table[i].typed, step, &passed);
            CHECK(!detach_keys_wait(&keys));
            check_written(&passed, table[i].passes);
        }
}

/* Types FIRST, waits for longer than a key takes, and types SECOND. */
static void check_pause(const char *first, const char *second, const char *passes)
{
    struct detach_keys keys = {0};
    struct text        passed = {0};

    type(&keys, first, 1, &passed);
    CHECK(detach_keys_wait(&keys));
    detach_keys_settle(&keys, &passed);
    CHECK(!detach_keys_wait(&keys));
    type(&keys, second, 1, &passed);
    check_written(&passed, passes);
}

static void keys_before_a_pause(void)
{
    check_pause("a\033", "d", "a\033d");
    check_pause("\033[92", ";5ud", "\033[92;5ud");
    check_pause("\034\033", "dx", "dx"); /* the key Escape */
    check_pause("\034\033[", "\034d", "D");
    check_pause("\034\303", "\034d", "D");
}

/* A sequence longer than any key neither grows nor stops the keys. */
static void endless_key(void)
{
    struct detach_keys keys = {0};
    struct text        passed = {0};

    type(&keys, "\034\033[", 1, &passed);
    for (int i = 0; i < 3 * DETACH_KEYS_LONGEST; i++)
        type(&keys, "1", 1, &passed);
    type(&keys, "\034d", 1, &passed);
    CHECK_EQUAL(passed.size,
                2 * DETACH_KEYS_LONGEST + 2 + 1); /* ESC and [ are two bytes of the longest key */
    CHECK(passed.data[passed.size - 1] == 'D');
    text_release(&passed);
}

TEST_MAIN({"pieces", keys_in_any_pieces}, {"pause", keys_before_a_pause}, {"endless", endless_key})
