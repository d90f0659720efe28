/* Tests attached processes as the server knows them: their attachments, and their news. */
#include "tests/parts/server/inside.h"

static void check_detached(size_t number)
{
    CHECK(threads[number].attachment == NULL && holders[number] == NULL);
    CHECK_EQUAL(atomic_load(&threads[number].assignment.attached), 0);
}

/* Checks that the process PID at FD is refused with ERROR. */
static void check_refused(int fd, pid_t pid, int error)
{
    struct client_process process = {.fd = fd, .pid = pid};
    int                   got = 0;

    CHECK(attachment_open(&threads[0], &connection, &holders[0], &process, &got) == NULL);
    CHECK_EQUAL(got, error);
    CHECK(fcntl(fd, F_GETFD) < 0); /* it is closed */
}

static const uint64_t one = 1;

/* --- attachments --- */

static void one_process_is_attached(void)
{
    int end, file;

    add_threads();
    attachment_close(NULL);
    CHECK(attachment_read_last(NULL));
    end = attach(0, 70);
    CHECK_CALLS("open:70 attached:1");
    check_refused(eventfd(0, EFD_CLOEXEC), 71, -EBUSY);
    CHECK_CALLS("");
    end = attach(0, 70); /* again: after an exec, or when it has attached itself anew */
    CHECK_CALLS("detached:1 close:70 open:70 attached:1");
    CHECK_EQUAL(write(end, &one, sizeof(one)), sizeof(one));
    end = attach(0, 71); /* the process before has ended */
    CHECK_CALLS("detached:1 close:70 open:71 attached:1");
    attachment_close(holders[0]);
    CHECK(fcntl(end, F_GETFD) < 0);
    CHECK_CALLS("detached:1 close:71");
    check_detached(0);
    errands_error = -ENOMEM;
    check_refused(eventfd(0, EFD_CLOEXEC), 72, -ENOMEM);
    CHECK_CALLS("open:72");
    check_detached(0);
    errands_error = 0;
    file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    file = file >= 0 ? file : open("/dev/null", O_RDONLY | O_CLOEXEC);
    check_refused(file, 73, -EPERM); /* nothing to watch */
    CHECK_CALLS("open:73 close:73");
    check_detached(0);
}

static void a_connection_has_one_attachment(void)
{
    struct client_process process = {.fd = eventfd(0, EFD_CLOEXEC), .pid = 80};
    int                   error = 0;

    add_threads();
    (void) attach(0, 80);
    CHECK(attachment_open(&threads[1], &connection, &holders[0], &process, &error) == holders[0]);
    CHECK_CALLS("open:80 attached:1 detached:1 close:80 open:80 attached:2");
    CHECK(threads[0].attachment == NULL && threads[1].attachment == holders[0]);
    process.fd = eventfd(0, EFD_CLOEXEC);
    CHECK(attachment_open(&threads[1], &connection, &holders[2], &process, &error) == holders[2]);
    CHECK_CALLS("detached:2 close:80 open:80 attached:2"); /* over another connection */
    CHECK(holders[0] == NULL && threads[1].attachment == holders[2]);
}

static void the_last_messages_of_a_process_are_read(void)
{
    int end;

    add_threads();
    end = attach(0, 70);
    CHECK(attachment_read_last(holders[0]));
    CHECK_CALLS("open:70 attached:1 read");
    turn();
    CHECK_CALLS("");
    CHECK_EQUAL(write(end, &one, sizeof(one)), sizeof(one));
    turn();
    CHECK_CALLS("read detached:1 close:70");
    check_detached(0);
    end = attach(0, 70);
    ends_by_message = true;
    CHECK_EQUAL(write(end, &one, sizeof(one)), sizeof(one));
    turn();
    CHECK_CALLS("open:70 attached:1 read detached:1 close:70");
    check_detached(0);
}

static void exceptions_go_to_the_process(void)
{
    json_t *reply = json_integer(7);

    add_threads();
    (void) attach(0, 70);
    text_release(&calls);
    attachment_raise(holders[0], "worker", "ValueError", "bad", NULL, &calls);
    attachment_take_reply(holders[0], reply);
    CHECK_CALLS("add:70:worker:ValueError:bad reply:70:7");
    json_decref(reply);
    CHECK(!attachment_is_ending(holders[0]));
    attachment_begin_end(holders[0]);
    CHECK(attachment_is_ending(holders[0]));
}

