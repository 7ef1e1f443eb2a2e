#define _GNU_SOURCE
#include "runtime.h"
#include "../common/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local int current_device;
static _Thread_local cudaError_t last_error;

cudaError_t runtime_result(cudaError_t error) {
    if (error != cudaSuccess && error != cudaErrorNotReady) last_error = error;
    return error;
}

cudaError_t cudaGetLastError(void) {
    cudaError_t error = last_error;
    last_error = cudaSuccess;
    return error;
}

static int slot_by_name(const struct machine *machine, const char *name) {
    char *end = NULL;
    long index = strtol(name, &end, 10);
    if (*end == '\0' && end != name) {
        for (int slot = 0; slot < (int)machine->count; slot++)
            if (!machine->gpu[slot].absent && index-- == 0) return slot;
        return -1;
    }
    for (int slot = 0; slot < (int)machine->count; slot++)
        if (!machine->gpu[slot].absent && strcmp(machine->gpu[slot].uuid, name) == 0) return slot;
    return -1;
}

// As the real runtime: the first name that fits no GPU ends the list.
int visible_slots(const struct machine *machine, int *slots) {
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    int count = 0;
    if (visible == NULL) {
        for (int slot = 0; slot < (int)machine->count; slot++)
            if (!machine->gpu[slot].absent && !machine->gpu[slot].lost) slots[count++] = slot;
        return count;
    }
    char text[1024], *words[MAX_GPUS];
    snprintf(text, sizeof text, "%s", visible);
    int named = split_words(text, ",", words, MAX_GPUS);
    for (int i = 0; i < named; i++) {
        int slot = slot_by_name(machine, words[i]);
        if (slot < 0 || machine->gpu[slot].lost) break;
        slots[count++] = slot;
    }
    return count;
}

cudaError_t runtime_check(const char *function) {
    const struct machine *machine = store_lock();
    int slots[MAX_GPUS], count = machine == NULL ? 0 : visible_slots(machine, slots);
    int slot = current_device >= 0 && current_device < count ? slots[current_device] : EVERY_GPU;
    struct forced forced = {0};
    cudaError_t error = cudaSuccess;
    if (machine == NULL) error = cudaErrorUnknown;
    else if (!machine->driver_loaded) error = cudaErrorInsufficientDriver;
    else if (count == 0) error = cudaErrorNoDevice;
    if (machine != NULL) forced = machine_forced(machine, function, slot);
    store_unlock();
    if (forced.hang_ms > 0) store_hang(forced.hang_ms);
    return runtime_result(forced.result_set ? forced.result : error);
}

cudaError_t cudaRuntimeGetVersion(int *version) {
    if (version == NULL) return runtime_result(cudaErrorInvalidValue);
    *version = 12040;
    return cudaSuccess;
}

// Without a driver the real call succeeds with 0.
cudaError_t cudaDriverGetVersion(int *version) {
    if (version == NULL) return runtime_result(cudaErrorInvalidValue);
    const struct machine *machine = store_lock();
    *version = machine != NULL && machine->driver_loaded ? (int)machine->cuda : 0;
    store_unlock();
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count) {
    if (count == NULL) return runtime_result(cudaErrorInvalidValue);
    *count = 0;
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    int slots[MAX_GPUS];
    const struct machine *machine = store_lock();
    *count = machine == NULL ? 0 : visible_slots(machine, slots);
    store_unlock();
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
    int count = 0;
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess || (error = cudaGetDeviceCount(&count)) != cudaSuccess) return error;
    if (device < 0 || device >= count) return runtime_result(cudaErrorInvalidDevice);
    current_device = device;
    return cudaSuccess;
}

cudaError_t cudaGetDevice(int *device) {
    if (device == NULL) return runtime_result(cudaErrorInvalidValue);
    *device = current_device;
    return runtime_check(__func__);
}

int bridgeFakeCurrentGpu(void) {
    int slots[MAX_GPUS];
    const struct machine *machine = store_lock();
    int count = machine == NULL ? 0 : visible_slots(machine, slots);
    store_unlock();
    return current_device >= 0 && current_device < count ? slots[current_device] : -1;
}

cudaError_t cudaDeviceGetPCIBusId(char *id, int length, int device) {
    cudaError_t error = runtime_check(__func__);
    if (error != cudaSuccess) return error;
    int slots[MAX_GPUS];
    const struct machine *machine = store_lock();
    int count = machine == NULL ? 0 : visible_slots(machine, slots);
    if (id == NULL || length < 13) error = cudaErrorInvalidValue;
    else if (device < 0 || device >= count) error = cudaErrorInvalidDevice;
    else {
        const struct gpu *gpu = &machine->gpu[slots[device]];
        snprintf(id, (size_t)length, "%04x:%02x:%02x.0", gpu->pci_domain, gpu->pci_bus, gpu->pci_device);
    }
    store_unlock();
    return runtime_result(error);
}

struct error_text {
    cudaError_t error;
    const char *name, *text;
};

static const struct error_text error_texts[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver",
     "CUDA driver version is insufficient for CUDA runtime version"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorUnknown, "cudaErrorUnknown", "unknown error"},
};

static const struct error_text *find_text(cudaError_t error) {
    for (size_t i = 0; i < sizeof error_texts / sizeof *error_texts; i++)
        if (error_texts[i].error == error) return &error_texts[i];
    return NULL;
}

const char *cudaGetErrorName(cudaError_t error) {
    const struct error_text *found = find_text(error);
    return found != NULL ? found->name : "unrecognized error code";
}

const char *cudaGetErrorString(cudaError_t error) {
    const struct error_text *found = find_text(error);
    return found != NULL ? found->text : "unrecognized error code";
}
