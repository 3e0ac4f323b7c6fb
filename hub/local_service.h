/* What the local Hub does with a request, from its headers to the log. */
#ifndef HUB_LOCAL_SERVICE_H
#define HUB_LOCAL_SERVICE_H

#include "hub/local_web.h"

/* For the web servers of a struct local_hub, their owner. */
extern const struct web_service local_service;

#endif
