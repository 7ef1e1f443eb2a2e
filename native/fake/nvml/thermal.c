#define _GNU_SOURCE
#include "call.h"

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, unsigned sensorType, unsigned *temp) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (temp == NULL || sensorType != 0) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *temp = (unsigned)call.gpu->temp_gpu;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetTemperatureV(nvmlDevice_t device, nvmlTemperature_v1_t *temperature) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version =
        check_version(temperature == NULL ? NULL : &temperature->version, NVML_VERSION_WORD(nvmlTemperature_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    if (temperature->sensorType != 0) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    temperature->temperature = call.gpu->temp_gpu;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetTemperatureThreshold(nvmlDevice_t device, unsigned thresholdType, unsigned *temp) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (temp == NULL || thresholdType > 7) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    const int32_t limits[] = {call.gpu->temp_shutdown, call.gpu->temp_slowdown, call.gpu->temp_memory_max,
                              call.gpu->temp_gpu_max};
    if (thresholdType > 3 || limits[thresholdType] == 0) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *temp = (unsigned)limits[thresholdType];
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetMarginTemperature(nvmlDevice_t device, nvmlMarginTemperature_v1_t *marginTempInfo) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version = check_version(marginTempInfo == NULL ? NULL : &marginTempInfo->version,
                                         NVML_VERSION_WORD(nvmlMarginTemperature_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    const struct gpu *gpu = call.gpu;
    marginTempInfo->marginTemperature =
        gpu->temp_margin != UNSET ? gpu->temp_margin : gpu->temp_slowdown - gpu->temp_gpu;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned *power) {
    return give_u32(__func__, device, offsetof(struct gpu, power_mw), power);
}

nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned *limit) {
    return give_u32(__func__, device, offsetof(struct gpu, power_limit_mw), limit);
}

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long *energy) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (energy == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *energy = call.gpu->energy_mj;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t device, unsigned *mode) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (mode == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *mode = call.gpu->persistence;
    return call_end(NVML_SUCCESS);
}
