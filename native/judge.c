// Loads a real library of NVIDIA's by its path and says what it does on a machine without a driver. Runs wherever the
// library's own needs are met, such as in a newer root filesystem; prints one fact per line.
#define _GNU_SOURCE
#include "nccl_abi.h"
#include "nvml_abi.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const nvml_functions[] = {
#define FUNCTION(name) #name,
#include "fake/gpu/functions.def"
#undef FUNCTION
};

static const char *const nccl_functions[] = {
    "ncclGetVersion", "ncclGetUniqueId", "ncclCommInitRank", "ncclCommInitRankConfig", "ncclCommSplit",
    "ncclCommGetAsyncError", "ncclCommCount", "ncclCommUserRank", "ncclCommCuDevice", "ncclCommFinalize",
    "ncclCommDestroy", "ncclCommAbort", "ncclAllReduce", "ncclReduceScatter", "ncclAllGather", "ncclBroadcast",
    "ncclSend", "ncclRecv", "ncclGroupStart", "ncclGroupEnd", "ncclMemAlloc", "ncclMemFree", "ncclGetErrorString",
    "ncclGetLastError",
};

typedef void (*function)(void);

// A data pointer from dlsym becomes a function pointer; POSIX says that this works, C does not.
static function find(void *library, const char *name) {
    void *found = dlsym(library, name);
    function result;
    memcpy(&result, &found, sizeof result);
    return result;
}

static void print_missing(void *library, const char *const *names, size_t count, const char *prefix) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(names[i], prefix, strlen(prefix)) == 0 && dlsym(library, names[i]) == NULL)
            printf("missing %s\n", names[i]);
}

static int judge_nvml(void *library) {
    nvmlReturn_t (*init)(void) = (nvmlReturn_t(*)(void))find(library, "nvmlInit_v2");
    nvmlReturn_t (*count)(unsigned *) = (nvmlReturn_t(*)(unsigned *))find(library, "nvmlDeviceGetCount_v2");
    nvmlReturn_t (*version)(char *, unsigned) =
        (nvmlReturn_t(*)(char *, unsigned))find(library, "nvmlSystemGetNVMLVersion");
    const char *(*text)(nvmlReturn_t) = (const char *(*)(nvmlReturn_t))find(library, "nvmlErrorString");
    char name[80] = "";
    unsigned number = 0;
    if (init == NULL || count == NULL || version == NULL || text == NULL) return 1;
    printf("count-before-init %d %s\n", count(&number), text(count(&number)));
    int told = version(name, sizeof name);
    printf("version %d %s\n", told, name);
    int result = init();
    printf("init %d %s\n", result, text(result));
    print_missing(library, nvml_functions, sizeof nvml_functions / sizeof *nvml_functions, "nvml");
    return 0;
}

static int judge_nccl(void *library) {
    ncclResult_t (*version)(int *) = (ncclResult_t(*)(int *))find(library, "ncclGetVersion");
    ncclResult_t (*id)(ncclUniqueId *) = (ncclResult_t(*)(ncclUniqueId *))find(library, "ncclGetUniqueId");
    const char *(*text)(ncclResult_t) = (const char *(*)(ncclResult_t))find(library, "ncclGetErrorString");
    int number = 0;
    ncclUniqueId made;
    struct sockaddr_in address;
    char host[INET_ADDRSTRLEN] = "";
    if (version == NULL || id == NULL || text == NULL) return 1;
    int told = version(&number);
    printf("version %d %d\n", told, number);
    memset(&made, 0, sizeof made);
    int result = id(&made);
    memcpy(&address, made.internal + 8, sizeof address);
    inet_ntop(AF_INET, &address.sin_addr, host, sizeof host);
    printf("unique-id %d family %d address %s port-set %d\n", result, address.sin_family, host, address.sin_port != 0);
    for (int code = 0; code < 8; code++) printf("text %d %s\n", code, text(code));
    print_missing(library, nccl_functions, sizeof nccl_functions / sizeof *nccl_functions, "nccl");
    return 0;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: judge nvml|nccl PATH\n");
        return 2;
    }
    void *library = dlopen(arguments[2], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "judge: %s\n", dlerror());
        return 1;
    }
    int status = strcmp(arguments[1], "nvml") == 0 ? judge_nvml(library) : judge_nccl(library);
    fflush(stdout);
    _Exit(status); // the real NCCL's threads do not like being unloaded
}
