/* Tests what a run does when the supervisor has news, and when a child has ended (cli/script/front_events.h). */
#include "tests/parts/script/front_fixture.h"

#include "cli/script/front_children.h"
#include "cli/script/run_hosts.h"

/* News */

#define ENDED(rest) "{'id':1,'name':'t','runs':1,'ended':5.0," rest "}"

static void the_ends_of_threads_have_consequences(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;

    update(front, "{'id':1,'name':'t','runs':1,'state':'running'}");
    update(front, ENDED("'exit_code':0"));
    check_end(front, -1, false, false);
    update(front, "{'id':2,'name':'u','runs':1,'ended':5.0,'exit_code':4}");
    update(front, "{'id':3,'name':'v','runs':1,'ended':5.0,'exit_code':5}");
    check_end(front, 4, false, false);
    CHECK_EQUAL(front->notices.size, 0);
    check_requests(fixture->pair, "");

    fixture = begin(); /* a daemon's end is no failure of the run */
    update(front, ENDED("'daemon':true,'exit_code':0"));
    CHECK_EQUAL(front->notices.size, 0);
    update(front, "{'id':3,'name':'v','runs':1,'ended':5.0,'daemon':true,'exit_code':1}");
    check_written(&front->notices, "k3thread: run: the daemon 'v' failed (exit 1)\n");
    fixture->options.any = true; /* daemons do not count */
    update(front, "{'id':2,'name':'u','runs':1,'ended':5.0,'daemon':true,'exit_code':4}");
    update(front, "{'id':2,'name':'u','runs':1,'ended':5.0,'daemon':true,'exit_code':4}");
    check_written(&front->notices, "k3thread: run: the daemon 'u' failed (exit 4)\n");
    check_end(front, -1, false, false);

    fixture = begin(); /* while all is ended, a single end means nothing */
    fixture->options.any = fixture->options.fail_fast = front->stopping = true;
    update(front, ENDED("'exit_code':4"));
    update(front, "{'id':2,'name':'u','runs':1,'ended':5.0,'daemon':true,'exit_code':4}");
    check_end(front, -1, false, true);
    CHECK_EQUAL(front->notices.size, 0);
}

static void an_end_can_end_all(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;

    fixture->options.any = true;
    update(front, ENDED("'exit_code':0"));
    check_written(&front->notices, "k3thread: run: 't' ended (exit 0), which ends all\n");
    check_end(front, 0, true, true);
    check_requests(fixture->pair, REQUEST(1, "shutdown", "'now':true"));

    fixture = begin();
    fixture->options.fail_fast = true;
    update(front, ENDED("'exit_code':0"));
    check_end(front, -1, false, false);
    update(front, "{'id':2,'name':'u','runs':1,'ended':5.0,'exit_code':7}");
    check_written(&front->notices, "k3thread: run: 'u' ended (exit 7), which ends all\n");
    check_end(front, 7, true, true);
}

static void notices_tell_of_ends(void)
{
    static const char left[] =
        ENDED("'daemon':true,'exit_code':0,'left':[{'pid':12,'command':['sleep']}]");
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;

    update(front, "{'id':1,'name':'t','state':'waiting','runs':0}");
    update(front,
           "{'id':1,'name':'t','runs':0,'ended':5.0,'exit_code':127,'message':'no such command'}");
    check_written(&front->notices, "k3thread: run: 't' was not run: no such command\n");
    check_end(front, 127, false, false);

    (void) begin(); /* the start itself has failed, with that message */
    update(front,
           "{'id':1,'name':'t','runs':0,'ended':5.0,'exit_code':127,'message':'no such command'}");
    CHECK_EQUAL(front->notices.size, 0);

    (void) begin();
    update(front, ENDED("'exit_code':0,'unended':99"));
    check_written(&front->notices, "k3thread: run: 't': process 99 could not be ended\n");

    (void) begin(); /* leftovers are shown in the table */
    update(front, left);
    CHECK_EQUAL(front->notices.size, 0);
    fixture = begin();
    fixture->options.leaks = LEAKS_FAIL;
    front->output.threads.leaks_fail = true;
    update(front, left); /* a daemon that left a process has not failed itself */
    check_written(&front->notices, "k3thread: run: 't' left process 12 (sleep)\n");
}

