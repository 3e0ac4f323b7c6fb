#!/usr/bin/env python3
"""Reading as safetensors does (the header's length, the header, one tensor)
gives the right tensor and fetches little more than that."""
import json
import os

from e2e import ask, check, content, done, equal, hub_counts, serve_and_mount

serve_and_mount("e2e/big", "/mnt/big")
wanted = content("big/model.safetensors")
ask("forget")
with open("/mnt/big/model.safetensors", "rb") as file:
    length = int.from_bytes(file.read(8), "little")
    header = json.loads(file.read(length))
    equal("the header names all tensors", len(header), 16)
    begin, end = header["t9"]["data_offsets"]
    file.seek(8 + length + begin)
    tensor = file.read(end - begin)
check("the tensor is right",
      tensor == wanted[8 + length + begin:8 + length + end])
sent = hub_counts()[1]
check(f"{sent / len(tensor):.2f} times its size was fetched",
      sent < 4 * len(tensor))
size = os.stat("/mnt/big/model.safetensors").st_size
check("... and far less than the file", sent < size / 3, sent, size)

with open("/mnt/big/model.safetensors", "rb") as file:
    for name in ("t15", "t0", "t7"):
        begin, end = header[name]["data_offsets"]
        file.seek(8 + length + begin)
        check(f"{name} is right, in another order", file.read(end - begin) ==
              wanted[8 + length + begin:8 + length + end])
done()