static void end_follower(struct attachment_follower *follower, struct record *record)
{
    CHECK(follower->end == end_follower);
    note("follower:%d", (int) record->id);
}

static void raise_far(struct attachment_far *far, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context)
{
    CHECK(far != NULL && done == NULL && context == &calls);
    note("far:%s:%s:%s", inner, exception, message);
}

static bool awaits;

static bool awaits_far(const struct attachment_far *far)
{
    CHECK(far != NULL);
    return awaits;
}

static void close_far(struct attachment_far *far)
{
    CHECK(far != NULL);
    note("close-far");
}

static void a_process_of_another_machine_has_a_way_of_its_own(void)
{
    struct attachment_far      far = {.raise = raise_far, .awaits = awaits_far, .close = close_far};
    struct attachment_follower follower = {.end = end_follower};

    add_threads();
    CHECK(attachment_open_far(&threads[0], 90, &far, &holders[0]) == holders[0]);
    CHECK(holders[0] != NULL && threads[0].attachment == holders[0]);
    CHECK_EQUAL(atomic_load(&threads[0].assignment.attached), 90);
    attachment_raise(holders[0], "worker", "ValueError", "bad", NULL, &calls);
    CHECK(attachment_read_last(holders[0]));
    awaits = true;
    CHECK(!attachment_read_last(holders[0]));
    CHECK_CALLS("attached:1 far:worker:ValueError:bad");
    CHECK(dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO) == STDIN_FILENO);
    check_refused(eventfd(0, EFD_CLOEXEC), 71, -EBUSY);
    attachment_close(holders[0]);
    check_detached(0);
    CHECK_CALLS("detached:1 close-far");
    (void) attach(0, 70);
    CHECK(attachment_follower(holders[0]) == NULL);
    attachment_set_follower(holders[0], &follower);
    CHECK(attachment_follower(holders[0]) == &follower);
    attachment_close(holders[0]);
    CHECK_CALLS("open:70 attached:1 detached:1 close:70 follower:1");
}

/* --- news --- */

/* Gives the news TEXT to thread 1, and checks that they are refused with WHY; NULL: they are taken. */
static void check_news(const char *text, const char *why)
{
    json_t           *object = json(text);
    const char       *got = NULL;
    const struct news news = {
        .started = json_object_get(object, "started"),
        .ended = json_object_get(object, "ended"),
        .published = json_object_get(object, "published"),
        .exception = json_string_value(json_object_get(object, "exception")),
        .message = json_object_get(object, "message"),
    };
    bool taken = news_take(holders[0], &news, &got);

    if (taken != (why == NULL) || (why != NULL && strcmp(got, why) != 0))
        fprintf(stderr, "%s: %s\n", text, got != NULL ? got : "taken");
    CHECK_EQUAL(taken, why == NULL);
    CHECK(why == NULL || strcmp(got, why) == 0);
    json_decref(object);
}

static void news_of_threads_are_taken(void)
{
    const struct inner_list *list;

    add_threads();
    (void) attach(0, 70);
    text_release(&calls);
    list = attachment_threads(holders[0]);
    check_news("{}", NULL);
    check_news("{'started':[{'id':3,'name':'c','tid':33,'daemon':true,'state':'delayed'},{'id':1,'"
               "name':'a'}]}",
               NULL);
    CHECK_CALLS("started:1/3=c started:1/1=a");
    CHECK_EQUAL(list->count, 2);
    CHECK(list->threads[0]->id == 1 && !list->threads[0]->daemon && !list->threads[0]->delayed);
    CHECK(list->threads[1]->id == 3 && list->threads[1]->daemon && list->threads[1]->delayed);
    CHECK_EQUAL(list->threads[1]->tid, 33);
    check_news("{'started':[{'id':3,'name':'c2','state':'running'}],'ended':[1,9]}", NULL);
    CHECK_CALLS("ended:1/1=a");
    CHECK_EQUAL(list->count, 1);
    CHECK_TEXT(list->threads[0]->name, "c2");
    CHECK(!list->threads[0]->delayed);
    check_news("{'started':7,'ended':[3]}", "\"started\" must be a list of threads");
    check_news("{'started':[{'id':4,'name':'d'},7,{'id':5,'name':'e'}]}",
               "a thread that has started needs an \"id\", a positive number");
    check_news("{'started':[{'id':0,'name':'e'}]}",
               "a thread that has started needs an \"id\", a positive number");
    check_news("{'started':[{'id':6}]}",
               "a thread that has started needs a \"name\", escaped for a shell");
    check_news("{'started':[{'id':6,'name':'a/b'}]}",
               "a thread that has started needs a \"name\", escaped for a shell");
    check_news("{'ended':{}}", "\"ended\" must be a list of ids");
    check_news("{'ended':['3',3]}", "\"ended\" must be a list of ids");
    CHECK_CALLS("started:1/4=d");
    CHECK_EQUAL(list->count, 2);
}

