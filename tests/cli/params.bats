#!/usr/bin/env bats
# The parameters that the methods of the socket require, and what holds without them; those of an agent are left out.

load helpers

# The order is that in which the supervisor looks at them.
@test "a method requires the parameters that the protocol names, and no other" {
  k3 start -n first -- true
  script <<'EOF'
required = {"attach": ["thread"], "host": ["name"], "hosts": ["hosts"], "look": ["threads"], "read": ["reader"],
            "restart": ["thread"], "send": ["thread"], "start": ["command"],
            "surroundings": ["environment", "directory"], "terminal": ["thread"], "clear": [], "exceptions": [],
            "join": [], "list": [], "logs": [], "raise": [], "slots": [], "tell": [], "version": [], "watch": [],
            "shutdown": []}
# Useless.
values = {"thread": 99, "name": "none", "hosts": 1, "threads": 1, "reader": 1, "command": 1, "environment": 1,
          "directory": 1}

def message(method, names):
    try:
        call(method, **{name: values[name] for name in names})
    except Failure as failure:
        return failure.message
    return ""

for method, names in required.items():
    for count, name in enumerate(names):
        found = message(method, names[:count])
        assert found == "%s: missing parameter '%s'" % (method, name), (method, found)
    found = message(method, names)
    assert "missing parameter" not in found and "unknown" not in found, (method, found)
EOF
}

@test "a command has the umask 022 if neither its start nor the surroundings have one" {
  k3 start -n first -- true
  script <<'EOF'
for client in Client(), Client():
    client.call("start", command=["sh", "-c", "umask >>umasks"], directory=os.getcwd(), environment=["PATH=" + os.environ["PATH"]])
    client.call("join")
    client.call("surroundings", environment=["PATH=" + os.environ["PATH"]], directory=os.getcwd(), umask=0o77)
    client.call("surroundings", environment=["PATH=" + os.environ["PATH"]], directory=os.getcwd())
    client.call("start", command=["sh", "-c", "umask >>umasks"])
    client.call("join")
EOF
  is "$(sort -u umasks)" 0022
}
