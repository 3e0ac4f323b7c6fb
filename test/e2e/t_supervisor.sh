#!/bin/bash
# The supervisor between two servers: what is unmounted meanwhile stays
# unmounted, and one that is stopped then unmounts.
. "$(dirname "$0")/e2e.sh"
inside
inside_hub "$DATA/tree"
mounted() { grep -q " $1 nfs " /proc/mounts; }
number() { hffs status --json | grep -o "\"$1\": *[0-9]*" | grep -o '[0-9]*$'; }
start() {
    hffs start repo e2e/here /mnt/m >/dev/null || return 1
    server=$(number pid) supervisor=$(number supervisor_pid)
}
gone() { ! kill -0 "$supervisor" 2>/dev/null; }

start
is "start" $? 0
kill -STOP "$supervisor" && kill -KILL "$server"
umount -i -l /mnt/m
kill -CONT "$supervisor"
ok "unmounted while no server ran, the supervisor ends" until_true 30 gone
fails "... and mounts nothing" mounted /mnt/m
ok "... and status knows of nothing" grep -q 'nothing is mounted' \
    <(hffs status)

start
is "start" $? 0
kill -STOP "$supervisor" && kill -KILL "$server"
kill -TERM "$supervisor" && kill -CONT "$supervisor"
ok "stopped while no server ran, the supervisor ends" until_true 30 gone
fails "... and unmounts" mounted /mnt/m

start
is "start" $? 0
kill -KILL "$supervisor" "$server"
until_true 30 gone
start
is "with both killed, start takes the mount up" $? 0
is "... once" "$(grep -c ' /mnt/m nfs ' /proc/mounts)" 1
ok "... and it works" cmp "$DATA/tree/README.md" /mnt/m/README.md

exec 6</mnt/m/README.md
hffs stop /mnt/m 2>"$OUT/why"
is "a busy mount is left" $? 6
ok "... and who uses it is said" grep -q "pid $$" "$OUT/why"
kill -TERM "$supervisor"
sleep_until_told() { grep -q 'stays mounted' "$XDG_STATE_HOME"/hffs/logs/*; }
ok "SIGTERM leaves it, too" until_true 30 sleep_until_told
ok "... and it goes on" cmp "$DATA/tree/empty" /mnt/m/empty
ok "--force takes it away" hffs stop --force /mnt/m
fails "... from everybody" mounted /mnt/m
exec 6<&-
umount_by_hand() { umount /mnt/m && until_true 30 gone; }
start
is "start" $? 0
ok "umount by hand ends server and supervisor" umount_by_hand
is "nothing runs but the Hub" "$(pgrep -c hffs)" "$before"
done_testing
