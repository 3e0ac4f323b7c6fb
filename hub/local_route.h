/* From a request's target to the route that answers it. */
#ifndef HUB_LOCAL_ROUTE_H
#define HUB_LOCAL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct local_route;

/* Sets c->route, and kind, name and at as the route's place wants them. When
 * there is none, answers 404 or 405. content: on the server for content. */
bool route_find(struct call *c, bool content);

/* All routes, for statistics; a route's place in the row is its number. */
size_t route_count(void);
const struct local_route *route_at(size_t i);
size_t route_number(const struct local_route *route);

#endif
