#include "cli/remote/host_list.h"

#include "cli/base/number.h"
#include "cli/base/whole_text.h"
#include "cli/rpc/protocol.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The longest name of a machine. */
#define NAME_MAX_SIZE 255

/* A longer file is refused. */
#define SIZE_LIMIT (16U * 1024 * 1024)

static const char separators[] = ", \t\r\n";

static bool has_name(const struct host_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->hosts[i].name, name) == 0)
            return true;
    return false;
}

/* Checks that NAME can be a word of a command line, and is no option. Returns 0 or -EINVAL with WHY. */
static int check_name(const struct host_list *list, const char *name, struct text *why)
{
    if (name[0] == '\0' || name[0] == '-' || strlen(name) > NAME_MAX_SIZE) {
        text_printf(why, "'%.64s' is no name of a host", name);
        return -EINVAL;
    }
    for (const char *c = name; *c != '\0'; c++)
        if (iscntrl((unsigned char) *c)) {
            text_add(why, "a name of a host has a control character");
            return -EINVAL;
        }
    if (has_name(list, name)) {
        text_printf(why, "the host '%s' stands twice in the list", name);
        return -EINVAL;
    }
    return 0;
}

/* Cuts ":slots" off WORD. The colons of an IPv6 address are part of the name, if it is in brackets or has several. */
static int take_slots(char *word, unsigned *ret, struct text *why)
{
    char    *colon = strrchr(word, ':');
    uint64_t slots;

    *ret = 0;
    if (colon == NULL || (strchr(word, ':') != colon && colon[-1] != ']') ||
        (word[0] == '[' && strchr(colon, ']') != NULL))
        return 0;
    if (!number_parse(colon + 1, 1, PROTOCOL_SLOTS_MAX, &slots)) {
        text_printf(why, "'%.64s': the slots of a host are a number from 1 to %d", word,
                    PROTOCOL_SLOTS_MAX);
        return -EINVAL;
    }
    *colon = '\0';
    *ret = (unsigned) slots;
    return 0;
}

/* Returns WORD without the brackets around it, which an IPv6 address has. */
static char *strip_brackets(char *word)
{
    size_t size = strlen(word);

    if (size < 2 || word[0] != '[' || word[size - 1] != ']')
        return word;
    word[size - 1] = '\0';
    return word + 1;
}

static int add(struct host_list *list, char *word, struct text *why)
{
    struct host_word *more;
    unsigned          slots;
    int               error = take_slots(word, &slots, why);

    if (error == 0)
        error = check_name(list, word = strip_brackets(word), why);
    if (error != 0)
        return error;
    more = realloc(list->hosts, (list->count + 1) * sizeof(*more));
    if (more == NULL)
        return -ENOMEM;
    list->hosts = more;
    list->hosts[list->count] = (struct host_word){.name = strdup(word), .slots = slots};
    if (list->hosts[list->count].name == NULL)
        return -ENOMEM;
    list->count++;
    return 0;
}

/* Reads the words of TEXT, which it changes. In a file, # begins a comment that goes to the end of the line. */
static int read_words(struct host_list *list, char *text, struct text *why)
{
    char *state = NULL;
    int   error = 0;

    for (char *word = strtok_r(text, separators, &state); error == 0 && word != NULL;
         word = strtok_r(NULL, separators, &state))
        error = add(list, word, why);
    return error;
}

static void cut_comments(char *text)
{
    for (char *hash = strchr(text, '#'); hash != NULL; hash = strchr(hash, '#'))
        while (*hash != '\0' && *hash != '\n')
            *hash++ = ' ';
}

static int read_file(const char *path, struct text *ret, struct text *why)
{
    struct text reason = {0};
    int         fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    int         error = fd >= 0 ? 0 : -errno;

    if (fd < 0)
        text_add(&reason, strerror(-error));
    else
        error = whole_text_read(fd, SIZE_LIMIT, ret, &reason);
    if (fd >= 0)
        close(fd);
    if (error != 0)
        text_printf(why, "%s: %.*s", path, (int) reason.size,
                    reason.data != NULL ? reason.data : "");
    text_release(&reason);
    return error;
}

int host_list_read(struct host_list *ret, const char *list, struct text *why)
{
    struct text words = {0};
    int         error = 0;

    if (list[0] == '@')
        error = read_file(list + 1, &words, why);
    else
        text_add(&words, list);
    text_byte(&words, '\0', 1);
    if (error == 0 && words.failed)
        error = -ENOMEM;
    if (error == 0 && list[0] == '@')
        cut_comments(words.data);
    if (error == 0)
        error = read_words(ret, words.data, why);
    text_release(&words);
    if (error == 0 && ret->count == 0) {
        text_add(why, "the list names no host");
        error = -EINVAL;
    }
    if (error != 0 && why->size == 0)
        text_add(why, strerror(-error));
    if (error != 0)
        host_list_release(ret);
    return error;
}

void host_list_release(struct host_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->hosts[i].name);
    free(list->hosts);
    *list = (struct host_list){0};
}
