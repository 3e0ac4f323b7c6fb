#!/bin/bash
# A server of hffs start that is killed comes back by itself: the mount goes
# on, open files included, and status counts the restart. A foreground server
# that was killed is started again by hand and takes its mount back.
. "$(dirname "$0")/e2e.sh"
inside
inside_hub "$DATA/tree"
server_pid() { hffs status --json | grep -o '"pid": *[0-9]*' | grep -o '[0-9]*$' | head -n 1; }

ok "start" hffs start repo e2e/here /mnt/m
exec 6</mnt/m/sizes/1048577.bin
first=$(server_pid)
ok "it has a process" kill -0 "$first"
kill -KILL "$first"
another() { [ "$(server_pid)" != "$first" ] && kill -0 "$(server_pid)"; }
ok "another one comes" until_true 30 another
ok "the mount goes on" diff -r "$DATA/tree" /mnt/m
ok "an open file, too" cmp "$DATA/tree/sizes/1048577.bin" - <&6
exec 6<&-
ok "status counts the restart" \
    bash -c 'hffs status --json | grep -q "\"restarts\": *1"'
ok "stop" hffs stop /mnt/m
is "nothing runs but the Hub" "$(pgrep -c hffs)" "$before"

hffs-nfs repo e2e/here /mnt/f >"$OUT/one" 2>&1 &
foreground=$!
ok "a foreground mount says when it is ready" \
    until_true 30 grep -q ^mounted "$OUT/one"
ok "... and is" cmp "$DATA/tree/README.md" /mnt/f/README.md
{ kill -KILL $foreground && wait $foreground; } 2>/dev/null
hffs-nfs repo e2e/here /mnt/f >"$OUT/two" 2>&1 &
foreground=$!
ok "started again it takes the mount back" \
    until_true 30 grep -q ^mounted "$OUT/two"
is "... which is there once" "$(grep -c ' /mnt/f nfs ' /proc/mounts)" 1
ok "... and goes on" diff -r "$DATA/tree/sizes" /mnt/f/sizes
kill -TERM $foreground
wait $foreground
is "SIGTERM ends it well" $? 0
fails "... and unmounts" grep -q ' /mnt/f nfs ' /proc/mounts
done_testing
