/*
 * Tests parts of the library that no program can call: the messages of a supervisor, the names and texts in them, the
 * published types, and the reckoning with time. connection.c has the lines themselves.
 */
#include "test.h"

#include "lib/attach_message.h"
#include "lib/clock.h"
#include "lib/published.h"
#include "lib/record.h"
#include "lib/safepoint_frame.h"
#include "lib/shell_name.h"
#include "lib/stack.h"
#include "lib/text.h"

#include <limits.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct timespec faked; /* what the clock shows; tv_sec 0: the true time */

/* The linker replaces clock_gettime() by this: see tests/lib/rules.mk. */
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (faked.tv_sec == 0)
        return __real_clock_gettime(clock, ret);
    *ret = faked;
    return 0;
}

static bool is_instant(struct timespec instant, time_t seconds, long nanoseconds)
{
    return instant.tv_sec == seconds && instant.tv_nsec == nanoseconds;
}

static void time_is_reckoned(void)
{
    struct timespec instant = {101, 500};

    faked = (struct timespec){100, 600000000};
    CHECK(k3t_now() == 100600000000);
    CHECK(is_instant(k3t_deadline(0), 100, 600000001)); /* rounded up */
    CHECK(is_instant(k3t_deadline(2.25), 102, 850000001));
    CHECK(is_instant(k3t_deadline(2.5), 103, 100000001));
    faked.tv_nsec = 499999998;
    CHECK(is_instant(k3t_deadline(0.5), 100, 999999999));
    faked.tv_nsec = 499999999;
    CHECK(is_instant(k3t_deadline(0.5), 101, 0));
    CHECK(k3t_deadline(-1).tv_sec == (time_t) 1 << 40 && k3t_deadline(1e300).tv_sec == (time_t) 1
                                                                                           << 40);
    CHECK(is_instant(k3t_deadline(1e6), 1000100, 500000000));

    faked.tv_nsec = 400;
    CHECK(is_instant(k3t_time_left(&instant), 1, 100));
    faked.tv_nsec = 500;
    CHECK(is_instant(k3t_time_left(&instant), 1, 0));
    faked.tv_nsec = 501;
    CHECK(is_instant(k3t_time_left(&instant), 0, 999999999));
    CHECK(!k3t_has_passed(&instant));
    faked = (struct timespec){101, 499};
    CHECK(is_instant(k3t_time_left(&instant), 0, 1));
    CHECK(!k3t_has_passed(&instant));
    faked.tv_nsec = 500;
    CHECK(is_instant(k3t_time_left(&instant), 0, 0) && k3t_has_passed(&instant));
    faked.tv_nsec = 501;
    CHECK(is_instant(k3t_time_left(&instant), 0, 0) && k3t_has_passed(&instant));
    faked = (struct timespec){200, 0};
    CHECK(is_instant(k3t_time_left(&instant), 0, 0) && k3t_has_passed(&instant));
}

/* Reads LINE into RET. Returns whether it is a message. */
static bool read_message(const char *line, struct k3t_message *ret)
{
    static char copy[512];

    strcpy(copy, line);
    return k3t_message_read(copy, strlen(copy), ret);
}

static bool is_text(const char *got, const char *wanted)
{
    return got != NULL && strcmp(got, wanted) == 0;
}

static void messages_are_read(void)
{
    static const char *const none[] = {"",
                                       "1",
                                       "[]",
                                       "{",
                                       "{\"id\"}",
                                       "{\"id\":}",
                                       "{\"id\":\"7\"}",
                                       "{\"id\":1,}",
                                       "{\"params\":[]}",
                                       "{\"params\":{\"thread\":x}}",
                                       "{\"params\":{\"message\":7}}",
                                       "{\"error\":\"x\"}",
                                       "{\"method\":7}"};
    struct k3t_message       message;

    CHECK(read_message("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"raise\",\"params\":{\"more\":[{"
                       "\"thread\":\"z\"}],"
                       "\"exception\":\"KeyError\",\"message\":\"a\\nb\",\"thread\":\"w\"}}",
                       &message));
    CHECK(message.id == 7 && !message.failed && message.code == 0 && message.thread_id == 0);
    CHECK(is_text(message.method, "raise") && is_text(message.exception, "KeyError"));
    CHECK(is_text(message.text, "a\nb") && is_text(message.thread, "w"));
    CHECK(read_message("{\"params\":{\"thread\":12},\"id\":3}", &message));
    CHECK(message.thread_id == 12 && message.id == 3);
    CHECK(message.thread == NULL && message.method == NULL && message.exception == NULL &&
          message.text == NULL);
    CHECK(read_message(
        "{\"params\":{\"message\":{\"more\":{},\"base64\":\"eP8=\",\"x\":1},\"thread\":\"y\"}}",
        &message));
    CHECK(is_text(message.text, "x\377") && is_text(message.thread, "y"));
    CHECK(read_message("{\"params\":{\"message\":{\"base64\":\"eP8\"}}}", &message));
    CHECK(message.text == NULL);
    CHECK(read_message("{\"params\":{\"message\":{}}}", &message));
    CHECK(message.text == NULL);
    CHECK(read_message("{\"error\":{\"message\":\"m\",\"code\":-32003,\"data\":[1]},\"id\":1}",
                       &message));
    CHECK(message.failed && message.code == K3T_CODE_INVALID_THREAD_ID && message.id == 1);
    for (size_t i = 0; i < COUNT(none); i++)
        CHECK(!read_message(none[i], &message));
}

