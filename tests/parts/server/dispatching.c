/* Tests how the server reads a request: which lines it refuses, with which id it answers, and who gets a reply. */
#include "tests/parts/written.h"

#include "cli/rpc/protocol.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/dispatch.h"
#include "cli/server/log_reader.h"
#include "cli/server/method.h"
#include "cli/server/peer.h"
#include "cli/server/reports.h"

#include <jansson.h>

static struct peer peer;
static struct call calls_of_peer[3];
static struct text seen;
static bool        lacks_memory;

/* --- what dispatch.c calls --- */

struct peer *peer_of(struct connection *connection)
{
    CHECK(connection == &peer.connection);
    return &peer;
}

void peer_free(struct peer *freed)
{
    CHECK(freed == &peer);
    text_add(&seen, "freed");
}

void log_reader_close_all(struct peer *of)
{
    CHECK(of == &peer);
    text_add(&seen, "readers ");
}

void reports_take(void)
{
    text_add(&seen, "reports");
}

void attachment_take_reply(struct attachment *attachment, const json_t *reply)
{
    CHECK(attachment == peer.attachment);
    text_printf(&seen, "reply %d", (int) json_integer_value(json_object_get(reply, "id")));
}

void events_tell_missed(void)
{
    text_add(&seen, "told ");
}

/* Notes the id; a notification has none. */
struct call *call_new(struct peer *of, json_t *id)
{
    static struct call call;
    char              *text = id != NULL ? json_dumps(id, JSON_ENCODE_ANY) : strdup("none");

    CHECK(of == &peer);
    call = (struct call){.peer = of, .id = id};
    text_printf(&seen, "%s ", text);
    free(text);
    json_decref(id);
    return lacks_memory ? NULL : &call;
}

bool call_fail(struct call *call, enum protocol_error code, const char *format, ...)
{
    va_list arguments;

    CHECK(call->peer == &peer);
    text_printf(&seen, "%d ", (int) code);
    va_start(arguments, format);
    text_vprintf(&seen, format, arguments);
    va_end(arguments);
    return false;
}

bool call_fail_memory(struct call *call)
{
    return call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
}

void call_free(struct call *call)
{
    if (call < calls_of_peer || call >= calls_of_peer + 3) {
        text_add(&seen, "free");
        return;
    }
    LIST_REMOVE(call, of_peer);
    text_printf(&seen, "free%d ", (int) (call - calls_of_peer));
}

static void run(struct call *call, const json_t *params)
{
    char *text = params != NULL ? json_dumps(params, JSON_COMPACT) : strdup("nothing");

    CHECK_TEXT(call->method, "go");
    text_printf(&seen, "go %s", text);
    free(text);
}

static void run_show(struct call *call, const json_t *params)
{
    CHECK_TEXT(call->method, "show");
    CHECK(params == NULL);
    text_add(&seen, "shown");
}

const struct method *method_find(const char *name)
{
    static const struct method go = {.name = "go", .run = run};
    static const struct method show = {.name = "show", .run = run_show, .only_answers = true};

    if (strcmp(name, "show") == 0)
        return &show;
    return strcmp(name, "go") == 0 ? &go : NULL;
}

/* --- the tests --- */

/* Serves LINE, SIZE bytes with quotes for apostrophes, and checks what is seen. */
static void check_bytes(const char *line, size_t size, const char *wanted)
{
    static char copy[200000];

    CHECK(size < sizeof(copy));
    memcpy(copy, line, size);
    copy[size] = '['; /* the line ends before it */
    for (size_t i = 0; i < size; i++)
        if (copy[i] == '\'')
            copy[i] = '"';
    dispatch_handler.serve(&peer.connection, copy, size);
    if (wanted[0] == '\0')
        CHECK_EQUAL(seen.size, 0);
    else
        check_written(&seen, wanted);
}

static void check(const char *line, const char *wanted)
{
    check_bytes(line, strlen(line), wanted);
}

#define V "'jsonrpc':'2.0'"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static size_t largest = SIZE_MAX; /* of the blocks of memory that there are */

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_malloc(size_t size)
{
    return size <= largest ? __real_malloc(size) : NULL;
}

