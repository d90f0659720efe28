/*
 * Tests alone which command gets the tokens of a jobserver, and when. The test sets the clock and the number of slots,
 * and takes and returns tokens as the commands do. See tests/script/jobserver.bats for real commands.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/loop_inotify.h"
#include "cli/place/journal.h"
#include "cli/server/jobserver.h"
#include "cli/server/slots.h"
#include "cli/worker/job_tokens.h"

#include <malloc.h>
#include <math.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#define COMMANDS 3

/* One command: its tokens, and its end of the pipe by which it returns them. */
static struct command {
    struct job_tokens tokens;
    struct source    *source; /* what the loop watches; NULL: nothing */
    int               giving;
    bool              is_news, has_ended, is_freed;
} commands[COMMANDS];

static double               now = 1000;
static unsigned             number, taken; /* of the slots */
static int                  opening;       /* the result of loop_inotify_open() */
static int                  adding;        /* the result of loop_add() */
static struct loop_inotify *watched;
static char                 journal[200];
static bool                 is_enabled;

/* The functions that the jobserver calls. */

double clock_monotonic(void)
{
    return now;
}

unsigned slots_number(void)
{
    return number;
}

unsigned slots_taken(void)
{
    return taken;
}

int loop_inotify_open(struct loop_inotify *inotify, uint32_t mask, void (*changed)(int watch),
                      void (*lost)(void))
{
    if (opening != 0)
        return opening;
    *inotify =
        (struct loop_inotify){.source.fd = 77, .mask = mask, .changed = changed, .lost = lost};
    watched = inotify;
    return 0;
}

void loop_inotify_close(struct loop_inotify *inotify)
{
    inotify->source.fd = -1;
}

static struct command *command_of(const struct source *source)
{
    for (int i = 0; i < COMMANDS; i++)
        if (commands[i].tokens.returns == source->fd)
            return &commands[i];
    abort();
}

int loop_add(struct source *source, uint32_t events)
{
    (void) events;
    if (adding == 0)
        command_of(source)->source = source;
    return adding;
}

void loop_remove(struct source *source)
{
    CHECK(command_of(source)->source == source);
    command_of(source)->source = NULL;
}

void journal_write(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(journal, sizeof(journal), format, arguments);
    va_end(arguments);
}

void job_tokens_enable(int inotify)
{
    CHECK_EQUAL(inotify, 77);
    is_enabled = true;
}

struct job_tokens *job_tokens_next(bool *ret_ended)
{
    for (int i = 0; i < COMMANDS; i++)
        if (commands[i].is_news) {
            commands[i].is_news = false;
            *ret_ended = commands[i].has_ended;
            return &commands[i].tokens;
        }
    return NULL;
}

void job_tokens_free(struct job_tokens *tokens)
{
    for (int i = 0; i < COMMANDS; i++)
        commands[i].is_freed |= tokens == &commands[i].tokens;
}

/* The steps of the cases. */

static void tell(int i, bool has_ended)
{
    commands[i].is_news = true;
    commands[i].has_ended = has_ended;
    jobserver_take_runs();
}

/* Begins the command I, which has a slot. The watches of the first two are in one bucket. */
static void begin(int i)
{
    static const int watches[COMMANDS] = {1, 65, 2};
    char             path[40];
    int              ends[2], pipe_ends[2];

    CHECK(pipe(ends) == 0 && pipe2(pipe_ends, O_NONBLOCK) == 0);
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
    commands[i].tokens = (struct job_tokens){.thread = (uint64_t) i + 1,
                                             .fifo = open(path, O_RDWR | O_NONBLOCK),
                                             .returns = pipe_ends[0],
                                             .watch = watches[i]};
    commands[i].giving = pipe_ends[1];
    CHECK(commands[i].tokens.fifo >= 0);
    taken++;
    tell(i, false);
}

static void end(int i)
{
    taken--;
    tell(i, true);
    CHECK(commands[i].is_freed && commands[i].source == NULL);
    close(commands[i].tokens.fifo);
    commands[i].tokens.fifo = 0;
}

