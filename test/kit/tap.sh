# shellcheck shell=bash
# TAP for shell scripts: source this, check, end with done_testing. What a
# check says should be a claim: ok "the listing is complete" test $n -eq 100.
tap_checks=0 tap_failures=0
# Not a pipe, which would wait for every process that has it open.
tap_said=${TMPDIR:-/tmp}/tap.$$
trap 'rm -f "$tap_said"' EXIT

tap_result() { # "ok" or "not ok", claim
    tap_checks=$((tap_checks + 1))
    echo "$1 $tap_checks - $2"
    [ "$1" = ok ] || tap_failures=$((tap_failures + 1))
}

tap_explain() { # what the command was, and what it said
    echo "# $*"
    [ ! -s "$tap_said" ] || head -n 20 "$tap_said" | sed 's/^/# /'
}

# ok CLAIM COMMAND...: the command succeeds. What it says is shown if not.
ok() {
    local claim=$1 status
    shift
    if "$@" >"$tap_said" 2>&1; then
        tap_result ok "$claim"
    else
        status=$?
        tap_result "not ok" "$claim"
        tap_explain "$* ended with status $status"
    fi
}

# fails CLAIM COMMAND...: it does not.
fails() {
    local claim=$1
    shift
    if "$@" >"$tap_said" 2>&1; then
        tap_result "not ok" "$claim"
        tap_explain "$* succeeded"
    else
        tap_result ok "$claim"
    fi
}

# is CLAIM GOT WANTED: the two texts are the same.
is() {
    if [ "$2" = "$3" ]; then
        tap_result ok "$1"
    else
        tap_result "not ok" "$1"
        printf '%s\n' "got $2" "wanted $3" | head -n 20 | sed 's/^/# /'
    fi
}

skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}

bail_out() {
    echo "Bail out! $*"
    exit 1
}

done_testing() {
    echo "1..$tap_checks"
    [ $tap_failures -eq 0 ]
}

# until_true SECONDS COMMAND...: asks again until it succeeds.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.05
    done
}
