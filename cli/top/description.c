#include "cli/top/description.h"

#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

/*
 * Made by "tic -o DIR FILE && TERMINFO=DIR infocmp -Q2 -q k3thread", from a FILE of these lines:
 *
 * k3thread|what terminals have in common,
 *     am, bce@, xenl, mir, msgr, km,
 *     cols#80, lines#24, colors#8, pairs#64, it#8,
 *     bel=^G, cr=\r, cud1=\n, cub1=^H, cuf1=\E[C, cuu1=\E[A,
 *     cub=\E[%p1%dD, cud=\E[%p1%dB, cuf=\E[%p1%dC, cuu=\E[%p1%dA,
 *     cup=\E[%i%p1%d;%p2%dH, home=\E[H, clear=\E[H\E[2J, el=\E[K, ed=\E[J,
 *     sgr0=\E[m, bold=\E[1m, rev=\E[7m, smul=\E[4m, rmul=\E[24m,
 *     setaf=\E[3%p1%dm, setab=\E[4%p1%dm, op=\E[39;49m,
 *     smcup=\E[?1049h, rmcup=\E[?1049l, smkx=\E[?1h\E=, rmkx=\E[?1l\E>,
 *     civis=\E[?25l, cnorm=\E[?25h,
 *     kcuu1=\EOA, kcud1=\EOB, kcuf1=\EOC, kcub1=\EOD, kbs=^?,
 *     khome=\EOH, kend=\EOF, kpp=\E[5~, knp=\E[6~, kdch1=\E[3~, kich1=\E[2~,
 */
const char description_text[] =
    "b64:GgEnAA8ADwBpAe0AazN0aHJlYWR8d2hhdCB0ZXJtaW5hbHMgaGF2ZSBpbiBjb21tb24AAAEAAAEAAAABAAAA"
    "AAEBUAAIABgA__________________________8IAEAA__8AAAIA_____wQADAAQAP____8UACUAJwArADIA__80"
    "ADsA__8_AP__________________QwBIAP____________9RAP__VgD_____WwBfAP_______2gA____________"
    "______________9uAP_______3AA__91AP____________________________________95AH0A__-CAP__hgCL"
    "AJAA________lACYAKAA_____________________________________________6gA________sQC6AP__wwD_"
    "________________________________________________________________________________________"
    "_________________________________________8wA____________________________________________"
    "________________________________________________________________________________________"
    "________________________________________________________________________________________"
    "________________________________________________________________________________________"
    "____________________________________________0AD_________________________________________"
    "________________________________________________________________________________________"
    "_________________________________9kA4wAHAA0AG1tIG1sySgAbW0sAG1tKABtbJWklcDElZDslcDIlZEgA"
    "CgAbW0gAG1s_MjVsAAgAG1s_MjVoABtbQwAbW0EAG1sxbQAbWz8xMDQ5aAAbWzdtABtbNG0AG1ttABtbPzEwNDls"
    "ABtbMjRtAH8AG1szfgAbT0IAG09IABtbMn4AG09EABtbNn4AG1s1fgAbT0MAG09BABtbPzFsGz4AG1s_MWgbPQAb"
    "WyVwMSVkQgAbWyVwMSVkRAAbWyVwMSVkQwAbWyVwMSVkQQAbT0YAG1szOTs0OW0AG1szJXAxJWRtABtbNCVwMSVk"
    "bQA=";

/* Returns true if the built-in description is right for terminals of the type TERM. */
static bool is_common(const char *term)
{
    static const char *const families[] = {
        "xterm", "screen", "tmux",    "linux",   "rxvt",    "vt1",     "vt2", "vt3",
        "vt4",   "vt5",    "ansi",    "gnome",   "konsole", "putty",   "st-", "alacritty",
        "kitty", "foot",   "wezterm", "contour", "mlterm",  "ghostty",
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        if (strncmp(term, families[i], strlen(families[i])) == 0)
            return true;
    return strcmp(term, "st") == 0;
}

const char *description_choose(const char *term, struct text *why)
{
    int found = 0;

    if (setupterm(term, STDOUT_FILENO, &found) == OK)
        (void) del_curterm(cur_term);
    if (found > 0)
        return term;
    if (is_common(term))
        return DESCRIPTION_NAME;
    text_add(why, "this machine has no description of the terminal '");
    text_add_escaped(why, term, strlen(term));
    text_add(why, "' (TERM) with a screen that can be drawn on");
    return NULL;
}
