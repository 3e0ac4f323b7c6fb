#!/usr/bin/env python3
"""Attributes are as programs expect them: types, sizes, owners, modes, link
counts, one device, inode numbers of their own, blocks, names of all kinds."""
import os
import stat

from e2e import DATA, check, content, done, equal, serve_and_mount

serve_and_mount("e2e/files", "/mnt/tree", "--uid", "1234", "--gid", "2345")
inodes, wrong, devices = {}, [], set()
for top, folders, files in os.walk("/mnt/tree"):
    source = DATA + "/tree" + top[len("/mnt/tree"):]
    equal(f"{top[9:] or '/'} has the right names", sorted(folders + files),
          sorted(os.listdir(source)))
    for name in ["."] + folders + files:
        info = os.lstat(os.path.join(top, name))
        there = os.lstat(os.path.join(source, name))
        devices.add(info.st_dev)
        if name != ".":
            inodes.setdefault(info.st_ino, []).append(os.path.join(top, name))
        if (stat.S_IFMT(info.st_mode) != stat.S_IFMT(there.st_mode)
                or (info.st_uid, info.st_gid) != (1234, 2345)
                or info.st_mode & 0o222 or not info.st_mode & 0o400
                or info.st_nlink < 1 or not 0 < info.st_mtime < 1 << 33):
            wrong.append((top, name, info))
        if stat.S_ISREG(info.st_mode) and (
                info.st_size != there.st_size or info.st_nlink != 1
                or info.st_blocks * 512 < info.st_size):
            wrong.append((top, name, info))
        if stat.S_ISDIR(info.st_mode) and not info.st_mode & 0o500 == 0o500:
            wrong.append((top, name, info))
check("all attributes are in order", not wrong, wrong[:5])
equal("there is one device", len(devices), 1)
twice = [names for names in inodes.values() if len(names) > 1]
check(f"{len(inodes)} inode numbers are different", not twice, twice[:5])
check("none is 0", 0 not in inodes)

for name in os.listdir(f"{DATA}/tree/odd"):
    with open(f"/mnt/tree/odd/{name}", "rb") as file:
        equal(f"odd/{name[:20]} can be read", file.read(),
              content(f"tree/odd/{name}"))
equal("a file of no bytes has none", open("/mnt/tree/empty", "rb").read(), b"")
system = os.statvfs("/mnt/tree")
equal("names may have 255 bytes", system.f_namemax, 255)
equal("nothing is free", system.f_bavail, 0)
done()
