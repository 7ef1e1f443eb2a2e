#define _GNU_SOURCE
#include "call.h"

#include <string.h>

static const uint64_t mebibyte = 1024 * 1024;

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
    struct call call;
    nvmlReturn_t begun = any_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version =
        check_version(memory == NULL ? NULL : &memory->version, NVML_VERSION_WORD(nvmlMemory_v2_t, 2));
    if (version != NVML_SUCCESS) return call_end(version);
    memory->total = (call.mig != NULL ? call.mig->memory_mib : call.gpu->memory_total_mib) * mebibyte;
    memory->reserved = call.mig != NULL ? 0 : call.gpu->memory_reserved_mib * mebibyte;
    memory->used = call.mig != NULL ? 0 : call.gpu->memory_used_mib * mebibyte;
    for (uint32_t i = 0; i < call.gpu->process_count; i++) {
        const struct process_state *process = &call.gpu->process[i];
        if (call.mig == NULL || process->gi == call.mig->gi) memory->used += process->memory_mib * mebibyte;
    }
    if (memory->used + memory->reserved > memory->total) memory->used = memory->total - memory->reserved;
    memory->free = memory->total - memory->reserved - memory->used;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, unsigned *current, unsigned *pending) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (current == NULL || pending == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *current = *pending = call.gpu->ecc;
    return call_end(NVML_SUCCESS);
}

static uint64_t dram_errors(const struct gpu *gpu, bool uncorrected, bool aggregate) {
    const struct ecc_counts *counts = aggregate ? &gpu->dram_aggregate : &gpu->dram_volatile;
    return uncorrected ? counts->uncorrected : counts->corrected;
}

static uint64_t sram_errors(const struct gpu *gpu, bool uncorrected, bool aggregate) {
    if (aggregate)
        return uncorrected ? gpu->sram_aggregate_parity + gpu->sram_aggregate_secded : gpu->sram_aggregate_corrected;
    return uncorrected ? gpu->sram_volatile_parity + gpu->sram_volatile_secded : gpu->sram_volatile_corrected;
}

nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, unsigned errorType, unsigned counterType,
                                         unsigned long long *eccCounts) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (eccCounts == NULL || errorType > 1 || counterType > 1) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (!call.gpu->ecc) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *eccCounts = dram_errors(call.gpu, errorType, counterType) + sram_errors(call.gpu, errorType, counterType);
    return call_end(NVML_SUCCESS);
}

enum { LOCATION_L2 = 1, LOCATION_DRAM = 2, LOCATION_SRAM = 7, LOCATION_COUNT = 8 };

nvmlReturn_t nvmlDeviceGetMemoryErrorCounter(nvmlDevice_t device, unsigned errorType, unsigned counterType,
                                             unsigned locationType, unsigned long long *count) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (count == NULL || errorType > 1 || counterType > 1 || locationType >= LOCATION_COUNT)
        return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (!call.gpu->ecc) return call_end(NVML_ERROR_NOT_SUPPORTED);
    if (locationType == LOCATION_DRAM) *count = dram_errors(call.gpu, errorType, counterType);
    else if (locationType == LOCATION_SRAM) *count = sram_errors(call.gpu, errorType, counterType);
    else return call_end(NVML_ERROR_NOT_SUPPORTED);
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetSramEccErrorStatus(nvmlDevice_t device, nvmlEccSramErrorStatus_v1_t *status) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version =
        check_version(status == NULL ? NULL : &status->version, NVML_VERSION_WORD(nvmlEccSramErrorStatus_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    if (!call.gpu->ecc) return call_end(NVML_ERROR_NOT_SUPPORTED);
    const struct gpu *gpu = call.gpu;
    *status = (nvmlEccSramErrorStatus_v1_t){
        .version = status->version,
        .aggregateUncParity = gpu->sram_aggregate_parity,
        .aggregateUncSecDed = gpu->sram_aggregate_secded,
        .aggregateCor = gpu->sram_aggregate_corrected,
        .volatileUncParity = gpu->sram_volatile_parity,
        .volatileUncSecDed = gpu->sram_volatile_secded,
        .volatileCor = gpu->sram_volatile_corrected,
        .aggregateUncBucketL2 = gpu->sram_l2,
        .aggregateUncBucketSm = gpu->sram_sm,
        .aggregateUncBucketPcie = gpu->sram_pcie,
        .aggregateUncBucketMcu = gpu->sram_mcu,
        .aggregateUncBucketOther = gpu->sram_other,
        .bThresholdExceeded = gpu->sram_threshold_exceeded,
    };
    return call_end(NVML_SUCCESS);
}

// Page retirement is what GPUs without row remapping do; NVML answers one or the other.
nvmlReturn_t nvmlDeviceGetRetiredPages_v2(nvmlDevice_t device, unsigned cause, unsigned *pageCount,
                                          unsigned long long *addresses, unsigned long long *timestamps) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (pageCount == NULL || cause > 1) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->row_remap) return call_end(NVML_ERROR_NOT_SUPPORTED);
    uint32_t pages = cause == 0 ? call.gpu->retired_sbe : call.gpu->retired_dbe, room = *pageCount;
    *pageCount = pages;
    if (room == 0 && pages == 0) return call_end(NVML_SUCCESS);
    if (room < pages) return call_end(NVML_ERROR_INSUFFICIENT_SIZE);
    if (addresses == NULL || timestamps == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    for (uint32_t i = 0; i < pages; i++) {
        addresses[i] = 0x10000ull * (i + 1) + cause;
        timestamps[i] = 0;
    }
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetRetiredPagesPendingStatus(nvmlDevice_t device, unsigned *isPending) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (isPending == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->row_remap) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *isPending = call.gpu->retired_pending;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device, unsigned *corrRows, unsigned *uncRows, unsigned *isPending,
                                       unsigned *failureOccurred) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (corrRows == NULL || uncRows == NULL || isPending == NULL || failureOccurred == NULL)
        return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->mig || !call.gpu->row_remap) return call_end(NVML_ERROR_NOT_SUPPORTED);
    *corrRows = call.gpu->remap_correctable;
    *uncRows = call.gpu->remap_uncorrectable;
    *isPending = call.gpu->remap_pending;
    *failureOccurred = call.gpu->remap_failure;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetRowRemapperHistogram(nvmlDevice_t device, nvmlRowRemapperHistogramValues_t *values) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (values == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if (call.gpu->mig || !call.gpu->row_remap) return call_end(NVML_ERROR_NOT_SUPPORTED);
    const uint32_t *banks = call.gpu->remap_banks;
    *values = (nvmlRowRemapperHistogramValues_t){banks[0], banks[1], banks[2], banks[3], banks[4]};
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlDeviceGetRepairStatus(nvmlDevice_t device, nvmlRepairStatus_v1_t *repairStatus) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version = check_version(repairStatus == NULL ? NULL : &repairStatus->version,
                                         NVML_VERSION_WORD(nvmlRepairStatus_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    repairStatus->bChannelRepairPending = call.gpu->repair_channel;
    repairStatus->bTpcRepairPending = call.gpu->repair_tpc;
    return call_end(NVML_SUCCESS);
}