static bool is_memory_short; /* a text that begins now gets no memory */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return is_memory_short && memory == NULL && seen.data != NULL ? NULL
                                                                  : __real_realloc(memory, size);
}

static void requests_are_read(void)
{
    static const char *const table[][2] = {
        {"", ""},
        {" \t\r", ""},
        {"{" V ",'id':7,'method':'go'}", "7 go nothing"},
        {" {" V ",'id':'a','method':'go','params':{'x':[1]}}\r", "\"a\" go {\"x\":[1]}"},
        {"{" V ",'id':1.5,'method':'go','params':{}}", "1.5 go {}"},
        {"{" V ",'id':null,'method':'go'}", "null go nothing"},
        {"{" V ",'method':'go'}", "none go nothing"},
        {"{" V ",'id':7,'method':'no'}", "7 -32601 no method 'no'"},
        {"{" V ",'method':'no'}", "none -32601 no method 'no'"},
        {"7", "null -32600 a request must be an object"},
        {"[]", "null -32600 a request must be an object"},
        {"{'id':7,'method':'go'}", "7 -32600 \"jsonrpc\" must be \"2.0\""},
        {"{'jsonrpc':'1.0','method':'go'}", "null -32600 \"jsonrpc\" must be \"2.0\""},
        {"{'jsonrpc':2,'id':7,'method':'go'}", "7 -32600 \"jsonrpc\" must be \"2.0\""},
        {"{" V ",'id':7}", "7 -32600 \"method\" must be a string"},
        {"{" V ",'id':7,'method':1}", "7 -32600 \"method\" must be a string"},
        {"{" V ",'id':7,'method':'go','params':[]}",
         "7 -32600 \"params\" must be an object: parameters have names"},
        {"{" V ",'id':[],'method':'go'}", "null -32600 \"id\" must be a string, a number or null"},
        {"{" V ",'id':true,'method':'go'}",
         "null -32600 \"id\" must be a string, a number or null"},
        {"{" V ",'id':7,'method':'go','params':{'x':'a\\u0000b'}}",
         "7 -32002 a string holds a NUL byte; no value may hold one"},
        {"{" V ",'id':7,'method':'go','params':{'x':[1,['a','\\u0000']]}}",
         "7 -32002 a string holds a NUL byte; no value may hold one"},
        {"{" V ",'id':7,'method':'go','params':{'y':[1,{'z':'a'}],'x':'\\\\u0000'}}",
         "7 go {\"y\":[1,{\"z\":\"a\"}],\"x\":\"\\\\u0000\"}"},
        {"{" V ",'id':7,'method':'go','params':{'x':'\\\\u0000'}}", "7 go {\"x\":\"\\\\u0000\"}"},
        {"{" V ",'id':7,'method':'go','params':{'x':'\\u0000','x':1}}",
         "null -32700 not JSON: duplicate object key near '\"x\"'"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check(table[i][0], table[i][1]);
    check_bytes("{" V ",'id':7,'method':'go'}more", strlen("{" V ",'id':7,'method':'go'}"),
                "7 go nothing");
}

/* Leaves bytes of 1 where the next functions have their variables. */
static void dirty_stack(void)
{
    volatile char bytes[4096];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = 1;
}

/* Checks a line of DEPTH arrays, with BEFORE inside. */
static void check_depth(int depth, const char *before, bool is_refused)
{
    char line[128] = "", wanted[128];

    for (int i = 0; i < depth; i++)
        strcat(line, i % 2 == 0 ? "[" : "{'a':");
    strcat(line, before);
    for (int i = depth - 1; i >= 0; i--)
        strcat(line, i % 2 == 0 ? "]" : "}");
    (void) snprintf(wanted, sizeof(wanted), "null %s",
                    is_refused ? "-32700 not JSON: it nests deeper than 16"
                               : "-32600 a request must be an object");
    dirty_stack();
    check(line, wanted);
}

static void a_request_that_nests_too_deep_is_refused(void)
{
    check_depth(16, "1", false);
    check_depth(17, "1", true);
    check_depth(15, "[],[],{}", false);
    check_depth(13, "{'a':1},{'b':{'c':[]}},[[]]", false);
    check_depth(13, "[[]],[[[[]]]]", true);
    check_depth(15, "'[[{{',[]", false);      /* in a string */
    check_depth(15, "'\\'[[\\\\',[]", false); /* with a quote in it, and a backslash at its end */
    check_depth(15, "'\\'',[[]]", true);      /* behind one */
    check_depth(15, "'\\\\',{'a':[]}", true);
    check_depth(15, "']','}',[[]]", true); /* nothing is closed */
}

static void what_is_no_json_is_refused(void)
{
    static char line[150000];

    check("{", "null -32700 not JSON: string or '}' expected near end of file");
    check("[[[[[[[[[[[[[[[[", "null -32700 not JSON: ']' expected near end of file");
    check("}", "null -32700 not JSON: unexpected token near '}'");
    (void) snprintf(line, sizeof(line), "{" V ",'id':7,'method':'go','params':{'x':'%0100000d'}}",
                    1);
    largest = 30000;
    check(line, "null -32603 out of memory");
    largest = SIZE_MAX;
    is_memory_short = true; /* for the reason */
    check("{" V ",'id':7}", "7 -32603 out of memory");
    is_memory_short = false;
    peer.connection.pending = PROTOCOL_PENDING_MAX;
    check("{" V ",'id':7,'method':'go'}", "7 go nothing");
    peer.connection.pending++;
    check("{" V ",'id':7,'method':'go'}", "7 -32004 too many calls wait on this connection");
    peer.connection.pending = 0;
    dispatch_handler.refuse_long_line(&peer.connection);
    check_written(&seen, "null -32600 the request is longer than 8388608 bytes");
    CHECK(!peer.connection.closing);
    lacks_memory = true;
    dispatch_handler.refuse_long_line(&peer.connection);
    check_written(&seen, "null ");
    check("{" V ",'id':7,'method':'go'}", "7 ");
    CHECK(peer.connection.closing);
}

/* The requests of a client that has gone are carried out, unless all that they do is for their replies. */
static void nobody_is_shown_what_nobody_reads(void)
{
    check("{" V ",'id':7,'method':'show'}", "7 shown");
    peer.connection.gone = true;
    check("{" V ",'id':7,'method':'go'}", "7 go nothing");
    check("{" V ",'id':7,'method':'show'}", "7 free");
    check("{" V ",'method':'show','params':{'x':1}}", "none free");
}

static void replies_of_an_attached_process_are_taken(void)
{
    check("{" V ",'id':3,'result':{}}", "3 -32600 \"method\" must be a string");
    peer.attachment = (struct attachment *) (void *) &peer;
    check("{" V ",'id':3,'result':{}}", "reply 3");
    check("{" V ",'id':'3','result':{}}", "\"3\" -32600 \"method\" must be a string");
    check("{" V ",'id':3,'method':'go'}", "3 go nothing");
    check("7", "null -32600 a request must be an object");
    check("{" V ",'result':{}}", "null -32600 \"method\" must be a string");
}

static void the_end_of_a_connection_frees_its_calls(void)
{
    static struct record kept;

    LIST_INIT(&peer.calls);
    LIST_INSERT_HEAD(&peer.calls, &calls_of_peer[1], of_peer);
    LIST_INSERT_HEAD(&peer.calls, &calls_of_peer[0], of_peer);
    dispatch_handler.drop(&peer.connection);
    check_written(&seen, "free0 free1 ");
    CHECK(!dispatch_handler.awaits_request(&peer.connection));
    check_written(&seen, "told "); /* of missed events, which it then asks for */
    LIST_INSERT_HEAD(&peer.kept, &kept, kept);
    CHECK(dispatch_handler.awaits_request(&peer.connection)); /* it will still join that thread */
    dispatch_handler.prepare();
    check_written(&seen, "told reports");
    dispatch_handler.free(&peer.connection);
    check_written(&seen, "readers freed");
}

TEST_MAIN({"requests", requests_are_read}, {"depth", a_request_that_nests_too_deep_is_refused},
          {"no-json", what_is_no_json_is_refused}, {"gone", nobody_is_shown_what_nobody_reads},
          {"replies", replies_of_an_attached_process_are_taken},
          {"end", the_end_of_a_connection_frees_its_calls})
