/* Tests how the parameters of a start are read. */
#include "tests/parts/server/params_read.h"

/* Reads the parameters of a start, "'command':['true']" and MORE. */
static bool read_start(const char *more, struct start_params *ret)
{
    char    text[1024];
    json_t *params;
    bool    is_read;

    (void) snprintf(text, sizeof(text), "{'command':['true']%s%s}", more[0] != '\0' ? "," : "",
                    more);
    params = json(text);
    *ret = (struct start_params){.keep = false};
    is_read = start_params_read(&call, params, ret);
    CHECK_EQUAL(is_read, failure[0] == '\0');
    json_decref(params);
    return is_read;
}

static void check_limits(const struct limits *limits)
{
    CHECK_EQUAL(limits->nice, -20);
    CHECK_EQUAL(limits->of[limits_find("core")].rlim_cur, 0);
    CHECK_EQUAL(limits->of[limits_find("core")].rlim_max, RLIM_INFINITY);
    CHECK_EQUAL(limits->of[limits_find("nofile")].rlim_cur, 7);
    CHECK_EQUAL(limits->of[limits_find("nofile")].rlim_max, 7);
}

static void a_start_has_its_defaults(void)
{
    struct start_params params;

    add_threads();
    peer.umask = 027;
    CHECK(read_start("", &params));
    CHECK(params.hold && !params.keep && params.present == NULL);
    CHECK(params.job.name == NULL && params.job.grace == 10 && params.job.after == 0);
    CHECK(params.job.timeout < 0 && params.job.ready_timeout < 0);
    CHECK_TEXT(params.job.directory, "/");
    CHECK_TEXT(params.job.argv[0], "true");
    CHECK(params.job.argv[1] == NULL && params.job.input == NULL && params.job.output == NULL);
    CHECK_EQUAL(params.job.umask, 027);
    CHECK_EQUAL(params.job.rows, 24);
    CHECK_EQUAL(params.job.columns, 80);
    CHECK_EQUAL(params.job.stop_signal, SIGTERM);
    CHECK_EQUAL(params.job.restart, RESTART_NEVER);
    CHECK_EQUAL(params.job.log_limit, 0);
    CHECK(!params.job.daemon && !params.job.tty && !params.job.call && !params.job.input_open);
    CHECK_EQUAL(call.members, UINT64_MAX);
    start_params_release(&params);
    CHECK(params.job.argv == NULL && params.job.name == NULL);

    CHECK(read_start(
        "'name':'n','after':0,'grace':0,'timeout':0,'ready_timeout':0.5,'umask':511,'rows':1,'"
        "columns':4096,"
        "'stop_signal':'INT','log_limit':1,'keep':true,'hold':false,'daemon':true,'tty':true,'"
        "input':true,"
        "'limits':{'core':[0,-1],'nofile':[7,7]},'nice':-20,'directory':'/"
        "d','members':['id','pid'],'ready':'fd:3','host':'m1','call':false",
        &params));
    CHECK(params.keep && !params.hold && params.job.daemon && params.job.tty &&
          params.job.input_open);
    CHECK(params.job.grace == 0 && params.job.timeout == 0 && params.job.ready_timeout == 0.5);
    CHECK_EQUAL(params.job.umask, 0777);
    CHECK_EQUAL(params.job.rows, 1);
    CHECK_EQUAL(params.job.columns, 4096);
    CHECK_EQUAL(params.job.stop_signal, SIGINT);
    CHECK_EQUAL(params.job.log_limit, 1);
    CHECK_EQUAL(call.members, 3);
    check_limits(environment_limits(params.job.environment));
    CHECK_TEXT(params.job.name, "n");
    CHECK_TEXT(params.job.directory, "/d");
    CHECK_TEXT(params.job.ready, "fd:3");
    CHECK_TEXT(params.job.host, "m1");
    start_params_release(&params);
}

#define LIMIT                                                                                      \
    " the limit 'core' must be a list of two whole numbers, the first not above the "              \
    "second; "                                                                                     \
    "-1 is none"

