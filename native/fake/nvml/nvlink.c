#define _GNU_SOURCE
#include "call.h"

#include <string.h>

static nvmlReturn_t link_begin(const char *function, nvmlDevice_t device, unsigned link, const void *out,
                               struct call *call) {
    nvmlReturn_t begun = gpu_begin(function, device, call);
    if (begun != NVML_SUCCESS) return begun;
    if (out == NULL || link >= MAX_LINKS) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (link >= call->gpu->nvlink_count) return call_end(NVML_ERROR_NOT_SUPPORTED);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned link, unsigned *isActive) {
    struct call call;
    nvmlReturn_t begun = link_begin(__func__, device, link, isActive, &call);
    if (begun != NVML_SUCCESS) return begun;
    *isActive = call.gpu->link[link].active;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t device, unsigned link, unsigned counter,
                                             unsigned long long *counterValue) {
    struct call call;
    nvmlReturn_t begun = link_begin(__func__, device, link, counterValue, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (call.gpu->nvlink_generation > 4) return call_end(NVML_ERROR_NOT_SUPPORTED);
    const struct link_state *state = &call.gpu->link[link];
    const uint64_t counters[] = {state->replay, state->recovery, state->crc_flit, state->crc_data, state->ecc};
    if (counter >= sizeof counters / sizeof *counters) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *counterValue = counters[counter];
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetNvLinkRemoteDeviceType(nvmlDevice_t device, unsigned link, unsigned *pNvLinkDeviceType) {
    struct call call;
    nvmlReturn_t begun = link_begin(__func__, device, link, pNvLinkDeviceType, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (!call.gpu->link[link].active) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *pNvLinkDeviceType = call.gpu->nvlink_switch ? NVML_NVLINK_DEVICE_TYPE_SWITCH : NVML_NVLINK_DEVICE_TYPE_GPU;
    return call_end(NVML_SUCCESS);
}

// Without switches the links of a GPU are dealt out evenly to its peers, in slot order.
static const struct gpu *peer_of(const struct call *call, unsigned link) {
    unsigned peers = call->machine->count - 1, each = peers == 0 ? 0 : call->gpu->nvlink_count / peers;
    if (each == 0 || link / each >= peers) return NULL;
    unsigned peer = link / each;
    return &call->machine->gpu[peer + (peer >= (unsigned)call->slot)];
}

nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t device, unsigned link, nvmlPciInfo_t *pci) {
    struct call call;
    nvmlReturn_t begun = link_begin(__func__, device, link, pci, &call);
    if (begun != NVML_SUCCESS) return begun;
    const struct link_state *state = &call.gpu->link[link];
    const struct gpu *peer = peer_of(&call, link);
    if (!state->active) return call_end(NVML_ERROR_NOT_SUPPORTED);
    if (state->remote_set) fill_pci(pci, state->remote_domain, state->remote_bus, state->remote_device, 0, 0);
    else if (call.gpu->nvlink_switch) fill_pci(pci, call.gpu->pci_domain, 5, 0x10 + link % 6, 0x22a310de, 0);
    else if (peer != NULL) fill_pci(pci, peer->pci_domain, peer->pci_bus, peer->pci_device, peer->pci_device_id, 0);
    else return call_end(NVML_ERROR_NOT_SUPPORTED);
    return call_end(NVML_SUCCESS);
}

void guid_bytes(const char *text, unsigned char *bytes) {
    memset(bytes, 0, 16);
    for (unsigned digit = 0; *text != '\0' && digit < 32; text++) {
        const char *hex = strchr("0123456789abcdef", *text >= 'A' && *text <= 'F' ? *text + 32 : *text);
        if (hex == NULL) continue;
        unsigned value = (unsigned)(hex - "0123456789abcdef");
        bytes[digit / 2] = (unsigned char)(bytes[digit / 2] | (digit % 2 == 0 ? value << 4 : value));
        digit++;
    }
}

nvmlReturn_t nvmlDeviceGetGpuFabricInfo(nvmlDevice_t device, nvmlGpuFabricInfo_t *gpuFabricInfo) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (gpuFabricInfo == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    guid_bytes(call.gpu->fabric_cluster, gpuFabricInfo->clusterUuid);
    gpuFabricInfo->status = (nvmlReturn_t)call.gpu->fabric_status;
    gpuFabricInfo->cliqueId = call.gpu->fabric_clique;
    gpuFabricInfo->state = (unsigned char)call.gpu->fabric_state;
    return call_end(NVML_SUCCESS);
}

// Version 2 ends before healthSummary; drivers up to 550 know no version 3.
nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t device, nvmlGpuFabricInfo_v3_t *gpuFabricInfo) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (gpuFabricInfo == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    bool third = FAKE_DRIVER > 550 && gpuFabricInfo->version == NVML_VERSION_WORD(nvmlGpuFabricInfo_v3_t, 3);
    if (!third && gpuFabricInfo->version != NVML_VERSION_WORD(nvmlGpuFabricInfo_v2_t, 2))
        return call_end(NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    guid_bytes(call.gpu->fabric_cluster, gpuFabricInfo->clusterUuid);
    gpuFabricInfo->status = (nvmlReturn_t)call.gpu->fabric_status;
    gpuFabricInfo->cliqueId = call.gpu->fabric_clique;
    gpuFabricInfo->state = (unsigned char)call.gpu->fabric_state;
    gpuFabricInfo->healthMask = call.gpu->fabric_health_mask;
    if (third) gpuFabricInfo->healthSummary = (unsigned char)call.gpu->fabric_health_summary;
    return call_end(NVML_SUCCESS);
}

// Finds the second GPU of a pair under the lock that the first one holds.
static nvmlReturn_t second(const struct call *first, nvmlDevice_t device, const struct gpu **gpu) {
    int mig = -1, slot = device == NULL ? -1 : handle_slot(device, &mig);
    if (slot < 0 || mig >= 0) return NVML_ERROR_INVALID_ARGUMENT;
    *gpu = &first->machine->gpu[slot];
    bool gone = slot >= (int)first->machine->count || (*gpu)->lost || (*gpu)->absent;
    return gone ? NVML_ERROR_GPU_IS_LOST : NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetP2PStatus(nvmlDevice_t device1, nvmlDevice_t device2, unsigned p2pIndex,
                                    unsigned *p2pStatus) {
    struct call call;
    const struct gpu *peer = NULL;
    nvmlReturn_t begun = gpu_begin(__func__, device1, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (p2pStatus == NULL || p2pIndex > 4) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    nvmlReturn_t found = second(&call, device2, &peer);
    if (found != NVML_SUCCESS) return call_end(found);
    bool linked = call.gpu->nvlink_count > 0 && peer->nvlink_count > 0;
    *p2pStatus = p2pIndex == 2 && !linked ? NVML_P2P_STATUS_NOT_SUPPORTED : NVML_P2P_STATUS_OK;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t device1, nvmlDevice_t device2, unsigned *pathInfo) {
    struct call call;
    const struct gpu *peer = NULL;
    nvmlReturn_t begun = gpu_begin(__func__, device1, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (pathInfo == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    nvmlReturn_t found = second(&call, device2, &peer);
    if (found != NVML_SUCCESS) return call_end(found);
    *pathInfo = peer->numa == call.gpu->numa ? NVML_TOPOLOGY_NODE : NVML_TOPOLOGY_SYSTEM;
    return call_end(NVML_SUCCESS);
}
