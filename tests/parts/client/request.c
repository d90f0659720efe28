/* Tests the parameters of the requests that a client writes (cli/client/request.h). */
#include "tests/parts/written.h"

#include "cli/client/request.h"

#include <jansson.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Returns the JSON that TEXT is, with ' in place of ". No name may occur twice in an object. */
static json_t *parse(const char *text)
{
    char   *copy = strdup(text);
    json_t *value;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    value = json_loads(copy, JSON_REJECT_DUPLICATES, NULL);
    free(copy);
    return value;
}

/* Checks that PARAMS are the object WANTED, and empties them. */
static void check_params(struct text *params, const char *wanted)
{
    json_t *expected = parse(wanted);
    json_t *got;

    CHECK(expected != NULL && !params->failed);
    got = json_loadb(params->data, params->size, JSON_REJECT_DUPLICATES, NULL);
    if (got == NULL || !json_equal(got, expected)) {
        fprintf(stderr, "%.*s, not %s\n", (int) params->size, params->data, wanted);
        test_fail(__FILE__, __LINE__, "as it should be");
    }
    json_decref(got);
    json_decref(expected);
    text_release(params);
}

static void raises_and_joins_are_written(void)
{
    static char *const threads[] = {"web", "12", "a1", "1a", NULL};
    struct text        params = {0};

    request_write_raise(&params, &(struct raise_request){.exception = "ValueError"});
    check_params(&params, "{'exception':'ValueError','all':true,'members':['id']}");
    request_write_raise(
        &params, &(struct raise_request){.thread = "12", .exception = "SIGHUP", .message = "m"});
    check_params(&params, "{'exception':'SIGHUP','thread':12,'message':'m','members':['id']}");
    request_write_join(&params,
                       &(struct join_request){.any = threads, .any_count = 4, .timeout = 0});
    check_params(
        &params,
        "{'any':['web',12,'a1','1a'],'timeout':0.0,'members':['id','name','runs','exit_code',"
        "'signal','exception','message','unended']}");
    request_write_join(&params, &(struct join_request){.any = threads, .timeout = -1});
    check_params(
        &params,
        "{'any':[],'members':['id','name','runs','exit_code','signal','exception','message',"
        "'unended']}");
    request_write_join(
        &params,
        &(struct join_request){.thread = "web", .timeout = 1.5, .ready = true, .until = "cmd:x"});
    check_params(
        &params,
        "{'thread':'web','timeout':1.5,'ready':true,'until':'cmd:x','members':['id','name','runs',"
        "'exit_code','signal','exception','message','unended']}");
    request_write_list(&params, &(struct list_request){.form = LIST_TABLE, .wide = true});
    check_params(&params, "{'table':true,'wide':true}");
    request_write_list(
        &params,
        &(struct list_request){.threads = threads, .live = true, .form = LIST_IDS, .wide = true});
    check_params(&params, "{'threads':['web',12,'a1','1a'],'live':true,'members':['id']}");
    request_write_list(&params, &(struct list_request){
                                    .threads = threads + 4, .failed = true, .form = LIST_OBJECTS});
    check_params(&params, "{'threads':[],'failed':true}");
}

static void ids_are_known(void)
{
    static const char *const names[] = {"", "a", "1a", "-1", "1234567890123456789"};
    int64_t                  id;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK(!request_is_id(names[i], &id));
    CHECK(request_is_id("0", &id) && id == 0);
    CHECK(request_is_id("907", &id) && id == 907);
    CHECK(request_is_id("123456789012345678", &id) && id == 123456789012345678);
}

/* Gives this process limits, a umask and a niceness. */
static void set_process(void)
{
    CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 200}) == 0);
    CHECK(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 1000}) == 0);
    CHECK(setpriority(PRIO_PROCESS, 0, 3) == 0);
    (void) umask(027);
}

