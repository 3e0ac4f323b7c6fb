#!/bin/bash
# The borders between the layers hold, and the check of them finds what it is
# there to find.
# shellcheck source=test/kit/tap.sh
. "$(dirname "$0")/../kit/tap.sh"
here=$(cd "$(dirname "$0")" && pwd)

ok "no file crosses a border" "$here/layers"
ok "no file or function is longer than agreed" "$here/sizes"

# A small tree of its own, with one file in it.
tree=$(mktemp -d) && trap 'rm -rf "$tree" "$tap_said"' EXIT
mkdir -p "$tree/test/lint" "$tree/base" "$tree/vfs" "$tree/nfsd" "$tree/cli"
cp "$here/layers" "$here/sizes" "$tree/test/lint/"
refuses() { # claim, check, file, content
    printf '%b' "$4" >"$tree/$3"
    fails "$1" "$tree/test/lint/$2"
    rm "$tree/$3"
}
allows() {
    printf '%b' "$4" >"$tree/$3"
    ok "$1" "$tree/test/lint/$2"
    rm "$tree/$3"
}

refuses "an include that points up" layers vfs/a.c '#include "nfsd/nfsd.h"\n'
refuses "a frontend that looks below vfs" layers nfsd/a.c \
    '#include "cache/cache.h"\n'
refuses "a frontend that looks inside vfs" layers nfsd/a.c \
    '#include "vfs/tree.h"\n'
allows "a frontend that sees vfs.h" layers nfsd/a.c '#include "vfs/vfs.h"\n'
for library in rpc/rpc.h curl/curl.h microhttpd.h cjson/cJSON.h \
    openssl/evp.h sqlite3.h blake3.h lz4.h pthread.h; do
    refuses "$library in the wrong place" layers base/a.c \
        "#include <$library>\n"
done
allows "SQLite in the state" layers vfs/state_rows.c '#include <sqlite3.h>\n'
refuses "asking the environment" layers base/a.c 'x = getenv("A");\n'
refuses "exiting" layers vfs/a.c '    exit(1);\n'
refuses "printing" layers vfs/a.c '    printf("x");\n'
refuses "printing to a stream" layers vfs/a.c 'fprintf(stderr, "x");\n'
allows "words in comments and strings" layers vfs/a.c \
    '/* exit(1)\n * getenv() */\nx("printf(");\ny->exit(1);\nmy_exit(1);\n'
allows "what only cli may do" layers cli/a.c 'printf("x"); exit(1);\n'

lines() { printf "$1\\\\n%.0s" $(seq "$2"); }
refuses "a function of 61 lines" sizes base/a.c \
    "int f(void)\n{\n$(lines '    x();' 58)}\n"
allows "one of 60" sizes base/a.c "int f(void)\n{\n$(lines '    x();' 57)}\n"
refuses "a file of 501 lines" sizes base/a.c "$(lines '/* */' 501)"
refuses "a header of 121 lines" sizes base/a.h "$(lines '/* */' 121)"
refuses "a line of 81 characters" sizes base/a.c \
    "$(printf 'x%.0s' $(seq 81))\n"
allows "80 characters of two bytes" sizes base/a.c \
    "$(printf '\303\251%.0s' $(seq 80))\n"
done_testing
