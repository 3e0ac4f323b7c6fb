/* The gear table of Xet chunking, part of the format. */
#ifndef HUB_XET_GEAR_H
#define HUB_XET_GEAR_H

#include <stdint.h>

extern const uint64_t xet_gear[256];

#endif