#define UNPUBLISHED "a published exception needs a \"name\" and a known \"base\""

static void published_exceptions_are_known_to_their_process(void)
{
    char text[64];

    add_threads();
    (void) attach(0, 70);
    text_release(&calls);
    CHECK(attachment_type_at(holders[0], 0) == NULL && attachment_type_at(NULL, 0) == NULL);
    CHECK(attachment_find_type(NULL, "app.Error") == NULL);
    check_news("{'published':[{'name':'app.Error','base':'ValueError'},{'name':'app.Sub','base':'"
               "app.Error'}]}",
               NULL);
    CHECK_TEXT(attachment_type_at(holders[0], 0)->name, "app.Error");
    CHECK(attachment_type_at(holders[0], 0)->base == &k3thread_ValueError);
    CHECK(attachment_type_at(holders[0], 1)->base == attachment_type_at(holders[0], 0));
    CHECK(attachment_type_at(holders[0], 2) == NULL);
    CHECK(attachment_find_type(holders[0], "app.Sub") == attachment_type_at(holders[0], 1));
    CHECK_EQUAL(threads[0].types, 2);
    check_news("{'published':1}", "\"published\" must be a list of exceptions");
    check_news("{'published':[{'base':'ValueError'}]}", UNPUBLISHED);
    check_news("{'published':[{'name':'app.Other'}]}", UNPUBLISHED);
    check_news("{'published':[{'name':'app.Other','base':'Nothing'}]}", UNPUBLISHED);
    check_news("{'published':[{'name':'app.Other','base':'SIGTERM'}]}", UNPUBLISHED);
    check_news("{'published':[{'name':'1x','base':'ValueError'}]}",
               "no exception can be published under this name");
    check_news("{'published':[{'name':'SIGTERM','base':'ValueError'}]}",
               "no exception can be published under this name");
    check_news("{'exception':'app.Sub','message':'why'}", NULL);
    check_news("{'exception':'ValueError'}", NULL);
    check_news("{'exception':'app.Unknown','message':'x'}", NULL);
    CHECK_CALLS("told:1:app.Sub<app.Error(why) told:1:ValueError<Exception(-) "
                "told:1:app.Unknown<Exception(x)");
    check_news("{'exception':'ValueError','message':7}", "\"message\" must be a string");
    check_news("{'exception':'1x'}", "no exception has this name");
    CHECK_CALLS("");
    for (int i = 3; i < 256; i++) {
        (void) snprintf(text, sizeof(text),
                        "{'published':[{'name':'app.E%d','base':'ValueError'}]}", i);
        check_news(text, NULL);
    }
    check_news("{'published':[{'name':'ValueError','base':'Exception'}]}", NULL);
    check_news("{'published':[{'name':'TypeError','base':'Exception'}]}",
               "too many exceptions are published");
    check_news("{'published':[{'name':'app.Last','base':'ValueError'}]}",
               "no exception can be published under this name"); /* nor learned */
}

TEST_MAIN({"one", one_process_is_attached}, {"connection", a_connection_has_one_attachment},
          {"last", the_last_messages_of_a_process_are_read},
          {"raise", exceptions_go_to_the_process},
          {"far", a_process_of_another_machine_has_a_way_of_its_own},
          {"threads", news_of_threads_are_taken},
          {"published", published_exceptions_are_known_to_their_process})
