#!/bin/bash
# Documents say what the program says: README, manual page, completions.
# shellcheck source=test/kit/tap.sh
. "$(dirname "$0")/../kit/tap.sh"

hffs=${B:-build}/hffs

fresh() { B=${B:-build} doc/update --check; }
options_of() { # every long option in the help of a command
    # shellcheck disable=SC2086 # a command may be two words
    "$hffs" $1 --help | grep -oE -- '(^| )--[a-z0-9-]+' | tr -d ' ' | sort -u
}
in_file() { # every word of stdin is in the file, as it is
    local missing='' word
    while read -r word; do
        grep -qF -- "$word" "$1" || missing="$missing $word"
    done
    [ -z "$missing" ] || { echo "missing in $1:$missing"; return 1; }
}
man_text() { tr -d '\134' <doc/hffs.1; }

ok "documents are what the tables say" fresh
for command in start stop status nfs 'hub serve' 'hub user' 'hub org' \
    'hub gc' 'hub verify' 'hub import' 'hub export'; do
    options_of "$command" >"$TMPDIR/options"
    ok "$command has options at all" test -s "$TMPDIR/options"
    grep -v -- --help "$TMPDIR/options" >"$TMPDIR/known"
    ok "README names every option of $command" \
        in_file README.md <"$TMPDIR/known"
    man_text >"$TMPDIR/man"
    ok "the manual page does, too" in_file "$TMPDIR/man" <"$TMPDIR/known"
done
ok "bash completion is good bash" bash -n doc/hffs.bash
complete_line() { # what bash offers after these words
    bash -c 'source doc/hffs.bash; compopt() { :; }; COMP_WORDS=("$@" "")
        COMP_WORDS[-1]=${COMP_WORDS[-2]}; unset "COMP_WORDS[-2]"
        COMP_WORDS=("${COMP_WORDS[@]}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _hffs; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
is() { [ "$(complete_line "${@:2}" | tr '\n' ' ')" = "$1" ]; }
ok "commands complete" is 'start stop status ' hffs st
ok "options complete" is '--revision ' hffs start --rev
ok "those of hub serve, too" is '--root ' hffs hub serve --ro
ok "choices complete" is 'warn ' hffs-nfs --log-level w
if command -v zsh >/dev/null; then
    ok "zsh completion is good zsh" zsh -n doc/_hffs
fi
if command -v fish >/dev/null; then
    ok "fish completion is good fish" fish -n doc/hffs.fish
fi
if command -v groff >/dev/null; then
    man_warnings() { groff -man -Tascii -ww -z doc/hffs.1 2>&1 | grep .; }
    not() { ! "$@"; }
    ok "groff has nothing against the manual page" not man_warnings
fi
done_testing
