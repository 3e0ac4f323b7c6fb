/* Bodies that are sent piece by piece: files, and whatever a fault changes. */
#ifndef HUB_LOCAL_STREAM_H
#define HUB_LOCAL_STREAM_H

struct MHD_Response;
struct exchange;

/* The answer's body as a response, with the faults that x has met. Takes over
 * the answer's file. */
struct MHD_Response *stream_response(struct exchange *x);

#endif
