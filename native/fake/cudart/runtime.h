#ifndef BRIDGE_FAKE_RUNTIME_H
#define BRIDGE_FAKE_RUNTIME_H

#include "../../include/cudart_abi.h"
#include "../gpu/store.h"

// Reads the state, honours "return." and "hang." lines, remembers the error for cudaGetLastError.
cudaError_t runtime_check(const char *function);
cudaError_t runtime_result(cudaError_t error);

// The GPU slots that CUDA_VISIBLE_DEVICES leaves of a machine, in its order. Returns their number.
int visible_slots(const struct machine *machine, int *slots);

// Memory of the device of this many bytes exists at the pointer.
bool memory_holds(const void *pointer, size_t size);

#endif