static void a_start_with_a_wrong_value_says_which(void)
{
    static const char *const table[][2] = {
        {"'command':[]", "-32001 \"command\" must be a list of one string or more"},
        {"'command':'x'", "-32001 \"command\" must be a list of one string or more"},
        {"'command':null", "-32602 start: missing parameter 'command'"},
        {"'name':'a/b'",
         "-32002 'a/b' is no name for a thread: it has a '/' or a pattern character"},
        {"'after':-1", "-32002 after must be 0 seconds or more, not -1"},
        {"'grace':-0.5", "-32002 grace must be 0 seconds or more, not -0.5"},
        {"'timeout':-1", "-32002 timeout must be 0 seconds or more, not -1"},
        {"'ready_timeout':-2", "-32002 ready_timeout must be 0 seconds or more, not -2"},
        {"'rows':4097", "-32002 rows must be a number from 1 to 4096, not 4097"},
        {"'columns':-1", "-32002 columns must be a number from 1 to 4096, not -1"},
        {"'restart':'on-failure:0'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'on-failure:0'"},
        {"'restart':'never:1'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'never:1'"},
        {"'restart':'always:'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'always:'"},
        {"'restart':'always:+1'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'always:+1'"},
        {"'restart':'always:1x'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'always:1x'"},
        {"'restart':'always:1000000001'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'always:1000000001'"},
        {"'restart':'alway'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'alway'"},
        {"'restart':'never2'",
         "-32002 --restart takes never, on-failure[:N] or always[:N], not 'never2'"},
        {"'restart':''", "-32002 --restart takes never, on-failure[:N] or always[:N], not ''"},
        {"'stop_signal':'NONE'", "-32002 --stop-signal: 'NONE' is no signal"},
        {"'log_limit':-1", "-32002 \"log_limit\" must be a number of bytes"},
        {"'log_limit':1,'output':'/o'",
         "-32002 --log-limit is for logs; it would cut holes into --output's file"},
        {"'tty':true,'input':'/i'",
         "-32002 --tty: the terminal is the command's input, so --input takes no FILE"},
        {"'input':1", "-32001 \"input\" must be a string or true"},
        {"'directory':7", "-32001 \"directory\" must be a string"},
        {"'directory':'rel'", "-32002 'rel' is not an absolute path"},
        {"'output':[]", "-32001 \"output\" must be a string"},
        {"'name':7", "-32001 \"name\" must be a string"},
        {"'ready':7", "-32001 \"ready\" must be a string"},
        {"'ready':'bad'", "-32002 --ready 'bad': no probe"},
        {"'host':'m2'", "-32002 no machine 'm2'"},
        {"'host':1", "-32001 \"host\" must be a string"},
        {"'call':true", "-32002 --call wants LIBRARY:FUNCTION, not 'true'"},
        {"'name':'a'", "-32002 a live thread is named 'a' already, its id is 1"},
        {"'if_absent':true", "-32002 \"if_absent\" needs a \"name\""},
        {"'members':['no']", "-32002 \"members\" must be a list of a thread's members"},
        {"'members':['id',7]", "-32001 \"members\" must be a list of a thread's members"},
        {"'members':{'id':1}", "-32001 \"members\" must be a list of a thread's members"},
        {"'umask':-1", "-32002 umask must be a number from 0 to 511 (0777)"},
        {"'umask':512", "-32002 umask must be a number from 0 to 511 (0777)"},
        {"'members':[]", "-32002 \"members\" must be a list of a thread's members"},
        {"'environment':'x'", "-32001 \"environment\" must be a list of strings"},
        {"'environment':['x']", "-32002 environment: 'x' is not NAME=VALUE"},
        {"'variables':['=x']", "-32002 environment: '=x' is not NAME=VALUE"},
        {"'limits':[]", "-32001 \"limits\" must be an object"},
        {"'limits':{'coer':[1,1]}", "-32002 there is no limit 'coer'"},
        {"'limits':{'core':1}", "-32001" LIMIT},
        {"'limits':{'core':[1]}", "-32002" LIMIT},
        {"'limits':{'core':[1,1,1]}", "-32002" LIMIT},
        {"'limits':{'core':[2,1]}", "-32002" LIMIT},
        {"'limits':{'core':[-2,1]}", "-32002" LIMIT},
        {"'limits':{'core':[1,-2]}", "-32002" LIMIT},
        {"'limits':{'core':[1,1.5]}", "-32001" LIMIT},
        {"'limits':{'core':['1',1]}", "-32001" LIMIT},
        {"'limits':{'core':[-1,1]}", "-32002" LIMIT},
        {"'nice':20", "-32002 \"nice\" must be a whole number from -20 to 19"},
        {"'nice':-21", "-32002 \"nice\" must be a whole number from -20 to 19"},
        {"'nice':1.5", "-32001 \"nice\" must be a whole number from -20 to 19"},
        {"'needs':[1]", "-32002 needs"},
        {"'leash':'x'", "-32002 leash"},
        {"'after':'1'", "-32001 start: \"after\" must be a number"},
        {"'daemon':1", "-32001 start: \"daemon\" must be true or false"},
        {"'aftr':1", "-32602 start: unknown parameter 'aftr'; did you mean 'after'?"},
        {"'xyzzy':1", "-32602 start: unknown parameter 'xyzzy'"},
    };
    struct start_params params;

    add_threads();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CHECK(!read_start(table[i][0], &params));
        check_failure(table[i][1]);
        start_params_release(&params);
    }
}

static void restarts_have_a_policy_and_a_limit(void)
{
    static const struct {
        const char  *word;
        enum restart restart;
        unsigned     most;
    } table[] = {{"never", RESTART_NEVER, 0},
                 {"on-failure", RESTART_ON_FAILURE, 0},
                 {"always", RESTART_ALWAYS, 0},
                 {"on-failure:1", RESTART_ON_FAILURE, 1},
                 {"always:9", RESTART_ALWAYS, 9},
                 {"always:10", RESTART_ALWAYS, 10},
                 {"always:1000000000", RESTART_ALWAYS, 1000000000}};
    struct start_params params;
    char                text[64];

    add_threads();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        (void) snprintf(text, sizeof(text), "'restart':'%s'", table[i].word);
        CHECK(read_start(text, &params));
        CHECK_EQUAL(params.job.restart, table[i].restart);
        CHECK_EQUAL(params.job.restart_max, table[i].most);
        start_params_release(&params);
    }
}

