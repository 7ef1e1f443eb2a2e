#define _GNU_SOURCE
#include "call.h"

#include <stdlib.h>
#include <time.h>

// Driver bind and unbind events of API 13. The fake binds no driver, so a wait always times out; the calls are there
// to hold their version words and handles right.
struct nvmlSystemEventSet_st {
    unsigned long long types;
};

nvmlReturn_t nvmlSystemEventSetCreate(nvmlSystemEventSetRequest_v1_t *request) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version =
        check_version(request == NULL ? NULL : &request->version, NVML_VERSION_WORD(nvmlSystemEventSetRequest_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    request->set = calloc(1, sizeof *request->set);
    return call_end(request->set != NULL ? NVML_SUCCESS : NVML_ERROR_MEMORY);
}

nvmlReturn_t nvmlSystemEventSetFree(nvmlSystemEventSetRequest_v1_t *request) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version =
        check_version(request == NULL ? NULL : &request->version, NVML_VERSION_WORD(nvmlSystemEventSetRequest_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    free(request->set);
    request->set = NULL;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlSystemRegisterEvents(nvmlSystemRegisterEventRequest_v1_t *request) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version = check_version(request == NULL ? NULL : &request->version,
                                         NVML_VERSION_WORD(nvmlSystemRegisterEventRequest_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    if (request->set == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    request->set->types |= request->eventTypes;
    return call_end(NVML_SUCCESS);
}

nvmlReturn_t nvmlSystemEventSetWait(nvmlSystemEventSetWaitRequest_v1_t *request) {
    struct call call;
    nvmlReturn_t begun = call_begin(__func__, &call);
    if (begun != NVML_SUCCESS) return begun;
    nvmlReturn_t version = check_version(request == NULL ? NULL : &request->version,
                                         NVML_VERSION_WORD(nvmlSystemEventSetWaitRequest_v1_t, 1));
    if (version != NVML_SUCCESS) return call_end(version);
    if (request->set == NULL) return call_end(NVML_ERROR_INVALID_ARGUMENT);
    request->numEvent = 0;
    unsigned milliseconds = request->timeoutms;
    call_end(NVML_SUCCESS);
    store_hang(milliseconds);
    return NVML_ERROR_TIMEOUT;
}
