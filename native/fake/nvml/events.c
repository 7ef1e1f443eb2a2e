#define _GNU_SOURCE
#include "call.h"

#include <stdlib.h>
#include <time.h>

// What a set has registered: per GPU the event bits and the last sequence number that it must not see again.
struct nvmlEventSet_st {
    uint64_t mask[MAX_GPUS], seen[MAX_GPUS];
    struct nvmlEventSet_st *next;
};

static struct nvmlEventSet_st *sets; // guarded by the store's lock; a set is known until it is freed

static bool set_known(nvmlEventSet_t set) {
    for (struct nvmlEventSet_st *each = sets; each != NULL; each = each->next)
        if (each == set) return true;
    return false;
}

nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *set) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (set == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    struct nvmlEventSet_st *made = calloc(1, sizeof *made);
    if (made == NULL) return call_end(NVML_ERROR_MEMORY);
    made->next = sets;
    sets = *set = made;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t set) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    for (struct nvmlEventSet_st **link = &sets; *link != NULL; link = &(*link)->next) {
        if (*link != set) continue;
        *link = set->next;
        free(set);
        return call_end(NVML_SUCCESS);
    }
    return call_end(NVML_ERROR_INVALID_ARGUMENT);
}

nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long *eventTypes) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (eventTypes == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    *eventTypes = call.gpu->event_mask;
    return call_end(NVML_SUCCESS);
}

// Only what happens after the registration is delivered, as with the real library.
nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long eventTypes, nvmlEventSet_t set) {
    struct call call;
    nvmlReturn_t begun = gpu_begin(__func__, device, &call);
    if (begun != NVML_SUCCESS) return begun;
    if (!set_known(set)) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    if ((eventTypes & ~call.gpu->event_mask) != 0) return call_end(NVML_ERROR_NOT_SUPPORTED);
    set->mask[call.slot] |= eventTypes;
    set->seen[call.slot] =
        call.machine->event_count == 0 ? 0 : call.machine->event[call.machine->event_count - 1].sequence;
    return call_end(NVML_SUCCESS);
}

static bool take_event(nvmlEventSet_t set, const struct machine *machine, nvmlEventData_t *data) {
    for (uint32_t i = 0; i < machine->event_count; i++) {
        const struct event_state *event = &machine->event[i];
        if (event->sequence <= set->seen[event->slot]) continue;
        set->seen[event->slot] = event->sequence;
        if ((set->mask[event->slot] & event->type) == 0) continue;
        *data = (nvmlEventData_t){device_handle((int)event->slot), event->type, event->data, event->gi, event->ci};
        return true;
    }
    return false;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

// The file is looked at every few milliseconds: a test that adds a line sees the event at once.
nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t *data, unsigned timeoutms) {
    const struct timespec pause = {0, 5000000};
    const long long end = now_ms() + timeoutms;
    for (;;) {
        struct call call;
        nvmlReturn_t begun = call_begin(__func__, &call);
        if (begun != NVML_SUCCESS) return begun;
        if (data == NULL || !set_known(set)) return call_end(NVML_ERROR_INVALID_ARGUMENT);
        if (take_event(set, call.machine, data)) return call_end(NVML_SUCCESS);
        call_end(NVML_SUCCESS);
        if (now_ms() >= end) return NVML_ERROR_TIMEOUT;
        nanosleep(&pause, NULL);
    }
}
