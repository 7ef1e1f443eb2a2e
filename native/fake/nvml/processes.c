#define _GNU_SOURCE
#include "call.h"

static bool belongs(const struct call *call, const struct process_state *process, bool graphics) {
    return process->graphics == graphics && (call->mig == NULL || process->gi == call->mig->gi);
}

static nvmlReturn_t give_processes(const char *function, nvmlDevice_t device, unsigned *count, nvmlProcessInfo_t *infos,
                                   bool graphics) {
    struct call call;
    nvmlReturn_t begun = any_begin(function, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (count == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    uint32_t room = *count, found = 0;
    for (uint32_t i = 0; i < call.gpu->process_count; i++) {
        const struct process_state *process = &call.gpu->process[i];
        if (!belongs(&call, process, graphics)) continue;
        if (found < room && infos != NULL)
            infos[found] = (nvmlProcessInfo_t){process->pid, process->memory_mib * 1024 * 1024, process->gi,
                                               process->ci};
        found++;
    }
    *count = found;
    if (found > room) return call_end(NVML_ERROR_INSUFFICIENT_SIZE);
    return call_end(found > 0 && infos == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned *infoCount,
                                                     nvmlProcessInfo_t *infos) {
    return give_processes(__func__, device, infoCount, infos, false);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned *infoCount,
                                                      nvmlProcessInfo_t *infos) {
    return give_processes(__func__, device, infoCount, infos, true);
}

// One sample per process, with the GPU's utilization as every process's own.
nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device, nvmlProcessUtilizationSample_t *utilization,
                                             unsigned *processSamplesCount, unsigned long long lastSeenTimeStamp) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (processSamplesCount == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->mig) return call_end(NVML_ERROR_NOT_SUPPORTED);
    uint32_t room = *processSamplesCount, count = call.gpu->process_count;
    *processSamplesCount = count;
    if (count == 0) return call_end(NVML_ERROR_NOT_FOUND);
    if (utilization == NULL || room < count) return call_end(NVML_ERROR_INSUFFICIENT_SIZE);
    for (uint32_t i = 0; i < count; i++)
        utilization[i] = (nvmlProcessUtilizationSample_t){.pid = call.gpu->process[i].pid,
                                                          .timeStamp = lastSeenTimeStamp + 1,
                                                          .smUtil = call.gpu->util_gpu,
                                                          .memUtil = call.gpu->util_memory};
    return call_end(NVML_SUCCESS);
}