static void names_are_escaped(void)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"web", "web"},
                                           {"a b", "a b"},
                                           {"1", "\\x31"},
                                           {"12", "\\x312"},
                                           {"1a", "1a"},
                                           {"a1", "a1"},
                                           {"a/b", "a\\x2fb"},
                                           {"*", "\\x2a"},
                                           {"?[]", "\\x3f\\x5b\\x5d"},
                                           {"\\", "\\x5c"},
                                           {"\037\177", "\\x1f\\x7f"},
                                           {"~", "~"},
                                           {"\303\274", "\303\274"},
                                           {"\303", "\\xc3"},
                                           {"\377a", "\\xffa"},
                                           {"\200", "\\x80"},
                                           {"\001\020\031\220", "\\x01\\x10\\x19\\x90"},
                                           {"\342\202\254x", "\342\202\254x"}};
    static const char *const kept[] = {"\\x2", "\\x2F", "\\y2f", "\\x",  "\\",
                                       "x2f",  "\\xg0", "\\x0g", "\\x:0"};
    char                     name[K3T_SHELL_NAME_SIZE], longest[K3T_SHELL_NAME_SIZE + 1];

    for (size_t i = 0; i < COUNT(pairs); i++) {
        k3t_shell_name(pairs[i][0], name);
        CHECK_TEXT(name, pairs[i][1]);
        CHECK(k3t_shell_name_read(pairs[i][1], name));
        CHECK_TEXT(name, pairs[i][0]);
    }
    for (size_t i = 0; i < COUNT(kept); i++) {
        CHECK(k3t_shell_name_read(kept[i], name));
        CHECK_TEXT(name, kept[i]);
    }
    memset(longest, '/', sizeof(longest));
    longest[K3THREAD_NAME_MAX] = '\0';
    k3t_shell_name(longest, name);
    CHECK_EQUAL(strlen(name), K3T_SHELL_NAME_SIZE - 1);
    memset(longest, 'x', sizeof(longest));
    longest[K3T_SHELL_NAME_SIZE] = '\0';
    CHECK(!k3t_shell_name_read(longest, name));
    longest[K3T_SHELL_NAME_SIZE - 1] = '\0';
    CHECK(k3t_shell_name_read(longest, name));
}

