#define _GNU_SOURCE
#include "call.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned length) {
    struct call call;
    nvmlReturn_t begun = any_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (call.mig == NULL) return call_end(give_text(call.gpu->name, name, length));
    char text[sizeof call.gpu->name + sizeof call.mig->profile + 8];
    snprintf(text, sizeof text, "%s MIG %s", call.gpu->name, call.mig->profile);
    return call_end(give_text(text, name, length));
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned length) {
    struct call call;
    nvmlReturn_t begun = any_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    return call_end(give_text(call.mig == NULL ? call.gpu->uuid : call.mig->uuid, uuid, length));
}

nvmlReturn_t nvmlDeviceGetSerial(nvmlDevice_t device, char *serial, unsigned length) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    return begun != NVML_SUCCESS ? begun : call_end(give_text(call.gpu->serial, serial, length));
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned *index) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (index == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *index = 0;
    for (int slot = 0; slot < call.slot; slot++) *index += !call.machine->gpu[slot].absent;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned *minorNumber) {
    return give_u32(__func__, device, offsetof(struct gpu, minor), minorNumber);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (pci == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    fill_pci(pci, call.gpu->pci_domain, call.gpu->pci_bus, call.gpu->pci_device, call.gpu->pci_device_id,
             call.gpu->pci_subsystem_id);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetNumaNodeId(nvmlDevice_t device, unsigned *node) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (node == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->numa < 0) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *node = (unsigned)call.gpu->numa;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetPlatformInfo(nvmlDevice_t device, nvmlPlatformInfo_v2_t *platformInfo) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (platformInfo == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    unsigned version = platformInfo->version;
    if (version != NVML_VERSION_WORD(nvmlPlatformInfo_v2_t, 1) &&
        version != NVML_VERSION_WORD(nvmlPlatformInfo_v2_t, 2))
        return call_end(NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    if (!call.gpu->platform) return call_end(NVML_ERROR_NOT_SUPPORTED);
    memset(platformInfo, 0, sizeof *platformInfo);
    platformInfo->version = version;
    guid_bytes(call.gpu->platform_ib_guid, platformInfo->ibGuid);
    memcpy(platformInfo->chassisSerialNumber, call.gpu->platform_chassis, sizeof platformInfo->chassisSerialNumber);
    platformInfo->slotNumber = (unsigned char)call.gpu->platform_slot;
    platformInfo->trayIndex = (unsigned char)call.gpu->platform_tray;
    platformInfo->hostId = (unsigned char)call.gpu->platform_host;
    platformInfo->peerType = call.gpu->nvlink_switch;
    platformInfo->moduleId = (unsigned char)call.gpu->platform_module;
    return call_end(NVML_SUCCESS);
}

// "0-27,56-83" or "all", which means every CPU of this machine.
static bool set_cpus(const char *text, unsigned long *set, unsigned words) {
    char every[24];
    snprintf(every, sizeof every, "0-%ld", sysconf(_SC_NPROCESSORS_ONLN) - 1);
    const char *at = strcmp(text, "all") == 0 ? every : text;
    const unsigned long bits = sizeof *set * CHAR_BIT;
    while (*at != '\0') {
        char *end = NULL;
        unsigned long first = strtoul(at, &end, 10), last = first;
        if (end == at) return false;
        if (*end == '-') last = strtoul(end + 1, &end, 10);
        for (unsigned long cpu = first; cpu <= last && cpu < words * bits; cpu++)
            set[cpu / bits] |= 1ul << (cpu % bits);
        at = *end == ',' ? end + 1 : end;
        if (*end != ',' && *end != '\0') return false;
    }
    return true;
}

nvmlReturn_t nvmlDeviceGetCpuAffinity(nvmlDevice_t device, unsigned cpuSetSize, unsigned long *cpuSet) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (cpuSet == NULL || cpuSetSize == 0) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    memset(cpuSet, 0, cpuSetSize * sizeof *cpuSet);
    return call_end(set_cpus(call.gpu->cpus, cpuSet, cpuSetSize) ? NVML_SUCCESS : NVML_ERROR_UNKNOWN);
}