/* Removes the limits from the object in PARAMS, and checks some of them. */
static void take_limits(struct text *params)
{
    json_t *object = json_loadb(params->data, params->size, JSON_REJECT_DUPLICATES, NULL);
    json_t *limits = json_object_get(object, "limits"), *nofile = parse("[100,200]");
    json_t *core = parse("[0,1000]");
    char   *rest;

    CHECK_EQUAL(json_object_size(limits), 14);
    CHECK(json_equal(json_object_get(limits, "nofile"), nofile));
    CHECK(json_equal(json_object_get(limits, "core"), core));
    json_decref(nofile);
    json_decref(core);
    CHECK(json_object_del(object, "limits") == 0);
    rest = json_dumps(object, 0);
    text_release(params);
    text_add(params, rest);
    json_decref(object);
    free(rest);
}

static void starts_are_written(void)
{
    static char *const command[] = {"sleep", "1", NULL}, *const environment[] = {"A=1", "no",
                                                                                 "B=", NULL};
    static char *const   needs[] = {"db:ended", "7"};
    struct start_request request;
    struct text          params = {0};

    set_process();
    request_init_start(&request);
    request.command = command;
    request.here = "/here";
    request.environment = environment;
    request_write_start(&params, &request);
    take_limits(&params);
    check_params(&params, "{'command':['sleep','1'],'environment':['A=1','B='],'nice':3,'directory'"
                          ":'/here','umask':23,"
                          "'members':['id']}");
    request.needs = needs;
    request.needs_count = 1;
    request.environment_known = true;
    request_write_start(&params, &request);
    check_params(&params,
                 "{'command':['sleep','1'],'environment':true,'directory':'/here','umask':23,"
                 "'members':['id'],'needs':['db:ended']}");
    request.directory = "sub";
    request.input = "/in";
    request.output = "out";
    request.after = request.timeout = 0;
    request.grace = 2.5;
    request.ready_timeout = 7;
    request.ready = "cmd:true";
    request.host = "h";
    request.restart = "always";
    request.stop_signal = "SIGINT";
    request.needs_count = 2;
    request.leash = 1;
    request.log_limit = 1;
    request.name = "n";
    request.tty = true;
    request.rows = 24;
    request.columns = 80;
    request.daemon = request.if_absent = request.keep = request.call = request.is_sure = true;
    request_write_start(&params, &request);
    check_params(
        &params,
        "{'command':['sleep','1'],'call':true,'environment':true,'directory':'/here/"
        "sub','umask':23,'input':'/in',"
        "'tty':true,'rows':24,'columns':80,'output':'/here/out','log_limit':1,'members':['id'],"
        "'ready':'cmd:true','host':'h','restart':'always','stop_signal':'SIGINT','needs':['db:"
        "ended',7],"
        "'leash':1,'after':0.0,'timeout':0.0,'ready_timeout':7.0,'grace':2.5,'daemon':true,'if_"
        "absent':true,"
        "'keep':true,'name':'n'}");
    CHECK_EQUAL(umask(0), 027); /* the process keeps it */

    request_init_start(&request);
    request.command = command;
    request.here = "";
    request.is_elsewhere = request.chained = request.input_stays_open = true;
    request.directory = "sub";
    request.output = "out";
    request_write_start(&params, &request);
    check_params(
        &params,
        "{'command':['sleep','1'],'environment':true,'directory':'sub','input':true,'output':'out',"
        "'members':['id'],'chained':true}");
    request.environment = environment;
    request.is_sure = true;
    request.directory = request.output = NULL;
    request_write_start(&params, &request);
    check_params(
        &params,
        "{'command':['sleep','1'],'environment':true,'variables':['A=1','B='],'input':true,"
        "'members':['id'],'chained':true,'hold':false}");
}

static void surroundings_are_written(void)
{
    static char *const environment[] = {"A=1", NULL};
    struct text        params = {0};

    set_process();
    request_write_surroundings(&params, environment, "/here");
    take_limits(&params);
    check_params(&params, "{'environment':['A=1'],'nice':3,'directory':'/here','umask':23}");
}

TEST_MAIN({"raises", raises_and_joins_are_written}, {"ids", ids_are_known},
          {"starts", starts_are_written}, {"surroundings", surroundings_are_written})
