/* Tests k3thread_throw(): the types that it takes, and the messages that arrive in a handler. */
#include "test.h"

#include "k3thread.h"

#include <wchar.h>

K3THREAD_DEFINE_EXCEPTION(Special, k3thread_RuntimeError);

static void throw_null(void)
{
    k3thread_throw(NULL, "ignored %d", 1);
}

static void throw_foreign(void)
{
    static const k3thread_exctype foreign = {"Foreign", NULL};

    k3thread_throw(&foreign, NULL);
}

static void not_an_exception(void)
{
    CHECK(test_catch(throw_null) == &k3thread_TypeError);
    K3THREAD_TRY {
        throw_foreign();
    }
    K3THREAD_EXCEPT(k3thread_TypeError, e) {
        CHECK_TEXT(e->message, "exceptions must derive from BaseException");
        return;
    }
    K3THREAD_END
    CHECK(false);
}

/* Throws an exception with MESSAGE, and returns the message that the handler gets. */
static const char *through(const char *message)
{
    static char got[K3THREAD_MESSAGE_MAX];

    K3THREAD_TRY {
        k3thread_throw(&Special, "%s", message);
    }
    K3THREAD_EXCEPT(Special, e) {
        memcpy(got, e->message, sizeof(got));
    }
    K3THREAD_END
    return got;
}

static void messages(void)
{
    static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x9c\x82", "\xf0\x9f\x98\x80"};
    char                     text[2 * K3THREAD_MESSAGE_MAX];
    size_t                   whole;

    CHECK_TEXT(through(""), "");
    CHECK_TEXT(through("short"), "short");
    for (size_t i = 0; i < 4; i++) {
        size_t size = strlen(characters[i]);

        for (size_t before = 0; before < 4; before++) {
            memset(text, 'x', before);
            text[before] = '\0';
            while (strlen(text) + size < sizeof(text))
                strcat(text, characters[i]);
            whole = before + (K3THREAD_MESSAGE_MAX - 1 - before) / size * size;
            CHECK(strncmp(through(text), text, whole) == 0);
            CHECK_EQUAL(strlen(through(text)), whole);
        }
    }
    for (size_t size = K3THREAD_MESSAGE_MAX - 1; size <= K3THREAD_MESSAGE_MAX; size++) {
        memset(text, 'x', size);
        strcpy(text + size - 2,
               "\xc3\xa9"); /* the longest message, and one that is a byte longer */
        whole = size == K3THREAD_MESSAGE_MAX ? size - 2 : size;
        CHECK(strncmp(through(text), text, whole) == 0);
        CHECK_EQUAL(strlen(through(text)), whole);
    }
}

/* A message that cannot be printed is empty, not half of it. */
static void no_message(void)
{
    static const wchar_t none[] = {0x7fffffff, 0}; /* no character */

    K3THREAD_TRY {
        k3thread_throw(&Special, "half %ls", none);
    }
    K3THREAD_EXCEPT(Special, e) {
        CHECK_TEXT(e->message, "");
        return;
    }
    K3THREAD_END
    CHECK(false);
}

TEST_MAIN({"not-an-exception", not_an_exception}, {"messages", messages},
          {"no-message", no_message})