static void texts_are_cut(void)
{
    static const struct {
        const char *text;
        size_t      size;
        const char *copy;
    } table[] = {{"", 1, ""},
                 {"abc", 4, "abc"},
                 {"abc", 3, "ab"},
                 {"abc", 1, ""},
                 {"a\303\274", 3, "a"},
                 {"a\303\274", 4, "a\303\274"},
                 {"\303\274b", 3, "\303\274"},
                 {"\342\202\254b", 3, ""},
                 {"a\340\240\200b", 3, "a"},
                 {"a\340\240\200b", 4, "a"},
                 {"\342\202\254b", 4, "\342\202\254"},
                 {"a\360\237\230\200b", 5, "a"},
                 {"a\360\237\230\200b", 4, "a"},
                 {"a\360\237\230\200b", 3, "a"},
                 {"a\360\237\230\200b", 6, "a\360\237\230\200"},
                 {"\200\200\200b", 4, "\200\200\200"}, /* no character begins here */
                 {"a\200\200\200\200b", 6, "a\200\200\200\200"}};
    static const struct {
        const char *text;
        size_t      size;
    } sizes[] = {{"", 0},
                 {"\1", 1},
                 {"\177x", 1},
                 {"\200", 0},
                 {"\301\277", 0},
                 {"\302\200", 2},
                 {"\337\277", 2},
                 {"\302x", 0},
                 {"\302", 0},
                 {"\340\237\277", 0},
                 {"\340\240\200", 3},
                 {"\355\237\277", 3},
                 {"\355\240\200", 0},
                 {"\356\200\200", 3},
                 {"\357\277\277", 3},
                 {"\342\202", 0},
                 {"\342\202x", 0},
                 {"\360\217\277\277", 0},
                 {"\360\220\200\200", 4},
                 {"\363\277\277\277", 4},
                 {"\364\217\277\277", 4},
                 {"\364\220\200\200", 0},
                 {"\365\200\200\200", 0},
                 {"\360\237\230", 0}};
    static const struct {
        const char *before, *text;
        size_t      size;
    } kept[] = {{"\342\200", "\200\200b", 3},
                {"\360", "\200b", 2},
                {"\360\200", "\200b", 2},
                {"\360", "", 1}};
    char copy[16];

    for (size_t i = 0; i < COUNT(table); i++) {
        memset(copy, 'z', sizeof(copy));
        k3t_text_copy(copy, table[i].size, table[i].text);
        CHECK_TEXT(copy, table[i].copy);
        CHECK_EQUAL(copy[table[i].size], 'z'); /* nothing is written behind it */
    }
    for (size_t i = 0; i < COUNT(kept); i++) { /* nor before it, whatever stands there */
        const size_t length = strlen(kept[i].before);

        strcpy(copy, kept[i].before);
        k3t_text_copy(copy + length, kept[i].size, kept[i].text);
        CHECK(memcmp(copy, kept[i].before, length) == 0);
        CHECK_EQUAL(strlen(copy + length), kept[i].size - 1);
    }
    for (size_t i = 0; i < COUNT(sizes); i++)
        CHECK_EQUAL(k3t_text_utf8_size(sizes[i].text), sizes[i].size);
    CHECK(k3t_text_is_utf8("") && k3t_text_is_utf8("a\303\274\360\237\230\200") &&
          !k3t_text_is_utf8("a\303\274\200"));
}

static const k3thread_exctype named = {"named", &k3thread_KeyError};

static void types_are_published(void)
{
    static const char *const bad[] = {
        "",    "1a",  ".a",
        "a-b", "a b", "x1234567890123456789012345678901234567890123456789012345678901234"};
    static char             names[K3T_PUBLISHED_MAX + 1][8];
    static k3thread_exctype types[K3T_PUBLISHED_MAX + 1];
    static k3thread_exctype hidden = {"hidden", &named}, derived = {"derived", &hidden},
                            again = {"named", &named}, known = {"KeyError", &k3thread_ValueError},
                            shortest = {"x", &k3thread_ValueError},
                            longest = {
                                "x123456789012345678901234567890123456789012345678901234567890123",
                                &k3thread_ValueError};
    size_t count = 0;

    for (size_t i = 0; i < COUNT(bad); i++) {
        const k3thread_exctype type = {bad[i], &k3thread_KeyError};

        CHECK_EQUAL(k3t_published_add(&type), K3THREAD_VALUE_ERROR);
    }
    CHECK(k3t_published_at(0) == NULL);
    CHECK_EQUAL(k3t_published_add(&k3thread_KeyError), 0); /* the library's own are known */
    CHECK_EQUAL(k3t_published_add(&known), -EEXIST);
    CHECK(k3t_published_at(0) == NULL && k3t_published_find("named") == NULL);
    CHECK_EQUAL(k3t_published_add(&named), 0);
    CHECK_EQUAL(k3t_published_add(&named), 0);
    CHECK_EQUAL(k3t_published_add(&again), -EEXIST);
    CHECK_EQUAL(k3t_published_add(&derived), 0);
    CHECK_EQUAL(k3t_published_add(&longest), 0);
    CHECK_EQUAL(k3t_published_add(&shortest), 0);
    CHECK(k3t_published_at(0) == &named && k3t_published_at(1) == &derived &&
          k3t_published_at(4) == NULL);
    CHECK(k3t_published_find("named") == &named && k3t_published_find("derived") == &derived);
    CHECK(k3t_published_find("KeyError") == &k3thread_KeyError);
    CHECK(k3t_published_find("BaseException") == &k3thread_BaseException &&
          k3t_published_find("hidden") == NULL);
    CHECK(k3t_published_base(&derived) == &named); /* the base between them is not published */
    CHECK(k3t_published_base(&named) == &k3thread_KeyError);
    for (count = 4; count < K3T_PUBLISHED_MAX; count++) {
        (void) snprintf(names[count], sizeof(names[count]), "t%zu", count);
        types[count] = (k3thread_exctype){names[count], &k3thread_KeyError};
        CHECK_EQUAL(k3t_published_add(&types[count]), 0);
    }
    CHECK_EQUAL(k3t_published_add(&hidden), -ENOSPC);
    CHECK_EQUAL(k3t_published_add(&named), 0);
    CHECK(k3t_published_at(K3T_PUBLISHED_MAX - 1) == &types[K3T_PUBLISHED_MAX - 1]);
    CHECK(k3t_published_at(K3T_PUBLISHED_MAX) == NULL);
}

