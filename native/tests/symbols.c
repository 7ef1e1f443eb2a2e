#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>

static const char *const functions[] = {
#define FUNCTION(name) #name,
#include "gpu/functions.def"
#undef FUNCTION
};

static int exported(const char *library) {
    char path[512];
    int found = 0;
    snprintf(path, sizeof path, "%s/%s", LIBRARIES, library);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) test_fail(__FILE__, __LINE__, dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        found += strncmp(functions[i], "nvml", 4) == 0 && dlsym(handle, functions[i]) != NULL;
    bool unversioned = dlsym(handle, "nvmlInit") != NULL || dlsym(handle, "nvmlDeviceGetCount") != NULL;
    CHECK(!unversioned);
    CHECK(dlsym(handle, "store_lock") == NULL && dlsym(handle, "machine_read") == NULL);
    dlclose(handle);
    return found;
}

TEST(each_driver_exports_what_it_should) {
    CHECK_EQUAL(73, exported("r535/libnvidia-ml.so.1"));
    CHECK_EQUAL(75, exported("r550/libnvidia-ml.so.1"));
    CHECK_EQUAL(83, exported("r580/libnvidia-ml.so.1"));
}
