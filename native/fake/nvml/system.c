#define _GNU_SOURCE
#include "call.h"

#include <stdio.h>
#include <string.h>

nvmlReturn_t nvmlInitWithFlags(unsigned flags) {
    struct call call;
    nvmlReturn_t begun = init_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if ((flags & ~(unsigned)(NVML_INIT_FLAG_NO_GPUS | NVML_INIT_FLAG_NO_ATTACH)) != 0)
        return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (!call.machine->driver_loaded) return call_end(NVML_ERROR_DRIVER_NOT_LOADED);
    init_count(+1);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlInit_v2(void) {
    struct call call;
    nvmlReturn_t begun = init_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (!call.machine->driver_loaded) return call_end(NVML_ERROR_DRIVER_NOT_LOADED);
    init_count(+1);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlShutdown(void) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS && begun != NVML_ERROR_UNKNOWN) return begun;
    if (begun == NVML_ERROR_UNKNOWN) store_lock(); // a broken state file must not keep the library open
    init_count(-1);
    return call_end(NVML_SUCCESS);
}

const char *nvmlErrorString(nvmlReturn_t result) {
    static const char *const text[] = {
        "Success", "Uninitialized", "Invalid Argument", "Not Supported", "Insufficient Permissions",
        "Already Initialized", "Not Found", "Insufficient Size", "Insufficient External Power", "Driver Not Loaded",
        "Timeout", "Interrupt Request Issue", "NVML Shared Library Not Found", "Function Not Found",
        "Corrupted infoROM", "GPU is lost", "GPU requires reset", "GPU access blocked by the operating system",
        "Driver/library version mismatch", "In use by another client", "Insufficient Memory", "No data",
        "VGPU ECC not supported", "Insufficient resources", "Frequency not supported", "Argument version mismatch",
        "Deprecated", "Not ready", "GPU not found", "Invalid state", "Reset type not supported",
    };
    return result >= 0 && (size_t)result < sizeof text / sizeof *text ? text[result] : "Unknown Error";
}

// The library's own version and CUDA's are told before nvmlInit and without a driver, as by the real library.
nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned length) {
    struct call call;
    nvmlReturn_t begun = init_begin(__func__, &call);
    return begun != NVML_SUCCESS ? begun : call_end(give_text(call.machine->nvml, version, length));
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned length) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    return begun != NVML_SUCCESS ? begun : call_end(give_text(call.machine->driver, version, length));
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *cudaDriverVersion) {
    struct call call;
    nvmlReturn_t begun = init_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (cudaDriverVersion == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *cudaDriverVersion = (int)call.machine->cuda;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *deviceCount) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (deviceCount == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *deviceCount = shown_count(call.machine);
    return call_end(NVML_SUCCESS);
}

// A GPU that fell off the bus is still counted; asking for its handle tells that it is lost.
static nvmlReturn_t give_handle(const char *function, const struct call *call, int slot, nvmlDevice_t *device) {
    if (slot < 0) return call_end(NVML_ERROR_NOT_FOUND);
    struct forced forced = machine_forced(call->machine, function, slot);
    if (forced.result_set) return call_end(forced.result);
    if (call->machine->gpu[slot].lost) return call_end(NVML_ERROR_GPU_IS_LOST);
    *device = device_handle(slot);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t *device) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (device == NULL || index >= shown_count(call.machine)) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    return give_handle(__func__, &call, slot_of_index(call.machine, index), device);
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (uuid == NULL || device == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    for (uint32_t slot = 0; slot < call.machine->count; slot++) {
        const struct gpu *gpu = &call.machine->gpu[slot];
        if (gpu->absent) continue;
        if (strcmp(uuid, gpu->uuid) == 0) return give_handle(__func__, &call, (int)slot, device);
        for (uint32_t i = 0; i < gpu->mig_count; i++) {
            if (strcmp(uuid, gpu->migs[i].uuid) != 0) continue;
            *device = mig_handle((int)slot, i);
            return call_end(gpu->lost ? NVML_ERROR_GPU_IS_LOST : NVML_SUCCESS);
        }
    }
    return call_end(NVML_ERROR_NOT_FOUND);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *pciBusId, nvmlDevice_t *device) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    unsigned domain = 0, bus = 0, number = 0;
    if (device == NULL || pciBusId == NULL || sscanf(pciBusId, "%8x:%2x:%2x", &domain, &bus, &number) != 3)
        return call_end(NVML_ERROR_INVALID_ARGUMENT);
    for (uint32_t slot = 0; slot < call.machine->count; slot++) {
        const struct gpu *gpu = &call.machine->gpu[slot];
        if (!gpu->absent && gpu->pci_domain == domain && gpu->pci_bus == bus && gpu->pci_device == number)
            return give_handle(__func__, &call, (int)slot, device);
    }
    return call_end(NVML_ERROR_NOT_FOUND);
}
