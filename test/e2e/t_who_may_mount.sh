#!/bin/bash
# An ordinary user is told what would allow the mount, and the line for
# /etc/fstab that hffs prints does.
. "$(dirname "$0")/e2e.sh"
inside
inside_hub "$DATA/tree"
useradd -m -s /bin/bash hffs-joe 2>/dev/null || id hffs-joe >/dev/null ||
    skip_all "no useradd here"
bin=/run/hffs-joe # the tree may be where only root gets: below /root
mkdir -p $bin && cp -P "$B/hffs" "$B/hffs-nfs" $bin
as_joe() {
    su hffs-joe -s /bin/bash -c "cd; PATH=$bin:$PATH HF_ENDPOINT=$HF_ENDPOINT
        unset XDG_CACHE_HOME XDG_STATE_HOME XDG_RUNTIME_DIR; $1"
}
home=$(getent passwd hffs-joe | cut -d: -f6)
mkdir -p "$home" && chown hffs-joe "$home"
cp /etc/fstab "$OUT/fstab" 2>/dev/null
: >/etc/fstab
rm -f /etc/sudoers.d/hffs-joe

as_joe 'hffs start repo e2e/here "a mount"' 2>"$OUT/why"
is "who may not mount gets status 4" $? 4
ok "... is told about --no-mount" grep -q -- --no-mount "$OUT/why"
grep -o '127.0.0.1:/.*user,noauto 0 0' "$OUT/why" >/etc/fstab
ok "... and a line for fstab" test -s /etc/fstab
ok "with that line it mounts" as_joe 'hffs start repo e2e/here "a mount"'
readme() { as_joe "cat '$1/README.md'" | cmp - "$DATA/tree/README.md"; }
ok "... and shows the repo" readme 'a mount'
is "... as theirs" "$(as_joe 'stat -c %U "a mount/README.md"')" hffs-joe
ok "... and stops" as_joe 'hffs stop "a mount"'
fails "... for good" grep -q "$home" /proc/mounts
sed -i 's/user,//' /etc/fstab
as_joe 'hffs start repo e2e/here "a mount"' 2>"$OUT/why"
is "a line without the right word does not" $? 4
ok "... which is said" grep -q 'change the line' "$OUT/why"
: >/etc/fstab
if command -v sudo >/dev/null; then
    echo 'hffs-joe ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/hffs-joe
    ok "with sudo it mounts" as_joe 'hffs start repo e2e/here m'
    ok "... and shows the repo" readme m
    ok "... and stops" as_joe 'hffs stop m'
    rm /etc/sudoers.d/hffs-joe
fi
capsh --drop=cap_sys_admin -- -c 'hffs-nfs repo e2e/here /mnt/c' 2>"$OUT/why"
is "root without the capability gets status 4" $? 4
ok "... and is told its name" grep -q CAP_SYS_ADMIN "$OUT/why"
[ ! -e "$OUT/fstab" ] || cp "$OUT/fstab" /etc/fstab
done_testing
