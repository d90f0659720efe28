"""Changes of one place in C code, each a fault that a test should notice.

The code is laid out by clang-format: a statement begins a line, and blanks stand around an operator.
"""
import re
from typing import NamedTuple


class Mutation(NamedTuple):
    path: str
    line: int    # where it begins, from 1
    start: int   # as an offset in the text of the file
    end: int
    text: str    # the replacement

    def apply(self, source):
        return source[:self.start] + self.text + source[self.end:]

    def change(self, source):
        """Returns the changed lines, before and after, each joined to one line."""
        begin = source.rfind("\n", 0, self.start) + 1
        end = source.find("\n", self.end)
        lines = source[begin:end], source[begin:self.start] + self.text + source[self.end:end]
        return " => ".join(" ".join(text.split()) for text in lines)


NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|'
                     r'^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
KEYWORD = r"(?!(?:if|for|while|switch|return|sizeof|do|else|case|goto)\b)"
CALL = re.compile(r"(?:\(void\) )?" + KEYWORD + r"[A-Za-z_]\w*(?:(?:->|\.)\w+)*\(")
PLAIN = re.compile(r"(?:break|continue|return|goto \w+);|\**" + KEYWORD + r"[A-Za-z_]\w*"
                   r"(?:->\w+|\.\w+|\[[^]\n]*\])*(?:\+\+|--)?(?: (?:[-+*/%|&^]|<<|>>)?= |(?<=[+-]);)")
# The sanitizers notice memory that is not freed: make check SANITIZE=address.
FREE = re.compile(r"(?:free|json_decref|(?:text|reply|words)_release)\(")
# Each process has a descriptor 0, so a new one is never 0.
NO_DESCRIPTOR = re.compile(r"(?<=fd)(s?\[\w+\])? (?:<|>=) 0\b")
CONDITION = re.compile(r"\b(?:if|while) \(")
SINGLE = re.compile(r"!(?!.*(?:&&|\|\|))|(?!.*(?:&&|\|\|)).* [=!]= ", re.S)
OTHERS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
          "+": "-", "-": "+", "true": "false", "false": "true"}
REPLACED = [  # an operator or a truth value, a negation, a flag, a number
    (re.compile(r"(?<= )(?:<=?|>=?|[=!]=|&&|\|\||[-+])(?=[ \n])|\b(?:true|false)\b"), OTHERS.get),
    (re.compile(r"!(?!=)"), lambda word: ""),
    (re.compile(r" \| [A-Z][A-Z0-9_]+\b"), lambda word: ""),
    (re.compile(r"(?<![\w.])\d+(?=[uUlL]*(?![\w.]))"),
     lambda word: "0" if word == "1" else str(int(word, 8 if word[0] == "0" else 10) + 1))]


def closing(code, start):
    """Returns where the parenthesis that opens at START closes."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] == "(") - (code[at] == ")")
        if depth == 0:
            return at
    return len(code)


def statements(code):
    """Yields each place where a statement begins."""
    for found in re.finditer(r"^[ \t]+(?=\S)", code, re.M):
        before = code[:found.start()].rstrip()
        if before[-1:] in tuple(";{}):") or re.search(r"\b(?:else|do)$", before[-5:]):
            yield found.end()


def dropped(code):
    """Yields the mutations that leave out calls, assignments and jumps."""
    for start in statements(code):
        call = CALL.match(code, start)
        end = closing(code, call.end() - 1) + 1 if call else code.find(";", start)
        if code[end:end + 1] == ";" and (call or PLAIN.match(code, start)) and not FREE.match(code, start):
            yield start, end, ""


def replaced(code):
    """Yields the mutations that replace words and operators, and that negate conditions."""
    for pattern, other in REPLACED:
        for found in pattern.finditer(code):
            yield found.start(), found.end(), other(found.group())
    for found in CONDITION.finditer(code):
        start, end = found.end(), closing(code, found.end() - 1)
        if not SINGLE.match(code[start:end]):
            yield start, end, "!("


def mutations(path, source):
    """Returns every mutation of the file, in order."""
    code = NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)
    code = NO_DESCRIPTOR.sub(lambda found: " " * len(found.group()), code)
    for start, end, text in sorted({*dropped(code), *replaced(code)}):
        if text == "!(":
            text = "!(" + source[start:end] + ")"
        # Line numbers stay the same, because assertions print them.
        text += "\n" * (source.count("\n", start, end) - text.count("\n"))
        yield Mutation(path, source.count("\n", 0, start) + 1, start, end, text)