/* Returns how many tokens the command I can take. */
static int offered(int i)
{
    int bytes;

    CHECK(ioctl(commands[i].tokens.fifo, FIONREAD, &bytes) == 0);
    return bytes;
}

/* The command takes its token, which nobody has noticed yet. */
static void take_unnoticed(int i)
{
    char token;

    CHECK_EQUAL(read(commands[i].tokens.fifo, &token, 1), 1);
    CHECK_EQUAL(token, '+');
}

static void take(int i)
{
    take_unnoticed(i);
    watched->changed(commands[i].tokens.watch);
}

static void give(int i, size_t size)
{
    CHECK_EQUAL(write(commands[i].giving, "+++++++++", size), (ssize_t) size);
    commands[i].source->ready(commands[i].source, 0);
}

/* Checks that jobserver_advance() is due again after SECONDS; negative: it is not. */
static void advances(double seconds)
{
    double due = jobserver_advance();

    if (fabs(due - seconds) < 1e-6)
        return;
    fprintf(stderr, "due after %g, not %g\n", due, seconds);
    test_fail(__FILE__, __LINE__, "it is due at another time");
}

static void check_offers(int first, int second, int third)
{
    const int wanted[COMMANDS] = {first, second, third};

    for (int i = 0; i < COMMANDS; i++)
        if (commands[i].tokens.fifo > 0)
            CHECK_EQUAL(offered(i), wanted[i]);
}

static void open_jobserver(unsigned slots)
{
    struct text why = {0};

#ifdef M_PERTURB
    mallopt(M_PERTURB, 90); /* the use of freed memory shows */
#endif
    number = slots;
    CHECK(jobserver_make_room()); /* without a jobserver there is always room */
    CHECK(!jobserver_is_open());
    CHECK_EQUAL(jobserver_open(&why), 0);
    CHECK(jobserver_is_open() && is_enabled && why.size == 0);
    advances(-1);
}

/* Each command is offered one token, then those that take theirs get the rest. */
static void offers_free_tokens(void)
{
    open_jobserver(5);
    begin(0);
    begin(1);
    advances(-1);
    check_offers(1, 1, 0);
    take(1);
    advances(-1);
    check_offers(1, 1, 0);
    take(0); /* no token is free: out are one of each and the offer to the other */
    advances(0.01);
    check_offers(0, 1, 0);
    end(1); /* with what it had taken and was offered */
    advances(-1);
    check_offers(1, 0, 0);
    take(0);
    advances(-1);
    take(0);
    advances(-1);
    check_offers(1, 0, 0);
    take(0);
    advances(-1); /* all five slots are used: by the command and its four tokens */
    check_offers(0, 0, 0);
    CHECK(!jobserver_make_room());
}

/* An offer that is ignored goes to the other command, and comes back after a pause, which grows. */
static void withdraws_ignored_offers(void)
{
    open_jobserver(3);
    begin(0);
    begin(1);
    advances(0.01); /* one token is free, and the first has it */
    check_offers(1, 0, 0);
    now += 0.009;
    advances(0.001);
    check_offers(1, 0, 0);
    now += 0.001;
    advances(0.05);
    check_offers(0, 1, 0);
    take(1);
    advances(-1); /* none is left */
    now += 100;
    give(1, 1);
    advances(0.01); /* the first has waited for longer */
    check_offers(1, 0, 0);
    now += 0.01;
    advances(0.25 * 100.02); /* it has moved no token since its beginning */
    check_offers(0, 1, 0);
    now += 1;
    advances(0.25 * 100.02 - 1);
    now += 0.25 * 100.02 - 1;
    advances(0.25 * (0.25 * 100.02 + 0.01)); /* it is the other command's turn to pause */
    check_offers(1, 0, 0);
    now += 1000;
    advances(60); /* no pause is longer */
    check_offers(0, 1, 0);
}