static void records_have_room_for_names(void)
{
    char name[K3THREAD_NAME_MAX + 1] = "";

    CHECK(k3t_record_size(NULL) >= sizeof(struct k3thread) + sizeof("Thread-18446744073709551615"));
    for (size_t length = 1; length < sizeof(name); length++) {
        memset(name, 'x', length);
        CHECK(k3t_record_size(name) > sizeof(struct k3thread) + length);
    }
}

static const unsigned char *table; /* of the function whose frame is passed */
static _Unwind_Ptr          counter;
static int                  counters_set;

void       *__wrap__Unwind_GetLanguageSpecificData(struct _Unwind_Context *context);
_Unwind_Ptr __wrap__Unwind_GetRegionStart(struct _Unwind_Context *context);
void        __wrap__Unwind_SetIP(struct _Unwind_Context *context, _Unwind_Ptr value);

void *__wrap__Unwind_GetLanguageSpecificData(struct _Unwind_Context *context)
{
    (void) context;
    return (void *) (uintptr_t) table;
}

_Unwind_Ptr __wrap__Unwind_GetRegionStart(struct _Unwind_Context *context)
{
    (void) context;
    return 0x10000;
}

void __wrap__Unwind_SetIP(struct _Unwind_Context *context, _Unwind_Ptr value)
{
    (void) context;
    counter = value;
    counters_set++;
}

/* Checks that TABLE's first call without a landing pad begins at START; 0: there is none. */
static void check_call(const unsigned char *bytes, _Unwind_Ptr start)
{
    table = bytes;
    counter = 0;
    counters_set = 0;
    k3t_safepoint_frame_pass(NULL);
    CHECK_EQUAL(counters_set, start != 0);
    CHECK_EQUAL(counter, start != 0 ? 0x10000 + start + 1 : 0);
}

/* Each call has its start, its length, its landing pad and its action; the rest lies behind the table. */
static void calls_without_landing_pads_are_found(void)
{
    static const unsigned char leb128[] = {0xFF, 0xFF, 1, 12, 5, 1, 0x80, 1, 0, 0xA1,
                                           0x82, 3,    1, 0,  0, 9, 1,    0, 0};
    static const unsigned char two[] = {0xFF, 0xFF, 2,    14,   5, 0, 1, 0, 7,
                                        0,    1,    0x34, 0x12, 1, 0, 0, 0, 0};
    static const unsigned char four[] = {0xFF, 0x9B, 0x81, 1, 3, 26, 5, 0, 0,    0,    1,
                                         0,    0,    0,    0, 1, 0,  0, 1, 0x78, 0x56, 0x34,
                                         0x12, 1,    0,    0, 0, 0,  0, 0, 0,    0};
    static const unsigned char eight[] = {0xFF, 0xFF, 4, 25, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0,
                                          0,    0,    0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const unsigned char none[] = {0xFF, 0xFF, 1, 4, 5, 1, 2, 0, 6, 1, 0, 0};
    static const unsigned char based[] = {0x1B, 0xFF, 1, 4, 5, 1, 0, 0};

    check_call(leb128, 0xC121);
    check_call(two, 0x1234);
    check_call(four, 0x12345678);
    check_call(eight, 0x0807060504030201);
    check_call(none, 0);
    check_call(based, 0);
    check_call(NULL, 0);
}

static void stacks_are_as_large_as_asked_for(void)
{
    size_t before = 0;

    for (size_t size = 0; size < 100000; size += 1000) {
        size_t given = k3t_stack_size(size);

        CHECK(given >= size + (size_t) PTHREAD_STACK_MIN && given >= before);
        CHECK_EQUAL(given % (size_t) sysconf(_SC_PAGESIZE), 0);
        CHECK(k3t_stack_size(SIZE_MAX - size) >= SIZE_MAX - size);
        before = given;
    }
}

TEST_MAIN({"time", time_is_reckoned}, {"messages", messages_are_read}, {"names", names_are_escaped},
          {"texts", texts_are_cut}, {"published", types_are_published},
          {"records", records_have_room_for_names}, {"calls", calls_without_landing_pads_are_found},
          {"stacks", stacks_are_as_large_as_asked_for})
