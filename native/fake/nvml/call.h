// What every exported function does first: read the state again, honour "return." and "hang." lines, find the GPU.
#ifndef BRIDGE_FAKE_CALL_H
#define BRIDGE_FAKE_CALL_H

#include "../../include/nvml_abi.h"
#include "../gpu/store.h"

struct call {
    const struct machine *machine;
    const struct gpu *gpu;
    const struct mig_state *mig; // NULL for a whole GPU
    int slot;
};

// NVML_SUCCESS: the store is locked and `call` is filled, finish with call_end. Anything else: return it as it is.
nvmlReturn_t call_begin(const char *function, struct call *call);
nvmlReturn_t gpu_begin(const char *function, nvmlDevice_t device, struct call *call); // refuses MIG handles
nvmlReturn_t any_begin(const char *function, nvmlDevice_t device, struct call *call); // takes both
nvmlReturn_t call_end(nvmlReturn_t result);

// As call_begin for nvmlInit, which must not need an initialized library.
nvmlReturn_t init_begin(const char *function, struct call *call);
void init_count(int change);

nvmlDevice_t device_handle(int slot);
nvmlDevice_t mig_handle(int slot, uint32_t index);
// The GPU of a handle, or -1; *mig is the instance index or -1.
int handle_slot(nvmlDevice_t device, int *mig);

// Slot of the index-th GPU that enumeration shows, or -1; and the other way round.
int slot_of_index(const struct machine *machine, uint32_t index);
uint32_t shown_count(const struct machine *machine);

nvmlReturn_t give_text(const char *text, char *out, unsigned length);
nvmlReturn_t give_u32(const char *function, nvmlDevice_t device, size_t offset, unsigned *out);
void fill_pci(nvmlPciInfo_t *pci, uint32_t domain, uint32_t bus, uint32_t device, uint32_t id, uint32_t subsystem);

// The hexadecimal digits of a text as 16 bytes; what is no digit is skipped, what is missing is 0.
void guid_bytes(const char *text, unsigned char *bytes);

// 25 unless the caller's version word is the given one.
nvmlReturn_t check_version(const unsigned *given, unsigned expected);

#endif