static void events_are_taken(void)
{
    struct fixture *fixture = begin();
    struct front   *front = &fixture->front;
    int             status;

    course_open(&front->course, true);
    front->not_ready.is_seen = true;
    answer(fixture->pair,
           "{'method':'event','params':{'event':'started','thread':{'id':1,'name':'t',"
           "'state':'running','runs':1,'waits_for':'line:x'}}}\n"
           "{'method':'event','params':{'event':'restarted','thread':{'id':1,'name':'t',"
           "'state':'running','runs':2,'exit_code':3}}}\n");
    front_handle_client(front);
    check_written(&front->notices, "k3thread: run: 't' ended (exit 3); its run 2 begins\n");
    CHECK_EQUAL(json_array_size(front->not_ready.ids), 1);
    CHECK(course_find(&front->course, 1) != NULL);
    CHECK_EQUAL(front->output.threads.counts[RUN_THREAD_RUNNING], 1);
    check_requests(fixture->pair, "");

    /* The front asks for all threads when it has missed events. */
    answer(fixture->pair, "{'method':'event','params':{'event':'missed','missed':3}}\n");
    front_handle_client(front);
    check_requests(fixture->pair, REQUEST(1, "list", ""));
    CHECK_EQUAL(front->list_id, 1);
    answer(fixture->pair, "{'id':2,'result':[{'id':9,'name':'w'}]}\n");
    front_handle_client(front);
    CHECK(front->list_id == 1 && run_threads_find(&front->output.threads, 9) == NULL);
    answer(fixture->pair,
           "{'id':1,'result':[{'id':1,'name':'t','runs':2,'ended':5.0,"
           "'exit_code':6},{'id':2,'name':'u','state':'running','runs':1,'started':9}]}\n");
    front_handle_client(front);
    CHECK_EQUAL(front->list_id, 0);
    check_end(front, 6, false, false);
    CHECK(run_threads_find(&front->output.threads, 2) != NULL);
    CHECK(course_find(&front->course, 2) != NULL);

    /* Other replies are those that thinning.h has asked for. */
    front->thinning.script_waits = true;
    front->thinning.queue_id = 4;
    answer(fixture->pair, "{'id':4,'result':{'queued':0}}\n");
    front_handle_client(front);
    CHECK(!front->thinning.script_waits);

    /* A thread that is not ready yet is named. */
    front->not_ready_id = 5;
    answer(fixture->pair, "{'id':5,'result':[{'id':2,'name':'u','state':'running',"
                          "'waits_for':'line:y'}]}\n");
    front_handle_client(front);
    check_written(&front->notices, "k3thread: run: 'u' is not ready yet: it waits for line:y\n");

    /* A connection that fails ends the run. */
    start_script(fixture);
    said_begin();
    answer(fixture->pair, "no reply\n");
    front_handle_client(front);
    said_check("k3thread: run: ending everything: Protocol error\n");
    check_end(front, 6, true, true);
    CHECK_EQUAL(front->lifeline, -1);
    CHECK(waitpid(front->script, &status, 0) == front->script && status == SIGKILL);
}

/* Children */

/* Reaps the supervisor of FIXTURE, a child that ended with STATUS. */
static void reap_supervisor(struct fixture *fixture, int status)
{
    fixture->front.supervisor = start_ended(status);
    close(fixture->pair->supervisor);
    front_reap(&fixture->front);
    CHECK(fixture->front.supervisor == 0 && !fixture->front.client.open);
    CHECK(fixture->front.ending);
}

#define WENT_AWAY "k3thread: run: the supervisor went away\n"
#define UNKNOWN                                                                                    \
    "k3thread: run: it is not known how all threads ended, because their events were not read in " \
    "time\n"

static void the_end_of_the_supervisor_is_judged(void)
{
    static const struct {
        int         exit;
        bool        ending, stopping;
        const char *said;
    } ends[] = {
        {0, false, false, ""},         {1, false, false, WENT_AWAY}, {-9, false, false, WENT_AWAY},
        {0, true, false, ""},          {1, true, false, ""},         {128, true, false, ""},
        {129, true, false, WENT_AWAY}, {-9, true, false, WENT_AWAY}, {129, true, true, ""},
        {-9, true, true, ""},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct fixture *fixture = begin();
        struct front   *front = &fixture->front;

        front->ending = ends[i].ending;
        front->stopping = ends[i].stopping;
        said_begin();
        reap_supervisor(fixture, ends[i].exit);
        said_check(ends[i].said);
        check_end(front, ends[i].said[0] != '\0' ? STATUS_INTERNAL : -1, true, ends[i].stopping);
    }
}

