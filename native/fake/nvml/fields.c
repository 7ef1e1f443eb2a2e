#define _GNU_SOURCE
#include "call.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

// Field numbers of nvmlDeviceGetFieldValues that the fake answers besides those of link_fields.def; every other one is
// NOT_SUPPORTED in its own slot.
enum field {
    ECC_SBE_VOL = 3, ECC_DBE_VOL = 4, ECC_SBE_AGG = 5, ECC_DBE_AGG = 6,
    RETIRED_SBE = 29, RETIRED_DBE = 30, RETIRED_PENDING = 31,
    MEMORY_TEMP = 82, TOTAL_ENERGY = 83, NVLINK_SPEED_COMMON = 90, NVLINK_LINK_COUNT = 91, PCIE_REPLAY = 94,
    REMAPPED_COR = 142, REMAPPED_UNC = 143, REMAPPED_PENDING = 144, REMAPPED_FAILURE = 145,
    NVSWITCH_CONNECTED = 147, LINK_CRC = 163, LINK_SPEED = 164, LINK_STATE = 165, PCIE_FIRST = 173,
    PCIE_LAST = 183, POWER_AVERAGE = 185, POWER_INSTANT = 186,
    TLIMIT_SHUTDOWN = 193, TLIMIT_SLOWDOWN = 194, TLIMIT_MEM_MAX = 195, TLIMIT_GPU_MAX = 196,
LINK_RECOVERY_EVENTS = 215, RECOVERY_ACTION = 230,
};

// NVML_FI_MAX of the driver's own nvml.h (CUDA 12.2, 12.4, 13.0): it knows no number from there on.
enum { FIELD_MAX = FAKE_DRIVER <= 535 ? 197 : FAKE_DRIVER <= 550 ? 200 : 274 };

static nvmlReturn_t u32(nvmlFieldValue_t *field, uint32_t value) {
    field->valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
    field->value.uiVal = value;
    return NVML_SUCCESS;
}

static nvmlReturn_t u64(nvmlFieldValue_t *field, uint64_t value) {
    field->valueType = NVML_VALUE_TYPE_UNSIGNED_LONG_LONG;
    field->value.ullVal = value;
    return NVML_SUCCESS;
}

static nvmlReturn_t i32(nvmlFieldValue_t *field, int32_t value) {
    field->valueType = NVML_VALUE_TYPE_SIGNED_INT;
    field->value.siVal = value;
    return NVML_SUCCESS;
}

static nvmlReturn_t ecc_field(const struct gpu *gpu, nvmlFieldValue_t *field) {
    if (!gpu->ecc) return NVML_ERROR_NOT_SUPPORTED;
    switch (field->fieldId) {
    case ECC_SBE_VOL: return u64(field, gpu->dram_volatile.corrected + gpu->sram_volatile_corrected);
    case ECC_SBE_AGG: return u64(field, gpu->dram_aggregate.corrected + gpu->sram_aggregate_corrected);
    case ECC_DBE_VOL:
        return u64(field, gpu->dram_volatile.uncorrected + gpu->sram_volatile_parity + gpu->sram_volatile_secded);
    default:
        return u64(field, gpu->dram_aggregate.uncorrected + gpu->sram_aggregate_parity + gpu->sram_aggregate_secded);
    }
}

static nvmlReturn_t row_field(const struct gpu *gpu, nvmlFieldValue_t *field) {
    bool remap = field->fieldId >= REMAPPED_COR;
    if (remap != gpu->row_remap || (remap && gpu->mig)) return NVML_ERROR_NOT_SUPPORTED;
    switch (field->fieldId) {
    case REMAPPED_COR: return u32(field, gpu->remap_correctable);
    case REMAPPED_UNC: return u32(field, gpu->remap_uncorrectable);
    case REMAPPED_PENDING: return u32(field, gpu->remap_pending);
    case REMAPPED_FAILURE: return u32(field, gpu->remap_failure);
    case RETIRED_SBE: return u64(field, gpu->retired_sbe);
    case RETIRED_DBE: return u64(field, gpu->retired_dbe);
    default: return u64(field, gpu->retired_pending);
    }
}

static const struct link_field {
    unsigned field;
    uint32_t first, last;
    size_t offset;
} link_fields[] = {
#define LINK_FIELD(name, field, first, last) {field, first, last, offsetof(struct link_state, name)},
#include "../gpu/link_fields.def"
#undef LINK_FIELD
};

static const struct link_field *find_link_field(unsigned id) {
    for (size_t i = 0; i < sizeof link_fields / sizeof *link_fields; i++)
        if (link_fields[i].field == id) return &link_fields[i];
    return NULL;
}

