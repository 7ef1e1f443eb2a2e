// What the ranks and the root of a communicator say to each other over TCP, all in this machine's byte order.
#ifndef BRIDGE_FAKE_WIRE_H
#define BRIDGE_FAKE_WIRE_H

#include "table.h"

#include <netinet/in.h>

enum frame_kind {
    FRAME_HELLO = 1, // payload struct hello
    FRAME_READY,     // the communicator is complete
    FRAME_OPERATION, // payload: what the rank contributes
    FRAME_RESULT,    // payload: what the rank receives
    FRAME_FAILED,    // the communicator is broken; code says how
    FRAME_SPLIT,     // code = color, peer = key; the answer carries the new communicator, rank and size
    FRAME_BYE,       // this rank finalizes; answered when every rank has said it or is gone
    FRAME_STATUS,    // code is a report_style (ras.h); the answer is the payload, then the root hangs up
};

struct frame {
    uint32_t kind;
    int32_t code, operation, type, peer;
    uint32_t size_of_type;
    uint64_t communicator, sequence;
    uint64_t count;   // elements, as the caller said
    uint64_t carried; // elements of each piece that the payload really has
    uint64_t uniform; // 1: what is not carried is the last carried element, over and over
    uint64_t bytes;   // of the payload
    double microseconds;
};

struct hello {
    int32_t rank, ranks, pid, device, slot;
    struct place place;
};

// A growing buffer, filled at the end and emptied at the front.
struct buffer {
    char *data;
    size_t start, end, room;
};

bool buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_drop(struct buffer *buffer, size_t size);
void buffer_free(struct buffer *buffer);
static inline size_t buffer_size(const struct buffer *buffer) { return buffer->end - buffer->start; }

// Blocking, whole frames; false when the connection is gone.
bool wire_send(int fd, const struct frame *frame, const void *payload);
bool wire_receive(int fd, void *data, size_t size);
int wire_connect(const struct sockaddr_in *address);

// A listener on the address of the interface that NCCL_SOCKET_IFNAME names (a prefix; "=eth0" exactly), else of the
// first interface that is up and no loopback, else on 127.0.0.1. -1 with a text in `problem` when there is none.
int wire_listen(struct sockaddr_in *address, char *problem, size_t size);

#endif
