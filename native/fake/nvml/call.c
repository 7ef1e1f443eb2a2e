#define _GNU_SOURCE
#include "call.h"

#include <stdio.h>
#include <string.h>

struct nvmlDevice_st {
    int slot, mig;
};

static struct nvmlDevice_st handles[MAX_GPUS][MAX_MIG + 1];
static int initialized; // guarded by the store's lock

nvmlDevice_t mig_handle(int slot, uint32_t index) {
    struct nvmlDevice_st *handle = &handles[slot][index + 1];
    *handle = (struct nvmlDevice_st){slot, (int)index};
    return handle;
}

nvmlDevice_t device_handle(int slot) {
    handles[slot][0] = (struct nvmlDevice_st){slot, -1};
    return &handles[slot][0];
}

int handle_slot(nvmlDevice_t device, int *mig) {
    const struct nvmlDevice_st *first = &handles[0][0], *end = &handles[MAX_GPUS - 1][MAX_MIG] + 1;
    if (device < first || device >= end || ((const char *)device - (const char *)first) % sizeof *first != 0) return -1;
    *mig = (int)((device - first) % (MAX_MIG + 1)) - 1;
    return (int)((device - first) / (MAX_MIG + 1));
}

// Takes and releases the lock around a forced delay, so that one hung call does not stop the others.
static nvmlReturn_t begin(const char *function, int slot, bool need_init, struct call *call) {
    call->machine = store_lock();
    struct forced forced = {0};
    if (call->machine != NULL) forced = machine_forced(call->machine, function, slot);
    if (forced.hang_ms > 0) {
        store_unlock();
        store_hang(forced.hang_ms);
        call->machine = store_lock();
    }
    if (need_init && initialized == 0) return call_end(NVML_ERROR_UNINITIALIZED);
    if (call->machine == NULL) return call_end(NVML_ERROR_UNKNOWN);
    if (forced.result_set) return call_end(forced.result);
    call->slot = slot;
    return NVML_SUCCESS;
}

nvmlReturn_t call_begin(const char *function, struct call *call) { return begin(function, EVERY_GPU, true, call); }

nvmlReturn_t init_begin(const char *function, struct call *call) { return begin(function, EVERY_GPU, false, call); }

void init_count(int change) { initialized += change; }

nvmlReturn_t call_end(nvmlReturn_t result) {
    store_unlock();
    return result;
}

nvmlReturn_t any_begin(const char *function, nvmlDevice_t device, struct call *call) {
    int mig = -1, slot = device == NULL ? -1 : handle_slot(device, &mig);
    nvmlReturn_t begun = begin(function, slot, true, call);
    if (begun != NVML_SUCCESS) return begun;
    if (slot < 0) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    call->gpu = &call->machine->gpu[slot];
    call->mig = NULL;
    if (slot >= (int)call->machine->count || call->gpu->absent || call->gpu->lost)
        return call_end(NVML_ERROR_GPU_IS_LOST);
    if (mig < 0) return NVML_SUCCESS;
    if (!call->gpu->mig || mig >= (int)call->gpu->mig_count) return call_end(NVML_ERROR_NOT_FOUND);
    call->mig = &call->gpu->migs[mig];
    return NVML_SUCCESS;
}

nvmlReturn_t gpu_begin(const char *function, nvmlDevice_t device, struct call *call) {
    nvmlReturn_t begun = any_begin(function, device, call);
    if (begun == NVML_SUCCESS && call->mig != NULL) return call_end(NVML_ERROR_NOT_SUPPORTED);
    return begun;
}

uint32_t shown_count(const struct machine *machine) {
    uint32_t shown = 0;
    for (uint32_t slot = 0; slot < machine->count; slot++) shown += !machine->gpu[slot].absent;
    return shown;
}

int slot_of_index(const struct machine *machine, uint32_t index) {
    for (uint32_t slot = 0; slot < machine->count; slot++)
        if (!machine->gpu[slot].absent && index-- == 0) return (int)slot;
    return -1;
}

nvmlReturn_t give_text(const char *text, char *out, unsigned length) {
    if (out == NULL) return NVML_ERROR_INVALID_ARGUMENT;
    if (strlen(text) >= length) return NVML_ERROR_INSUFFICIENT_SIZE;
    memcpy(out, text, strlen(text) + 1);
    return NVML_SUCCESS;
}

nvmlReturn_t give_u32(const char *function, nvmlDevice_t device, size_t offset, unsigned *out) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(function, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (out == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    memcpy(out, (const char *)call.gpu + offset, sizeof *out);
    return call_end(NVML_SUCCESS);
}

void fill_pci(nvmlPciInfo_t *pci, uint32_t domain, uint32_t bus, uint32_t device, uint32_t id, uint32_t subsystem) {
    memset(pci, 0, sizeof *pci);
    snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:%02X.0", domain & 0xffff, bus & 0xff, device & 0xff);
    snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:%02X.0", domain, bus & 0xff, device & 0xff);
    pci->domain = domain;
    pci->bus = bus;
    pci->device = device;
    pci->pciDeviceId = id;
    pci->pciSubSystemId = subsystem;
}

nvmlReturn_t check_version(const unsigned *given, unsigned expected) {
    if (given == NULL) return NVML_ERROR_INVALID_ARGUMENT;
    return *given == expected ? NVML_SUCCESS : NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
}
