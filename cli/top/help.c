#include "cli/top/help.h"

static const char *const lines[] = {
    "Keys",
    "",
    "  Up Down j k          select a thread",
    "  PgUp PgDn            select a thread one page further up or down",
    "  Home End g G         select the first or the last thread",
    "  r                    raise an exception in the thread: choose which",
    "  R                    restart the thread",
    "  l, Enter             read its log",
    "  a                    attach to its terminal (--tty); Ctrl-\\ d comes back",
    "  f, /                 filter: a part of a name, command or state, or web-*",
    "  Esc                  clear the filter",
    "  s S                  next, previous order: tree id name state time cpu memory",
    "  i                    reverse the order",
    "  e                    hide the threads that have ended, or show them",
    "  Ctrl-L               draw the screen again",
    "  h, ?                 this list",
    "  q                    quit",
    "",
    "In a log: the same keys move; Left and Right too. / searches, n finds the next,",
    "G goes to the end and follows it, q comes back.",
    "",
    "Press a key.",
};

void help_draw(struct state *state)
{
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        display_put_string(&state->display, (int) i, 0, state->display.columns,
                           i == 0 ? STYLE_TITLE : STYLE_PLAIN, lines[i]);
}

const char *help_hints(enum state_mode mode)
{
    switch (mode) {
    case MODE_LIST:
        return "r raise  R restart  l log  a attach  f filter  s sort  e ended  h help  q quit";
    case MODE_FILTER:
        return "";
    case MODE_RAISE:
        return "Up Down choose  Enter raise  Esc cancel";
    case MODE_LOG:
        return "Up Down PgUp PgDn Left Right move  / search  n next  G follow  q back";
    case MODE_SEARCH:
    case MODE_HELP:
        break;
    }
    return "";
}