/* A command that takes or returns a token is offered the next one without a pause, also if it has ignored an offer. */
static void trusts_again(void)
{
    open_jobserver(4);
    for (int i = 0; i < COMMANDS; i++)
        begin(i);
    advances(0.01);
    now += 0.01;
    advances(0.01); /* the first pauses, the second has the token, and the third waits */
    check_offers(0, 1, 0);
    end(1);
    number--;
    advances(0.05);
    check_offers(0, 0, 1);
    now += 0.04;
    advances(0.01); /* the rest of the pause */
    check_offers(0, 0, 1);
    now += 0.011;
    advances(0.05);
    check_offers(1, 0, 0);
    take(0);
    number++;
    advances(0.05);
    check_offers(1, 0, 0); /* at once */
    now += 100;
    advances(0.25 * 100); /* since it took a token */
    check_offers(0, 0, 1);
    now += 1;
    give(0, 1);
    advances(-1);
    check_offers(1, 0, 1); /* at once */
}

/* An offer that no other command waits for stays away as long as the pause lasts. */
static void waits_for_the_pause(void)
{
    open_jobserver(3);
    begin(0);
    begin(1);
    advances(0.01);
    now += 0.01;
    advances(0.05);
    check_offers(0, 1, 0);
    end(1);
    number--; /* one token is free, and none is offered */
    advances(0.05);
    check_offers(0, 0, 0);
    now += 0.051;
    advances(-1);
    check_offers(1, 0, 0);
}

/* A token that was taken a moment before its offer is withdrawn is not given twice. */
static void gives_no_token_twice(void)
{
    open_jobserver(3);
    begin(0);
    begin(1);
    advances(0.01);
    take_unnoticed(0);
    now += 0.011;
    advances(-1);
    check_offers(0, 0, 0);
    give(0, 1);
    CHECK_TEXT(journal, "");
    advances(0.01);
    check_offers(0, 1, 0);
    take_unnoticed(1);
    CHECK(!jobserver_make_room());
}

/* The command that has fewest tokens comes first, then the command that has waited for longest. */
static void shares_fairly(void)
{
    open_jobserver(6);
    for (int i = 0; i < COMMANDS; i++)
        begin(i);
    advances(-1);
    check_offers(1, 1, 1);
    take(0);
    now += 1;
    take(2);
    now += 1;
    take(1);
    advances(-1); /* each has one, and none is free */
    check_offers(0, 0, 0);
    number++;
    advances(0.01);
    check_offers(1, 0, 0); /* it waits for longest */
    take(0);
    give(0, 1); /* now it waits behind the others */
    advances(0.01);
    check_offers(0, 0, 1);
    take(2);
    give(1, 1);
    advances(0.01);
    check_offers(0, 1, 0); /* it has fewest */
}

/* A command that returns a token waits behind those with as few tokens. */
static void goes_behind_the_others(void)
{
    open_jobserver(5);
    begin(0);
    begin(1);
    advances(-1);
    take(0);
    advances(-1);
    take(0);
    now += 1;
    take(1);
    advances(-1);
    now += 1;
    give(0, 1);
    advances(0.01);
    check_offers(0, 1, 0);
}

/* Returned tokens are used again; more than were taken end the exchange. */
static void takes_tokens_back(void)
{
    open_jobserver(3);
    begin(0);
    advances(-1);
    take(0);
    advances(-1);
    take(0);
    advances(-1);
    check_offers(0, 0, 0);
    give(0, 2);
    CHECK_TEXT(journal, "");
    advances(-1);
    check_offers(1, 0, 0);
    take_unnoticed(0);
    give(0, 1);
    CHECK_TEXT(journal, "");
    advances(-1);
    check_offers(1, 0, 0);
    begin(1); /* there is a token for each */
    number++;
    advances(-1);
    check_offers(1, 1, 0);
    give(0, 1);
    CHECK_TEXT(journal,
               "thread 1 returned tokens to the jobserver that it had not taken: it gets no more");
    CHECK(commands[0].source == NULL);
    advances(-1);
    check_offers(0, 1, 0);
    take(1);
    advances(-1);
    take(1);
    advances(-1);
    check_offers(0, 0, 0); /* of four slots, two are commands */
    end(0);
    advances(-1);
    check_offers(0, 1, 0);
}

