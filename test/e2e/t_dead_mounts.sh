#!/bin/bash
# Mounts of servers that died: one that can be taken up is left alone when that
# fails, one that cannot is cleaned by the next start or by stop, and nothing
# hangs on the way.
. "$(dirname "$0")/e2e.sh"
inside
inside_hub "$DATA/tree"
mounted() { grep -q " $1 nfs " /proc/mounts; }
foreground() { # mounts e2e/here on DIR
    hffs-nfs repo e2e/here "$1" >"$OUT/said" 2>&1 &
    server=$!
    until_true 30 grep -q ^mounted "$OUT/said"
}
kill_it() { { kill -KILL $server && wait $server; } 2>/dev/null; }

mkdir /mnt/d
foreground /mnt/d
is "a mount" $? 0
port=$(grep -o 'mountport=[0-9]*' /proc/mounts | cut -d= -f2)
kill_it
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1",
    LocalPort => $ARGV[0], Listen => 1, ReuseAddr => 1) or die; $| = 1; print "here\n";
    sleep 60' "$port" >"$OUT/thief" &
thief=$!
until_true 30 test -s "$OUT/thief"
hffs-nfs repo e2e/here /mnt/d 2>"$OUT/why"
is "with its port taken the server does not start" $? 1
ok "... and says which" grep -q "port $port" "$OUT/why"
{ kill $thief && wait $thief; } 2>/dev/null
foreground /mnt/d
is "once it is free the mount is taken up" $? 0
ok "... it is the old one" grep -q "port=$port," /proc/mounts
ok "... and works" cmp "$DATA/tree/README.md" /mnt/d/README.md

kill_it
cat /mnt/d/config.json >/dev/null 2>&1 & # waits for a server
reader=$!
ok "another repo on a dead mount starts" \
    hffs start repo e2e/here/sizes /mnt/d
ok "... and shows its own" diff -r "$DATA/tree/sizes" /mnt/d
is "... alone" "$(grep -c ' /mnt/d nfs ' /proc/mounts)" 1
ok "... and stops" hffs stop /mnt/d
{ kill -KILL $reader; wait $reader; } 2>/dev/null

foreground /mnt/new
is "a mount" $? 0
kill_it
is "status sees that it is dead" "$(hffs status >/dev/null; echo $?)" 1
ok "stop cleans it" hffs stop /mnt/new
fails "... it is gone" mounted /mnt/new
fails "... with the directory that hffs made" test -e /mnt/new
ok "a directory of the user stays" test -d /mnt/d
ok "status is content" hffs status
done_testing
