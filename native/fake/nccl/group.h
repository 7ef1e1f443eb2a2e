#ifndef BRIDGE_FAKE_GROUP_H
#define BRIDGE_FAKE_GROUP_H

#include "comm.h"

// Waits for a new communicator as its configuration and the open group ask.
ncclResult_t group_init(struct ncclComm *comm);
// Checks a call and hands it over, at once or at the end of the open group.
ncclResult_t group_call(struct ncclComm *comm, cudaStream_t stream, struct call call);

#endif