/* A command that closes its end keeps what it has taken until its run is over, and is offered nothing. */
static void ends_with_the_pipe(void)
{
    open_jobserver(4);
    begin(0);
    advances(-1);
    take(0);
    advances(-1);
    take_unnoticed(0);
    close(commands[0].giving);
    commands[0].source->ready(commands[0].source, 0);
    CHECK(commands[0].source == NULL);
    advances(-1);
    check_offers(0, 0, 0);
    begin(1);
    CHECK(!jobserver_make_room());
    number = 5;
    CHECK(jobserver_make_room());
    advances(-1);
    check_offers(0, 1, 0);
    end(0);
    CHECK(jobserver_make_room());
    close(commands[1].giving);
    commands[1].source->ready(commands[1].source, 0);
    check_offers(0, 0, 0); /* the offer is withdrawn, too */
    number = 2;
    CHECK(jobserver_make_room());
    number = 1;
    CHECK(!jobserver_make_room());
}

/* A command that is to begin, and fewer slots, come before offers, but not before jobs. */
static void makes_room(void)
{
    open_jobserver(4);
    begin(0);
    begin(1);
    advances(-1);
    check_offers(1, 1, 0);
    now += 1;
    take(0);
    CHECK(jobserver_make_room());
    check_offers(0, 0, 0);
    begin(2);
    CHECK(!jobserver_make_room());
    end(2);
    now += 1;
    advances(0.01); /* the second gets it back: the first has one */
    check_offers(0, 1, 0);
    number = 3;
    advances(-1);
    check_offers(0, 0, 0);
    number = 1; /* less than is used: nothing more is offered */
    advances(-1);
    CHECK(!jobserver_make_room());
}

/* When inotify says that events were lost, the changes that it did not tell are found out. */
static void looks_at_all(void)
{
    open_jobserver(9);
    begin(0);
    begin(1);
    advances(-1);
    take_unnoticed(0);
    take_unnoticed(1);
    advances(-1);
    check_offers(0, 0, 0); /* nobody knows */
    watched->changed(1);
    advances(-1);
    check_offers(1, 0, 0); /* the watch of the other is another one in the same bucket */
    take_unnoticed(0);
    watched->lost();
    advances(-1);
    check_offers(1, 1, 0);
}

/* A command whose fifo is full, or whose pipe cannot be watched, is offered nothing. */
static void leaves_out_the_hopeless(void)
{
    static const char full[4096];

    open_jobserver(9);
    adding = -ENOMEM;
    begin(0);
    adding = 0;
    begin(1);
    while (write(commands[1].tokens.fifo, full, sizeof(full)) > 0)
        continue;
    advances(-1);
    CHECK_EQUAL(offered(0), 0);
    CHECK(commands[0].source == NULL && commands[1].source == NULL);
    end(0);
    end(1);
    advances(-1);
}

static void explains_why_there_is_none(void)
{
    struct text why = {0};

    opening = -EMFILE;
    CHECK_EQUAL(jobserver_open(&why), -EMFILE);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, "cannot open a jobserver: the user has as many inotify instances as "
                         "/proc/sys/fs/inotify/max_user_instances allows");
    why.size = 0;
    opening = -ENOSYS;
    CHECK_EQUAL(jobserver_open(&why), -ENOSYS);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, "cannot open a jobserver: Function not implemented");
    text_release(&why);
    opening = 0;
    open_jobserver(1);
    jobserver_close();
    CHECK(!jobserver_is_open());
}

TEST_MAIN({"free", offers_free_tokens}, {"ignored", withdraws_ignored_offers},
          {"fair", shares_fairly}, {"again", trusts_again}, {"pause", waits_for_the_pause},
          {"twice", gives_no_token_twice}, {"behind", goes_behind_the_others},
          {"returned", takes_tokens_back}, {"closed", ends_with_the_pipe}, {"room", makes_room},
          {"lost", looks_at_all}, {"hopeless", leaves_out_the_hopeless},
          {"none", explains_why_there_is_none})
