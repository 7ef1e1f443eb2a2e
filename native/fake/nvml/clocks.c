#define _GNU_SOURCE
#include "call.h"

static nvmlReturn_t give_reasons(const char *function, nvmlDevice_t device, unsigned long long *reasons) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(function, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (reasons == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *reasons = call.gpu->clock_reasons;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t device, unsigned long long *clocksEventReasons) {
    return give_reasons(__func__, device, clocksEventReasons);
}

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device, unsigned long long *clocksThrottleReasons) {
    return give_reasons(__func__, device, clocksThrottleReasons);
}

static nvmlReturn_t give_clock(const char *function, nvmlDevice_t device, unsigned type, unsigned *clock, bool most) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(function, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (clock == NULL || type > 3) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    const struct gpu *gpu = call.gpu;
    const uint32_t now[] = {gpu->clock_graphics, gpu->clock_sm, gpu->clock_memory, gpu->clock_video};
    const uint32_t top[] = {gpu->clock_graphics_max, gpu->clock_sm_max, gpu->clock_memory_max, gpu->clock_video_max};
    *clock = most ? top[type] : now[type];
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, unsigned type, unsigned *clock) {
    return give_clock(__func__, device, type, clock, false);
}

nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t device, unsigned type, unsigned *clock) {
    return give_clock(__func__, device, type, clock, true);
}

// The supported clocks are a ladder from the maximum down, as the real driver lists them.
static nvmlReturn_t give_ladder(uint32_t top, uint32_t step, uint32_t rungs, unsigned *count, unsigned *clocks) {
    if (count == NULL) return NVML_ERROR_INVALID_ARGUMENT;
    uint32_t room = *count;
    *count = rungs;
    if (room < rungs) return NVML_ERROR_INSUFFICIENT_SIZE;
    if (clocks == NULL) return NVML_ERROR_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < rungs; i++) clocks[i] = top - i * step;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetSupportedMemoryClocks(nvmlDevice_t device, unsigned *count, unsigned *clocksMHz) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    return begun != NVML_SUCCESS ? begun : call_end(give_ladder(call.gpu->clock_memory_max, 0, 1, count, clocksMHz));
}

nvmlReturn_t nvmlDeviceGetSupportedGraphicsClocks(nvmlDevice_t device, unsigned memoryClockMHz, unsigned *count,
                                                  unsigned *clocksMHz) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (memoryClockMHz != call.gpu->clock_memory_max) return call_end(NVML_ERROR_NOT_FOUND);
    uint32_t top = call.gpu->clock_graphics_max, rungs = top / 15;
    return call_end(give_ladder(top, 15, rungs < 80 ? rungs : 80, count, clocksMHz));
}

// Locking clocks needs root on a real machine; the fake accepts it and keeps the clocks of the state file.
static nvmlReturn_t accept(const char *function, nvmlDevice_t device, bool good) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(function, device, &call);
    return begun != NVML_SUCCESS ? begun : call_end(good ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT);
}

nvmlReturn_t nvmlDeviceSetGpuLockedClocks(nvmlDevice_t device, unsigned minGpuClockMHz, unsigned maxGpuClockMHz) {
    return accept(__func__, device, minGpuClockMHz <= maxGpuClockMHz);
}

nvmlReturn_t nvmlDeviceSetMemoryLockedClocks(nvmlDevice_t device, unsigned minMemClockMHz, unsigned maxMemClockMHz) {
    return accept(__func__, device, minMemClockMHz <= maxMemClockMHz);
}

nvmlReturn_t nvmlDeviceResetGpuLockedClocks(nvmlDevice_t device) { return accept(__func__, device, true); }

nvmlReturn_t nvmlDeviceResetMemoryLockedClocks(nvmlDevice_t device) { return accept(__func__, device, true); }

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (utilization == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->mig) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *utilization = (nvmlUtilization_t){call.gpu->util_gpu, call.gpu->util_memory};
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t device, unsigned *currLinkGen) {
    return give_u32(__func__, device, offsetof(struct gpu, pcie_gen), currLinkGen);
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t device, unsigned *currLinkWidth) {
    return give_u32(__func__, device, offsetof(struct gpu, pcie_width), currLinkWidth);
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t device, unsigned *maxLinkGen) {
    return give_u32(__func__, device, offsetof(struct gpu, pcie_gen_max), maxLinkGen);
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t device, unsigned *maxLinkWidth) {
    return give_u32(__func__, device, offsetof(struct gpu, pcie_width_max), maxLinkWidth);
}

nvmlReturn_t nvmlDeviceGetPcieReplayCounter(nvmlDevice_t device, unsigned *value) {
    return give_u32(__func__, device, offsetof(struct gpu, pcie_replay), value);
}