static nvmlReturn_t link_counter(const struct gpu *gpu, const struct link_state *link, nvmlFieldValue_t *field) {
    const struct link_field *known = find_link_field(field->fieldId);
    if (known == NULL || gpu->nvlink_generation < known->first || gpu->nvlink_generation > known->last)
        return NVML_ERROR_NOT_SUPPORTED;
    uint64_t value = 0;
    memcpy(&value, (const char *)link + known->offset, sizeof value);
    return u64(field, value);
}

// The scope of a link field is the link's number.
static nvmlReturn_t link_field(const struct gpu *gpu, nvmlFieldValue_t *field) {
    if (field->scopeId >= gpu->nvlink_count)
        return field->scopeId >= MAX_LINKS ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED;
    const struct link_state *link = &gpu->link[field->scopeId];
    switch (field->fieldId) {
    case LINK_CRC:
        return gpu->nvlink_generation > 4 ? NVML_ERROR_NOT_SUPPORTED : u64(field, link->crc_flit + link->crc_data);
    case LINK_SPEED: return u32(field, link->active ? gpu->nvlink_mbps : 0);
    case LINK_STATE: return u32(field, link->active);
    case LINK_RECOVERY_EVENTS:
        return gpu->nvlink_generation < 5 ? NVML_ERROR_NOT_SUPPORTED
                                          : u64(field, link->link_recoveries + link->failed_recoveries);
    default: return link_counter(gpu, link, field);
    }
}

static uint32_t active_links(const struct gpu *gpu) {
    uint32_t active = 0;
    for (uint32_t i = 0; i < gpu->nvlink_count; i++) active += gpu->link[i].active;
    return active;
}

// T.limit values tell how far, in degrees, the limit lies from the slowdown point; past it they are negative.
static nvmlReturn_t tlimit_field(const struct gpu *gpu, nvmlFieldValue_t *field, int32_t limit) {
    return limit == 0 ? NVML_ERROR_NOT_SUPPORTED : i32(field, gpu->temp_slowdown - limit);
}

static nvmlReturn_t other_field(const struct gpu *gpu, nvmlFieldValue_t *field) {
    switch (field->fieldId) {
    case MEMORY_TEMP: return gpu->temp_memory == 0 ? NVML_ERROR_NOT_SUPPORTED : u32(field, (uint32_t)gpu->temp_memory);
    case TOTAL_ENERGY: return u64(field, gpu->energy_mj);
    case NVLINK_SPEED_COMMON: return u32(field, active_links(gpu) > 0 ? gpu->nvlink_mbps : 0);
    case NVLINK_LINK_COUNT: return u32(field, gpu->nvlink_count);
    case NVSWITCH_CONNECTED: return u32(field, gpu->nvlink_switch ? active_links(gpu) : 0);
    case PCIE_REPLAY: return u32(field, gpu->pcie_replay);
    case POWER_AVERAGE:
    case POWER_INSTANT: return u32(field, gpu->power_mw);
    case TLIMIT_SHUTDOWN: return tlimit_field(gpu, field, gpu->temp_shutdown);
    case TLIMIT_SLOWDOWN: return tlimit_field(gpu, field, gpu->temp_slowdown);
    case TLIMIT_MEM_MAX: return tlimit_field(gpu, field, gpu->temp_memory_max);
    case TLIMIT_GPU_MAX: return tlimit_field(gpu, field, gpu->temp_gpu_max);
    case RECOVERY_ACTION: return u32(field, gpu->recovery_action);
    default: return NVML_ERROR_NOT_SUPPORTED;
    }
}

static nvmlReturn_t read_field(const struct gpu *gpu, nvmlFieldValue_t *field) {
    unsigned id = field->fieldId;
    if (id == 0 || id >= FIELD_MAX) return NVML_ERROR_NOT_SUPPORTED;
    if (id >= ECC_SBE_VOL && id <= ECC_DBE_AGG) return ecc_field(gpu, field);
    if ((id >= RETIRED_SBE && id <= RETIRED_PENDING) || (id >= REMAPPED_COR && id <= REMAPPED_FAILURE))
        return row_field(gpu, field);
    if (id >= PCIE_FIRST && id <= PCIE_LAST) return u32(field, (uint32_t)gpu->pcie_count[id - PCIE_FIRST]);
    if ((id >= LINK_CRC && id <= LINK_STATE) || id == LINK_RECOVERY_EVENTS || find_link_field(id) != NULL)
        return link_field(gpu, field);
    return other_field(gpu, field);
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int valuesCount, nvmlFieldValue_t *values) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (values == NULL || valuesCount <= 0) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < valuesCount; i++) {
        values[i].timestamp = now.tv_sec * 1000000ll + now.tv_nsec / 1000;
        values[i].latencyUsec = 1;
        values[i].nvmlReturn = read_field(call.gpu, &values[i]);
    }
    return call_end(NVML_SUCCESS);
}
