/* Tests how the loop of top (cli/top/top.c) ends: by the user, by a failure, or at once where top is not possible. */
#include "tests/parts/top/looped.h"

static void lose_terminal(void)
{
    is_gone = true;
}

static void press_q(void)
{
    keys = "aqb";
}

/* News that come together with the end are left alone. */
static void the_end_comes_first(void)
{
    static const struct step by_signal[] = {{START "SKWL 4000", 1, "SKW", press_keys},
                                            {NULL, 0, NULL, NULL}};
    static const struct step by_key[] = {{START "SKWL 4000", 1, "KW", press_q},
                                         {NULL, 0, NULL, NULL}};
    static const struct step by_hangup[] = {{START "SKWL 4000", 1, "!W", NULL},
                                            {NULL, 0, NULL, NULL}};
    static const struct step by_error[] = {{START "SKWL 4000", 1, "?W", NULL},
                                           {NULL, 0, NULL, NULL}};
    static const struct step by_absence[] = {{START "SKWL 4000", 1, "-W", NULL},
                                             {NULL, 0, NULL, NULL}};
    static const struct step by_output[] = {{START "SKWL 4000", 1, NULL, lose_terminal},
                                            {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    CHECK_EQUAL(run(by_signal, "signal " END).signal, SIGTERM);
    CHECK_EQUAL(run(by_key, "arrange a arrange q " END).signal, 0);
    CHECK(!run(by_hangup, END).client_failed);
    CHECK(!run(by_error, END).client_failed);
    CHECK(!run(by_absence, END).client_failed);
    CHECK(!run(by_output, "send " END).client_failed);
}

static void fail_to_arrange(void)
{
    arrange_error = -ENOMEM;
    state->must_draw = true;
    keys = "ab";
}

static void fail_at_key(void)
{
    key_error = -EREMOTEIO;
    keys = "ab";
}

static void be_interrupted(void)
{
    poll_error = EINTR;
}

static void fail_to_wait(void)
{
    poll_error = EINVAL;
}

/* Checks the end of the loop, and that nothing fails any longer. */
static void check_end(struct top_end end, bool is_without, bool client_failed, const char *why)
{
    CHECK(end.is_without == is_without && end.client_failed == client_failed && end.signal == 0);
    check_written(&end.why, why);
    begin_error = signals_error = display_error = arrange_error = updates_error = key_error = 0;
}

static void a_failure_ends_the_loop(void)
{
    static const struct step none[] = {{NULL, 0, NULL, NULL}};
    static const struct step message[] = {{START "SKWL 4000", 1, "W", NULL}, {NULL, 0, NULL, NULL}};
    static const struct step elsewhere[] = {{START "SKWL 4000", 1, "W", go_elsewhere},
                                            {NULL, 0, NULL, NULL}};
    static const struct step key[] = {{START "SKWL 4000", 1, "KW", fail_at_key},
                                      {NULL, 0, NULL, NULL}};
    static const struct step arranged[] = {{START "SKWL 4000", 1, "KW", fail_to_arrange},
                                           {NULL, 0, NULL, NULL}};
    static const struct step drawn[] = {{START "SKWL 4000", 1, NULL, fail_to_arrange},
                                        {NULL, 0, NULL, NULL}};
    static const struct step waits[] = {{START "SKWL 4000", 1, "SKW", be_interrupted},
                                        {"send SKWL 3000", 0, "SKW", fail_to_wait},
                                        {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    updates_error = -ECONNRESET;
    check_end(run(message, "updates " END), true, false, "");
    updates_error = -ENOENT;
    check_end(run(message, "updates " END), true, false, "");
    updates_error = -ECONNRESET;
    check_end(run(elsewhere, "updates " END), false, true, "");
    updates_error = -EPROTO;
    check_end(run(message, "updates " END), false, true, "");
    updates_error = -ENOMEM;
    check_end(run(message, "updates " END), false, false, "out of memory");
    check_end(run(key, "arrange a " END), false, true, "");
    check_end(run(arranged, "arrange " END), false, false, "out of memory");
    check_end(run(drawn, "arrange send " END), false, false, "out of memory");
    check_end(run(waits, END), false, true, "");
    begin_error = -EPROTO;
    check_end(run(none, "begin end log-close logs-close"), false, true, "");
    signals_error = -EMFILE;
    check_end(run(none, "begin signals end log-close logs-close"), false, false,
              "cannot take signals: Too many open files");
    display_error = -ENOTTY;
    check_end(run(none, "begin signals open signals-close end log-close logs-close"), false, false,
              "no terminal");
}

static void the_display_says_what_is_possible(void)
{
    struct text why = {0};

    CHECK(!top_is_possible(&why));
    check_written(&why, "no");
}

TEST_MAIN({"ends", the_end_comes_first}, {"failures", a_failure_ends_the_loop},
          {"possible", the_display_says_what_is_possible})
