#define _GNU_SOURCE
#include "call.h"

#include <string.h>

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned *currentMode, unsigned *pendingMode) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (currentMode == NULL || pendingMode == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->mig_max == 0) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *currentMode = call.gpu->mig;
    *pendingMode = call.gpu->mig || call.gpu->mig_pending;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned *count) {
    return give_u32(__func__, device, offsetof(struct gpu, mig_max), count);
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned index, nvmlDevice_t *migDevice) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (migDevice == NULL || index >= call.gpu->mig_max) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (!call.gpu->mig) return call_end(NVML_ERROR_NOT_SUPPORTED);
    if (index >= call.gpu->mig_count) return call_end(NVML_ERROR_NOT_FOUND);
    *migDevice = mig_handle(call.slot, index);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t migDevice, nvmlDevice_t *device) {
    struct call call;
    nvmlReturn_t begun = any_begin(__func__, migDevice, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (device == NULL || call.mig == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *device = device_handle(call.slot);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned *isMigDevice) {
    struct call call;
    nvmlReturn_t begun = any_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (isMigDevice == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *isMigDevice = call.mig != NULL;
    return call_end(NVML_SUCCESS);
}

static nvmlReturn_t give_mig(const char *function, nvmlDevice_t device, size_t offset, unsigned *out) {
    struct call call;
    nvmlReturn_t begun = any_begin(function, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (out == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.mig == NULL) return call_end(NVML_ERROR_NOT_SUPPORTED);
    memcpy(out, (const char *)call.mig + offset, sizeof *out);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned *id) {
    return give_mig(__func__, device, offsetof(struct mig_state, gi), id);
}

nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned *id) {
    return give_mig(__func__, device, offsetof(struct mig_state, ci), id);
}

nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t device, nvmlDeviceAttributes_t *attributes) {
    struct call call;
    nvmlReturn_t begun = any_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (attributes == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.mig == NULL) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *attributes = (nvmlDeviceAttributes_t){
        .multiprocessorCount = call.mig->multiprocessors,
        .sharedCopyEngineCount = call.mig->slices,
        .gpuInstanceSliceCount = call.mig->slices,
        .computeInstanceSliceCount = call.mig->compute_slices,
        .memorySizeMB = call.mig->memory_mib,
    };
    return call_end(NVML_SUCCESS);
}
