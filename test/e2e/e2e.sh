# shellcheck shell=bash
# What end-to-end scripts are made of, in the guest. Source it, make claims
# (test/kit/tap.sh), end with done_testing. $DATA holds what the local Hub
# offers: tree (as e2e/files), big, flat and wide (as e2e/big, ...); $OUT is an
# empty folder of the script.
# Servers and mounts that are left are ended by the driver.
# shellcheck source=test/kit/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../kit/tap.sh"

# ask REQUEST...: of the server's side, see agent; prints the answer.
ask() {
    local status answer
    exec 8<>"/dev/tcp/$GUEST_SERVER/$E2E_PORT" || return 1
    {
        echo $#
        printf '%s\0' "$@"
    } >&8
    read -r status <&8
    IFS= read -r -d '' answer <&8
    exec 8>&-
    [ -z "$answer" ] || printf '%s\n' "$answer"
    return "$status"
}

# serve NAME REPO [OPTION...]: hffs-nfs, natively. Sets mount_command.
serve() {
    mount_command=$(ask serve "$@") || bail_out "serve $*: $mount_command"
}

# mount_on DIR [OPTIONS]: what was served last, by the command that it named.
mount_on() {
    local command=${mount_command/MOUNTPOINT/"$1"}
    mkdir -p "$1"
    [ $# -lt 2 ] || command=${command/ -o / -o "$2",}
    eval "$command" || bail_out "$command failed"
}

# serve_and_mount REPO DIR [OPTION...]
serve_and_mount() {
    local repo=$1 dir=$2
    shift 2
    serve "$(basename "$dir")" "$repo" "$@"
    mount_on "$dir"
}

hub_requests() { ask stats | cut -d' ' -f1; }

# The largest number a check is happy with: at_most CLAIM GOT LIMIT.
at_most() { ok "$1 ($2, at most $3)" test "$2" -le "$3"; }

# A server's largest size; sanitizers multiply it.
memory_at_most() { # NAME MIB
    [ -n "$SAN" ] ||
        at_most "the server's memory in MiB" $(($(ask rss "$1") / 1024)) "$2"
}

# Scripts that run hffs itself in the guest, where sanitized programs do not
# run; inside_hub FOLDER: a Hub of their own that offers it as e2e/here. It
# sets before: so many processes are there, the other side's Hub perhaps too.
inside() {
    [ -z "$SAN" ] || skip_all "sanitized programs do not run in the guest"
    PATH=$B:$PATH
    export XDG_CACHE_HOME=/run/e2e/cache XDG_STATE_HOME=/run/e2e/state
    export XDG_RUNTIME_DIR=/run/e2e/run
    rm -rf /run/e2e && mkdir -m 700 /run/e2e /run/e2e/run
}
inside_hub() {
    exec 7< <(exec hffs hub serve --root /run/e2e/hub --admin \
        --repo "model:e2e/here=$1" 2>/run/e2e/hub.log)
    read -r -u 7 -t 120 HF_ENDPOINT ||
        bail_out "no Hub in the guest: $(cat /run/e2e/hub.log)"
    export HF_ENDPOINT=${HF_ENDPOINT##* }
    # shellcheck disable=SC2034 # for scripts
    before=$(pgrep -c hffs)
}