static void unknown_ends_are_reported(void)
{
    static const char *const states[] = {"'state':'waiting'", "'state':'running'",
                                         "'state':'running','daemon':true"};
    struct fixture          *fixture;
    struct front            *front;
    char                     thread[128];

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        fixture = begin();
        front = &fixture->front;
        (void) snprintf(thread, sizeof(thread), "{'id':1,'name':'t',%s}", states[i]);
        update(front, thread);
        said_begin();
        reap_supervisor(fixture, 0);
        said_check(UNKNOWN);
        check_end(front, STATUS_INTERNAL, true, false);
    }
    fixture = begin(); /* a thread, and a daemon */
    update(&fixture->front, "{'id':1,'name':'t','state':'running'}");
    update(&fixture->front, "{'id':2,'name':'d','state':'running','daemon':true}");
    said_begin();
    reap_supervisor(fixture, 0);
    said_check(UNKNOWN);

    fixture = begin(); /* the list of all threads has not come */
    front = &fixture->front;
    front->list_id = 3;
    said_begin();
    reap_supervisor(fixture, 0);
    said_check(UNKNOWN);
    check_end(front, STATUS_INTERNAL, true, false);

    fixture = begin(); /* something else has failed before */
    front_settle(front, 4);
    update(front, "{'id':1,'name':'t','state':'running'}");
    start_script(fixture);
    said_begin();
    reap_supervisor(fixture, 0);
    said_check("");
    check_end(front, 4, true, false);
    CHECK(front->script_killed); /* it would wait for ever */

    fixture = begin(); /* the end of the script was held back */
    update(front, ENDED("'exit_code':0"));
    front->script_failure = 6;
    said_begin();
    reap_supervisor(fixture, 0);
    said_check("");
    check_end(front, 6, true, false);

    fixture = begin(); /* news that came before the end count */
    answer(fixture->pair,
           "{'method':'event','params':{'event':'ended','thread':" ENDED("'exit_code':2") "}}\n");
    reap_supervisor(fixture, 0);
    check_end(front, 2, true, false);
}

static void children_are_told_apart(void)
{
    struct fixture  *fixture = begin();
    struct front    *front = &fixture->front;
    struct run_hosts hosts = {0};
    struct text      why = {0};
    pid_t            live;

    start_script(fixture); /* lives, and is not waited for */
    live = front->script;
    front->progress.rest = 5;
    front->script = start_ended(3);
    (void) start_ended(0); /* an orphan of process 1, for which nothing happens */
    front_reap(front);
    CHECK_EQUAL(front->script, 0);
    CHECK_EQUAL(WEXITSTATUS(front->script_status), 3);
    CHECK_EQUAL(front->progress.rest, 0);
    CHECK_EQUAL(front->barrier, BARRIER_ASKED);
    CHECK_EQUAL(waitpid(-1, NULL, WNOHANG), 0);
    CHECK(kill(live, SIGKILL) == 0 && waitpid(-1, NULL, 0) == live);
    CHECK_EQUAL(front->supervisor, -1);
    check_end(front, -1, false, false);
    check_requests(fixture->pair, REQUEST(1, "version", ""));

    CHECK_EQUAL(run_hosts_read(&hosts, "a", NULL, &why), 0);
    fixture->options.hosts = &hosts;
    front->carrier = start_ended(0); /* without it, the other machines are lost */
    front_reap(front);
    CHECK_EQUAL(front->carrier, 0);
    check_requests(fixture->pair, REQUEST(2, "host",
                                          "'name':'a','lost':'the process that reaches it has "
                                          "ended'"));
    run_hosts_release(&hosts);
}

static void a_start_that_fails_is_explained(void)
{
    struct front *front = &begin()->front;
    int           lifeline = front->lifeline;

    front->supervisor = 0;
    said_begin();
    CHECK_EQUAL(front_fail_to_start(front, -EMFILE), STATUS_INTERNAL);
    said_check("k3thread: run: cannot begin: Too many open files\n");
    CHECK(front->lifeline == -1 && fcntl(lifeline, F_GETFD) < 0);

    front = &begin()->front; /* the client knows more */
    front->supervisor = start_ended(0);
    text_add(&front->client.failure.message, "no place");
    said_begin();
    CHECK_EQUAL(front_fail_to_start(front, -EMFILE), STATUS_INTERNAL);
    said_check("k3thread: run: no place\n");
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);

    front = &begin()->front; /* and so does the supervisor */
    front->supervisor = start_ended(1);
    text_add(&front->client.failure.message, "no place");
    said_begin();
    CHECK_EQUAL(front_fail_to_start(front, -EMFILE), STATUS_INTERNAL);
    said_check("k3thread: run: the supervisor ended as soon as it began\n");
}

TEST_MAIN({"ends", the_ends_of_threads_have_consequences}, {"all", an_end_can_end_all},
          {"notices", notices_tell_of_ends}, {"events", events_are_taken},
          {"supervisor", the_end_of_the_supervisor_is_judged},
          {"unknown", unknown_ends_are_reported}, {"children", children_are_told_apart},
          {"start", a_start_that_fails_is_explained})