static void a_live_thread_of_the_name_is_found(void)
{
    struct start_params params;

    add_threads();
    CHECK(read_start("'name':'a','if_absent':true,'needs':[1],'leash':'x'", &params));
    CHECK(params.present == &threads[0] && needs_read == 0);
    start_params_release(&params);
    CHECK(read_start("'name':'b','if_absent':true", &params)); /* has ended */
    CHECK(params.present == NULL && needs_read == 1);
    start_params_release(&params);
    CHECK(read_start("'name':'b'", &params));
    start_params_release(&params);
}

/* Checks the variables of a start's environment, in one line. */
static void check_variables(const char *more, const char *wanted)
{
    struct start_params params;
    struct text         text = {0};
    char              **strings;

    CHECK(read_start(more, &params));
    strings = environment_strings(params.job.environment);
    for (size_t i = 0; strings[i] != NULL; i++)
        if (strncmp(strings[i], "K3THREAD", 8) != 0)
            text_printf(&text, "%s ", strings[i]);
    free(strings);
    check_written(&text, wanted);
    start_params_release(&params);
}

static void a_connection_keeps_its_environment(void)
{
    struct start_params params;

    add_threads();
    check_variables("'environment':['A=1','B=']", "A=1 B= ");
    check_variables("'environment':true", "A=1 B= ");
    check_variables("'environment':true,'variables':['A=2','C=3']", "B= A=2 C=3 ");
    check_variables("'environment':true", "A=1 B= ");
    check_variables("", ""); /* without surroundings, none is kept */
    check_variables("'environment':['A=1']", "A=1 ");
    peer.directory = (char *) "/home/u";
    check_variables("", "A=1 ");
    check_variables("'environment':['D=4']", "D=4 ");
    check_variables("", "D=4 ");
    CHECK(!read_start("'environment':['bad']", &params));
    check_failure("-32002 environment: 'bad' is not NAME=VALUE");
    start_params_release(&params);
    check_variables("", "");

    CHECK(read_start("'directory':'d','output':'o','input':'/i'", &params));
    CHECK_TEXT(params.job.directory, "/home/u/d");
    CHECK_TEXT(params.job.output, "/home/u/o");
    CHECK_TEXT(params.job.input, "/i");
    start_params_release(&params);
    CHECK(read_start("", &params));
    CHECK_TEXT(params.job.directory, "/home/u");
    start_params_release(&params);
}

static void limits_that_were_not_given_are_named(void)
{
    struct text text = {0};

    param_limits_write_names(&text, 0);
    check_written(&text, "[]");
    param_limits_write_names(&text, 1U << limits_find("core") | 1U << limits_find("nofile") |
                                        LIMITS_NICENESS);
    CHECK_EQUAL(text.data[0], '[');
    text_byte(&text, '\0', 1);
    CHECK(strstr(text.data, "\"core\"") != NULL && strstr(text.data, "\"nofile\"") != NULL);
    CHECK(strstr(text.data, ",\"niceness\"]") != NULL);
    text_release(&text);
    for (int i = 0; i < LIMITS_COUNT; i++) {
        char wanted[64];

        param_limits_write_names(&text, 1U << i);
        (void) snprintf(wanted, sizeof(wanted), "[\"%s\"]", limits_name(i));
        check_written(&text, wanted);
    }
}

static void each_limit_can_be_given(void)
{
    struct start_params  params;
    const struct limits *limits;
    char                 text[64];

    add_threads();
    for (int i = 0; i < LIMITS_COUNT; i++) {
        (void) snprintf(text, sizeof(text), "'limits':{'%s':[3,4]},'nice':19", limits_name(i));
        CHECK(read_start(text, &params));
        limits = environment_limits(params.job.environment);
        CHECK(limits->of[i].rlim_cur == 3 && limits->of[i].rlim_max == 4 && limits->nice == 19);
        for (int other = 0; other < LIMITS_COUNT; other++) /* the supervisor's own */
            CHECK(other == i || memcmp(&limits->of[other], &limits_started_with()->of[other],
                                       sizeof(struct rlimit)) == 0);
        start_params_release(&params);
    }
}

TEST_MAIN({"each-limit", each_limit_can_be_given}, {"limits", limits_that_were_not_given_are_named},
          {"defaults", a_start_has_its_defaults}, {"wrong", a_start_with_a_wrong_value_says_which},
          {"restarts", restarts_have_a_policy_and_a_limit},
          {"present", a_live_thread_of_the_name_is_found},
          {"environment", a_connection_keeps_its_environment})
