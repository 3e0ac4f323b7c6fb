#!/bin/bash
# hffs start mounts and returns when the mount is usable; status tells of it;
# stop unmounts and leaves nothing; a second start is told who is there; --run
# passes the status of its command on.
. "$(dirname "$0")/e2e.sh"
inside
inside_hub "$DATA/tree"
mounted() { grep -q " $1 nfs " /proc/mounts; }

ok "start returns" hffs start repo e2e/here /mnt/m
ok "... with the mount in place" mounted /mnt/m
ok "... usable" cmp "$DATA/tree/README.md" /mnt/m/README.md
hffs status --json >"$OUT/status"
ok "status names the mount" grep -q '"mountpoint": *"/mnt/m"' "$OUT/status"
fails "a second start on it fails" hffs start repo e2e/here /mnt/m
ok "... and the first goes on" cmp "$DATA/tree/empty" /mnt/m/empty

exec 6</mnt/m/README.md
fails "a busy mount is not stopped" hffs stop /mnt/m
ok "... and goes on" cmp "$DATA/tree/config.json" /mnt/m/config.json
exec 6<&-
ok "a free one is" hffs stop /mnt/m
fails "... nothing is mounted" mounted /mnt/m
is "... nothing runs but the Hub" "$(pgrep -c hffs)" "$before"
fails "status finds nothing there" hffs status /mnt/m

ok "start lets go of a pipe that it printed to" \
    timeout 20 bash -c 'hffs start repo e2e/here /mnt/m 2>&1 | cat'
hffs stop /mnt/m

hffs-nfs repo e2e/here /mnt/run --run 'cat "$HFFS_MOUNTPOINT/README.md"; exit 7' \
    >"$OUT/said" 2>"$OUT/complaints"
is "--run gives the command's status" $? 7
ok "... and just its output" cmp "$DATA/tree/README.md" "$OUT/said"
fails "... and unmounts" mounted /mnt/run

hffs start repo e2e/nothing /mnt/none 2>"$OUT/why"
is "a repo that is not there is refused" $? 5
fails "... and leaves no mount" mounted /mnt/none
ok "... for a reason" grep -q e2e/nothing "$OUT/why"
done_testing
